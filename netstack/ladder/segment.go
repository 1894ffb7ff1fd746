package ladder

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Segment is a TCP header. It is comparable.
type Segment struct {
	Flags  Flags
	Seq    uint32
	Ack    uint32
	Window uint16 // as in the header, before any scaling

	MSS           uint16 // 0 where the option is absent
	Scale         uint8  // window scale of RFC 7323, section 2.2; see Scales
	Scales        bool   // the window scale option is there
	SACKPermitted bool   // RFC 2018, section 2
	TSVal, TSEcr  uint32 // timestamps of RFC 7323, section 3; 0 where absent

	blocks     [4]Block
	blockCount uint8
}

// Block is what a SACK option of RFC 2018 says has arrived out of order: the
// sequence numbers from First up to, not including, Next.
type Block struct{ First, Next uint32 }

// SACK is the blocks of the SACK option, newest first as sent; nil where it is
// absent. The slice is the caller's.
func (s Segment) SACK() []Block {
	if s.blockCount == 0 {
		return nil
	}
	return slices.Clone(s.blocks[:s.blockCount])
}

// Flags are TCP's control bits.
type Flags uint8

// The control bits of RFC 9293, section 3.1.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
)

// String lists the flags that are set, SYN first: "SYN ACK".
func (f Flags) String() string {
	text := ""
	for _, flag := range []struct {
		bit  Flags
		name string
	}{{SYN, "SYN"}, {FIN, "FIN"}, {RST, "RST"}, {PSH, "PSH"}, {ACK, "ACK"}} {
		if f&flag.bit != 0 {
			if text != "" {
				text += " "
			}
			text += flag.name
		}
	}
	return text
}

// decodeTCP follows RFC 9293, section 3.1.
func (p *Packet) decodeTCP(b []byte) error {
	if len(b) < 20 {
		return tooShort("TCP header", 20, len(b))
	}
	headerBytes := int(b[12]>>4) * 4
	if headerBytes < 20 || headerBytes > len(b) {
		return fmt.Errorf("ladder: TCP header of %d bytes in a segment of %d", headerBytes, len(b))
	}
	p.setPorts(b)
	p.Segment = Segment{
		Seq:    binary.BigEndian.Uint32(b[4:]),
		Ack:    binary.BigEndian.Uint32(b[8:]),
		Flags:  Flags(b[13]) & (FIN | SYN | RST | PSH | ACK),
		Window: binary.BigEndian.Uint16(b[14:]),
	}
	p.Segment.decodeOptions(b[20:headerBytes])
	p.Payload = b[headerBytes:]
	return nil
}

// decodeOptions reads the options one after the other, up to the first that
// is damaged.
func (s *Segment) decodeOptions(options []byte) {
	const end, noOperation = 0, 1
	for len(options) > 0 && options[0] != end {
		if options[0] == noOperation {
			options = options[1:]
			continue
		}
		if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
			return
		}
		s.decodeOption(options[0], options[2:options[1]])
		options = options[options[1]:]
	}
}

// decodeOption reads one option; those of an unknown kind or of the wrong
// length are left out.
func (s *Segment) decodeOption(kind byte, value []byte) {
	const mss, windowScale, sackPermitted, sack, timestamps = 2, 3, 4, 5, 8
	switch {
	case kind == mss && len(value) == 2:
		s.MSS = binary.BigEndian.Uint16(value)
	case kind == windowScale && len(value) == 1:
		s.Scale, s.Scales = min(value[0], 14), true
	case kind == sackPermitted && len(value) == 0:
		s.SACKPermitted = true
	case kind == timestamps && len(value) == 8:
		s.TSVal, s.TSEcr = binary.BigEndian.Uint32(value), binary.BigEndian.Uint32(value[4:])
	case kind == sack && len(value)%8 == 0:
		for ; len(value) > 0 && int(s.blockCount) < len(s.blocks); value = value[8:] {
			s.blocks[s.blockCount] = Block{binary.BigEndian.Uint32(value), binary.BigEndian.Uint32(value[4:])}
			s.blockCount++
		}
	}
}
