package netstack

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// tcpSegment is a TCP segment as a reader who trusts nothing finds it in a
// packet. It is written apart from the code under test, word by word.
type tcpSegment struct {
	v6       bool
	flow     string // addresses and ports
	shared   string // what all segments of a run have in common, besides the flow and the acknowledgement
	id       uint16
	fragment uint16
	seq, ack uint32
	flags    byte
	payload  []byte
}

// readSegment decodes a whole packet and verifies its lengths and checksums.
func readSegment(b []byte) (s tcpSegment, err error) {
	s, tcpSum, err := readSegmentUnsummed(b)
	if err == nil && tcpSum != 0xffff {
		err = fmt.Errorf("TCP sum %#x, want 0xffff", tcpSum)
	}
	return s, err
}

// errIPv4Sum comes with a segment that is else all right.
var errIPv4Sum = errors.New("IPv4 header checksum")

// readSegmentUnsummed decodes a packet and returns its TCP sum.
func readSegmentUnsummed(b []byte) (s tcpSegment, tcpSum uint16, err error) {
	if len(b) < 40 {
		return s, 0, fmt.Errorf("packet of %d bytes", len(b))
	}
	var tcp, pseudo []byte
	switch b[0] >> 4 {
	case 4:
		if b[0] != 0x45 || b[9] != 6 || int(binary.BigEndian.Uint16(b[2:])) != len(b) {
			return s, 0, fmt.Errorf("IPv4 header % x of a packet of %d bytes", b[:20], len(b))
		}
		if slowSum(b[:20]) != 0xffff {
			err = errIPv4Sum
		}
		s.id, s.fragment = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
		s.flow, s.shared = string(b[12:20]), string([]byte{b[1], b[6], b[7], b[8]})
		tcp = b[20:]
		pseudo = append(pseudo, b[12:20]...)
		pseudo = append(pseudo, 0, 6)
		pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(tcp)))
	case 6:
		if len(b) < 60 || b[6] != 6 || 40+int(binary.BigEndian.Uint16(b[4:])) != len(b) {
			return s, 0, fmt.Errorf("IPv6 header % x of a packet of %d bytes", b[:40], len(b))
		}
		s.v6, s.flow, s.shared = true, string(b[8:40]), string(b[:4])+string(b[7:8])
		tcp = b[40:]
		pseudo = append(pseudo, b[8:40]...)
		pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(tcp)))
		pseudo = append(pseudo, 0, 0, 0, 6)
	default:
		return s, 0, fmt.Errorf("version %d", b[0]>>4)
	}
	n := int(tcp[12]>>4) * 4
	if n < 20 || n > len(tcp) {
		return s, 0, fmt.Errorf("data offset %d in %d bytes", n, len(tcp))
	}
	s.flow += string(tcp[:4])
	s.shared += string(tcp[12:13]) + string(tcp[14:16]) + string(tcp[18:n])
	s.seq, s.ack = binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(tcp[8:])
	s.flags, s.payload = tcp[13], tcp[n:]
	return s, slowSum(append(pseudo, tcp...)), err
}

// slowSum is the Internet checksum of RFC 1071 before its complement, taken one
// word at a time.
func slowSum(b []byte) uint16 {
	var sum uint32
	for i, x := range b {
		if i%2 == 0 {
			sum += uint32(x) << 8
		} else {
			sum += uint32(x)
		}
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// segmentSpec describes a TCP packet that a test wants.
type segmentSpec struct {
	v6       bool
	flow     byte // distinguishes flows: the peer's port is 1000 more
	tos, ttl byte
	id       uint16
	fragment uint16 // the IPv4 word with the flags; 0x4000 is DF
	seq, ack uint32
	flags    byte
	bits     byte   // beside the data offset
	options  []byte // padded by the caller to four bytes
	payload  []byte
}

// bytes is the packet, with all checksums.
func (s segmentSpec) bytes() []byte {
	b, tcp := s.build()
	binary.BigEndian.PutUint16(b[tcp+16:], 0)
	_, sum, err := readSegmentUnsummed(b)
	if err != nil {
		panic(err)
	}
	binary.BigEndian.PutUint16(b[tcp+16:], ^sum)
	return b
}

// super is the packet as a stack hands it to a link that segments: the TCP
// checksum field holds the pseudo-header's sum. It is cut into pieces segments
// of memory.
func (s segmentSpec) super(mss, pieces int) *Packet {
	b, tcp := s.build()
	pseudo := b[12:20]
	if s.v6 {
		pseudo = b[8:40]
	}
	pseudo = binary.BigEndian.AppendUint32(append([]byte{0, 6}, pseudo...), uint32(len(b)-tcp))
	binary.BigEndian.PutUint16(b[tcp+16:], slowSum(pseudo))
	p := cut(b, pieces)
	p.SetGSO(GSO{SegmentBytes: mss, HeaderBytes: len(b) - len(s.payload), IPv6: s.v6})
	p.SetChecksum(Checksum{State: ChecksumPartial, Start: tcp, Offset: 16})
	return p
}

// build is the packet without a TCP checksum, and where TCP begins in it.
func (s segmentSpec) build() (b []byte, tcp int) {
	tcp = 20
	if s.v6 {
		tcp = 40
	}
	size := tcp + 20 + len(s.options) + len(s.payload)
	b = make([]byte, tcp+20, size)
	if s.v6 {
		binary.BigEndian.PutUint32(b, 6<<28|uint32(s.tos)<<20|0x12345)
		binary.BigEndian.PutUint16(b[4:], uint16(size-40))
		b[6], b[7] = 6, s.ttl
		b[8], b[23], b[24], b[39] = 0x20, 2, 0x20, 1
	} else {
		b[0], b[1], b[8], b[9] = 0x45, s.tos, s.ttl, 6
		binary.BigEndian.PutUint16(b[2:], uint16(size))
		binary.BigEndian.PutUint16(b[4:], s.id)
		binary.BigEndian.PutUint16(b[6:], s.fragment)
		copy(b[12:], []byte{192, 0, 2, 2, 192, 0, 2, 1})
		checksumInto(b[:20], 10)
	}
	t := b[tcp:]
	binary.BigEndian.PutUint16(t, 1000+uint16(s.flow))
	binary.BigEndian.PutUint16(t[2:], 80)
	binary.BigEndian.PutUint32(t[4:], s.seq)
	binary.BigEndian.PutUint32(t[8:], s.ack)
	t[12], t[13] = byte(20+len(s.options))<<2|s.bits, s.flags
	binary.BigEndian.PutUint16(t[14:], 4321)
	return append(append(b, s.options...), s.payload...), tcp
}

// pattern is n bytes that tell where they belong.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8*13)
	}
	return b
}
