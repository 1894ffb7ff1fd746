package notation

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/checksum"
)

// Packet is an IP packet.
type Packet struct {
	Src, Dst netip.AddrPort // port 0 where the protocol has none
	Proto    uint8
	TTL      uint8
	Fragment bool    // a part of a larger packet; only the addresses are known
	TCP      Segment // for TCP
	Type     uint8   // for ICMP
	Code     uint8
	MTU      uint32 // of "packet too big"
	Payload  []byte // what follows the header of TCP, UDP or ICMP
	BadSum   bool   // the checksum of TCP or UDP is wrong
}

// isTCP reports whether the packet is a whole TCP segment.
func (p *Packet) isTCP() bool { return p.Proto == fault.TCP && !p.Fragment }

// messages are the ICMP messages with a name, by protocol and type.
var messages = map[[2]uint8]string{
	{fault.ICMPv4, 0}: "echo reply", {fault.ICMPv4, 3}: "unreachable", {fault.ICMPv4, 8}: "echo request", {fault.ICMPv4, 11}: "time exceeded",
	{fault.ICMPv6, 1}: "unreachable", {fault.ICMPv6, 2}: "too big", {fault.ICMPv6, 3}: "time exceeded",
	{fault.ICMPv6, 128}: "echo request", {fault.ICMPv6, 129}: "echo reply",
}

// unreachable are the codes of "unreachable" with a name, RFC 792.
var unreachable = map[uint8]string{0: "net", 1: "host", 2: "protocol", 3: "port", 4: "fragmentation needed"}

// Text writes the packet without its addresses; seg is its segment as it is to
// be shown, for TCP.
func (p *Packet) Text(seg *Segment, d Detail) string {
	text := ""
	switch {
	case p.Fragment:
		text = fmt.Sprintf("fragment of protocol %d (%d)", p.Proto, len(p.Payload))
	case p.Proto == fault.TCP:
		text = seg.Text(d)
	case p.Proto == fault.UDP:
		text = fmt.Sprintf("udp (%d)", len(p.Payload))
		if d == Full {
			text += " " + Quote(p.Payload)
		}
	case p.Proto == fault.ICMPv4 || p.Proto == fault.ICMPv6:
		text = "icmp " + p.message()
	default:
		text = fmt.Sprintf("protocol %d (%d)", p.Proto, len(p.Payload))
	}
	if p.BadSum {
		text += ", bad checksum"
	}
	return text
}

// message is what an ICMP message says.
func (p *Packet) message() string {
	name := messages[[2]uint8{p.Proto, p.Type}]
	code := unreachable[p.Code]
	switch {
	case name == "":
		return fmt.Sprintf("type %d code %d", p.Type, p.Code)
	case p.Proto == fault.ICMPv4 && name == "unreachable" && p.Code == 4, p.Proto == fault.ICMPv6 && name == "too big":
		return fmt.Sprintf("too big, mtu %d", p.MTU)
	case p.Proto == fault.ICMPv4 && name == "unreachable" && code != "":
		return code + " unreachable"
	case p.Code != 0:
		return fmt.Sprintf("%s code %d", name, p.Code)
	}
	return name
}

// Decode reads an IP packet. Payloads are parts of b. Bytes that are no packet
// are an error; a wrong checksum is noted, and unknown protocols have payload
// only.
func Decode(b []byte) (Packet, error) {
	read := fault.Packet{Bytes: b}
	if err := read.Decode(); err != nil {
		return Packet{}, err
	}
	p := Packet{
		Src: read.Flow.Src, Dst: read.Flow.Dst, Proto: read.Flow.Proto, TTL: b[8],
		Fragment: read.Fragment, Payload: read.Payload,
	}
	if p.Src.Addr().Is6() {
		p.TTL = b[7]
	}
	if p.Fragment {
		return p, nil
	}
	switch segment := read.Transport(); p.Proto {
	case fault.TCP:
		p.TCP = decodeTCP(segment[:len(segment)-len(p.Payload)])
		p.TCP.Payload = p.Payload
		p.BadSum = p.sum(segment) != 0
	case fault.UDP:
		p.BadSum = (segment[6] != 0 || segment[7] != 0) && p.sum(segment) != 0
	case fault.ICMPv4:
		p.Type, p.Code = segment[0], segment[1]
		p.MTU = uint32(binary.BigEndian.Uint16(segment[6:])) // RFC 1191 section 4
	case fault.ICMPv6:
		p.Type, p.Code = segment[0], segment[1]
		p.MTU = binary.BigEndian.Uint32(segment[4:]) // RFC 4443 section 3.2
	}
	return p, nil
}

