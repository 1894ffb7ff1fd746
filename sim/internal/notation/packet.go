package notation

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/internal/checksum"
)

// The numbers of the protocols that are decoded.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
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

// IsTCP reports whether the packet is a whole TCP segment.
func (p *Packet) IsTCP() bool { return p.Proto == protoTCP && !p.Fragment }

// messages are the ICMP messages with a name, by protocol and type.
var messages = map[[2]uint8]string{
	{protoICMP, 0}: "echo reply", {protoICMP, 3}: "unreachable", {protoICMP, 8}: "echo request", {protoICMP, 11}: "time exceeded",
	{protoICMPv6, 1}: "unreachable", {protoICMPv6, 2}: "too big", {protoICMPv6, 3}: "time exceeded",
	{protoICMPv6, 128}: "echo request", {protoICMPv6, 129}: "echo reply",
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
	case p.Proto == protoTCP:
		text = seg.Text(d)
	case p.Proto == protoUDP:
		text = fmt.Sprintf("udp (%d)", len(p.Payload))
		if d == Full {
			text += " " + Quote(p.Payload)
		}
	case p.Proto == protoICMP || p.Proto == protoICMPv6:
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
	case p.Proto == protoICMP && name == "unreachable" && p.Code == 4, p.Proto == protoICMPv6 && name == "too big":
		return fmt.Sprintf("too big, mtu %d", p.MTU)
	case p.Proto == protoICMP && name == "unreachable" && code != "":
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
	if len(b) == 0 {
		return Packet{}, fmt.Errorf("notation: an empty packet")
	}
	switch b[0] >> 4 {
	case 4:
		return decode4(b)
	case 6:
		return decode6(b)
	}
	return Packet{}, fmt.Errorf("notation: IP version %d", b[0]>>4)
}

// decode4 follows RFC 791 section 3.1.
func decode4(b []byte) (Packet, error) {
	if len(b) < 20 {
		return Packet{}, short("IPv4 header", 20, len(b))
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if head < 20 || total < head || total > len(b) {
		return Packet{}, fmt.Errorf("notation: an IPv4 header of %d bytes in a packet of %d, of which %d are there", head, total, len(b))
	}
	p := Packet{
		Src:      netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:])), 0),
		Dst:      netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[16:])), 0),
		Proto:    b[9],
		TTL:      b[8],
		Fragment: binary.BigEndian.Uint16(b[6:])&0x3fff != 0, // more fragments, or an offset
	}
	return p, p.decodeTransport(b[head:total])
}

// The IPv6 extension headers before a transport header, RFC 8200 section 4.
const (
	headerHopByHop    = 0
	headerRouting     = 43
	headerFragment    = 44
	headerDestination = 60
)

// decode6 follows RFC 8200 sections 3 and 4.
func decode6(b []byte) (Packet, error) {
	if len(b) < 40 {
		return Packet{}, short("IPv6 header", 40, len(b))
	}
	total := 40 + int(binary.BigEndian.Uint16(b[4:]))
	if total > len(b) {
		return Packet{}, fmt.Errorf("notation: an IPv6 packet of %d bytes, of which %d are there", total, len(b))
	}
	p := Packet{
		Src: netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:])), 0),
		Dst: netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[24:])), 0),
		TTL: b[7],
	}
	next, rest := b[6], b[40:total]
	for next == headerHopByHop || next == headerRouting || next == headerDestination || next == headerFragment {
		if len(rest) < 8 {
			return p, short("IPv6 extension header", 8, len(rest))
		}
		size := 8
		if next == headerFragment {
			p.Fragment = true
		} else {
			size += int(rest[1]) * 8
		}
		if size > len(rest) {
			return p, short("IPv6 extension header", size, len(rest))
		}
		next, rest = rest[0], rest[size:]
	}
	p.Proto = next
	return p, p.decodeTransport(rest)
}

// decodeTransport reads what follows the IP headers.
func (p *Packet) decodeTransport(b []byte) error {
	p.Payload = b
	if p.Fragment {
		return nil
	}
	switch p.Proto {
	case protoTCP:
		return p.decodeTCP(b)
	case protoUDP:
		if len(b) < 8 {
			return short("UDP header", 8, len(b))
		}
		p.setPorts(b)
		p.Payload = b[8:]
		p.BadSum = (b[6] != 0 || b[7] != 0) && p.sum(b) != 0
	case protoICMP, protoICMPv6:
		if len(b) < 8 {
			return short("ICMP header", 8, len(b))
		}
		p.Type, p.Code, p.Payload = b[0], b[1], b[8:]
		if p.Proto == protoICMP {
			p.MTU = uint32(binary.BigEndian.Uint16(b[6:])) // RFC 1191 section 4
		} else {
			p.MTU = binary.BigEndian.Uint32(b[4:]) // RFC 4443 section 3.2
		}
	}
	return nil
}

// decodeTCP follows RFC 9293 section 3.1.
func (p *Packet) decodeTCP(b []byte) error {
	if len(b) < 20 {
		return short("TCP header", 20, len(b))
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) {
		return fmt.Errorf("notation: a TCP header of %d bytes in a segment of %d", head, len(b))
	}
	p.setPorts(b)
	p.Payload = b[head:]
	p.BadSum = p.sum(b) != 0
	p.TCP = Segment{
		Seq:     binary.BigEndian.Uint32(b[4:]),
		Ack:     binary.BigEndian.Uint32(b[8:]),
		Flags:   Flags(b[13]),
		Window:  binary.BigEndian.Uint16(b[14:]),
		Urgent:  binary.BigEndian.Uint16(b[18:]),
		Options: decodeOptions(b[20:head]),
		Payload: p.Payload,
	}
	return nil
}

// setPorts takes the ports that TCP and UDP have at the same place.
func (p *Packet) setPorts(b []byte) {
	p.Src = netip.AddrPortFrom(p.Src.Addr(), binary.BigEndian.Uint16(b))
	p.Dst = netip.AddrPortFrom(p.Dst.Addr(), binary.BigEndian.Uint16(b[2:]))
}

func short(what string, need, have int) error {
	return fmt.Errorf("notation: %s needs %d bytes, there are %d", what, need, have)
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
		head[8], head[9] = ttl, protoTCP
		copy(head[12:], src.AsSlice())
		copy(head[16:], dst.AsSlice())
		binary.BigEndian.PutUint16(head[10:], checksum.Of(0, head))
	} else {
		head = make([]byte, 40, 40+len(segment))
		head[0] = 0x60
		binary.BigEndian.PutUint16(head[4:], uint16(len(segment)))
		head[6], head[7] = protoTCP, ttl
		copy(head[8:], src.AsSlice())
		copy(head[24:], dst.AsSlice())
	}
	if len(head)+len(segment) > 65535 {
		return nil, fmt.Errorf("notation: a packet of %d bytes: an IP packet has at most 65535", len(head)+len(segment))
	}
	out := *p
	out.Proto = protoTCP
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