// decodeTCP reads a whole header, RFC 9293 section 3.1.
func decodeTCP(b []byte) Segment {
	return Segment{
		Seq:     binary.BigEndian.Uint32(b[4:]),
		Ack:     binary.BigEndian.Uint32(b[8:]),
		Flags:   fault.Flags(b[13]),
		Window:  binary.BigEndian.Uint16(b[14:]),
		Urgent:  binary.BigEndian.Uint16(b[18:]),
		Options: decodeOptions(b[20:]),
	}
}

// Encode writes the TCP segment p.TCP as an IP packet with right checksums.
// Addresses of different families are an error.
func (p *Packet) Encode() ([]byte, error) {
	src, dst := p.Src.Addr().Unmap(), p.Dst.Addr().Unmap()
	if !src.IsValid() || src.Is4() != dst.Is4() {
		return nil, fmt.Errorf("notation: a packet from %v to %v: give addresses of one family", src, dst)
	}
	segment := p.encodeTCP()
	ttl := p.TTL
	if ttl == 0 {
		ttl = 64
	}
	var head []byte
	if src.Is4() {
		head = make([]byte, 20, 20+len(segment))
		head[0] = 0x45
		binary.BigEndian.PutUint16(head[2:], uint16(20+len(segment)))
		binary.BigEndian.PutUint16(head[6:], 0x4000) // not to be fragmented
		head[8], head[9] = ttl, fault.TCP
		copy(head[12:], src.AsSlice())
		copy(head[16:], dst.AsSlice())
		binary.BigEndian.PutUint16(head[10:], checksum.Of(0, head))
	} else {
		head = make([]byte, 40, 40+len(segment))
		head[0] = 0x60
		binary.BigEndian.PutUint16(head[4:], uint16(len(segment)))
		head[6], head[7] = fault.TCP, ttl
		copy(head[8:], src.AsSlice())
		copy(head[24:], dst.AsSlice())
	}
	if len(head)+len(segment) > 65535 {
		return nil, fmt.Errorf("notation: a packet of %d bytes: an IP packet has at most 65535", len(head)+len(segment))
	}
	out := *p
	out.Proto = fault.TCP
	binary.BigEndian.PutUint16(segment[16:], out.sum(segment))
	return append(head, segment...), nil
}

// encodeTCP writes header and payload with the checksum 0. Options are padded
// with zeros.
func (p *Packet) encodeTCP() []byte {
	s := &p.TCP
	b := make([]byte, 20, 60+len(s.Payload))
	binary.BigEndian.PutUint16(b, p.Src.Port())
	binary.BigEndian.PutUint16(b[2:], p.Dst.Port())
	binary.BigEndian.PutUint32(b[4:], s.Seq)
	binary.BigEndian.PutUint32(b[8:], s.Ack)
	b[13] = byte(s.Flags)
	binary.BigEndian.PutUint16(b[14:], s.Window)
	binary.BigEndian.PutUint16(b[18:], s.Urgent)
	for _, o := range s.Options {
		b = o.appendTo(b)
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	b[12] = byte(len(b)/4) << 4
	return append(b, s.Payload...)
}

// sum is the checksum of a TCP or UDP segment with its pseudo-header: what
// belongs into a field that is 0 now, and 0 for a segment whose field is right.
func (p *Packet) sum(segment []byte) uint16 {
	return checksum.Of(checksum.Pseudo(p.Src.Addr(), p.Dst.Addr(), p.Proto, len(segment)), segment)
}
