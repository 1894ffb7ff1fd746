package ladder

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Protocol is the transport protocol of a packet, by its IP number.
type Protocol uint8

// The protocols that Decode looks into.
const (
	ICMP   Protocol = 1
	TCP    Protocol = 6
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
)

// Packet is what Decode reads of one IP packet. Payload is a part of the bytes
// given to Decode.
type Packet struct {
	Src, Dst netip.AddrPort // port 0 where the protocol has none
	Protocol Protocol
	Fragment bool // a later fragment: only the addresses are known
	Payload  []byte

	Segment Segment // for TCP
	Type    uint8   // for ICMP and ICMPv6
	Code    uint8
}

// Decode reads the headers of one IP packet without a link header. Bytes that
// are no such packet are an error; checksums are not verified.
func Decode(b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, fmt.Errorf("ladder: empty packet")
	}
	switch b[0] >> 4 {
	case 4:
		return decodeIPv4(b)
	case 6:
		return decodeIPv6(b)
	}
	return Packet{}, fmt.Errorf("ladder: IP version %d", b[0]>>4)
}

// decodeIPv4 follows RFC 791, section 3.1.
func decodeIPv4(b []byte) (Packet, error) {
	if len(b) < 20 {
		return Packet{}, tooShort("IPv4 header", 20, len(b))
	}
	headerBytes := int(b[0]&0x0f) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if headerBytes < 20 || total < headerBytes || total > len(b) {
		return Packet{}, fmt.Errorf("ladder: IPv4 header of %d bytes in a packet of %d, of which %d are there", headerBytes, total, len(b))
	}
	p := Packet{
		Src:      netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:])), 0),
		Dst:      netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[16:])), 0),
		Protocol: Protocol(b[9]),
		Fragment: binary.BigEndian.Uint16(b[6:])&0x1fff != 0,
	}
	err := p.decodeTransport(b[headerBytes:total])
	return p, err
}

// The IPv6 extension headers that stand before a transport header.
const (
	headerHopByHop    = 0
	headerRouting     = 43
	headerFragment    = 44
	headerDestination = 60
)

// decodeIPv6 follows RFC 8200, sections 3 and 4.
func decodeIPv6(b []byte) (Packet, error) {
	if len(b) < 40 {
		return Packet{}, tooShort("IPv6 header", 40, len(b))
	}
	total := 40 + int(binary.BigEndian.Uint16(b[4:]))
	if total > len(b) {
		return Packet{}, fmt.Errorf("ladder: IPv6 packet of %d bytes, of which %d are there", total, len(b))
	}
	p := Packet{
		Src: netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:])), 0),
		Dst: netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[24:])), 0),
	}
	next, rest := b[6], b[40:total]
	for {
		switch next {
		case headerHopByHop, headerRouting, headerDestination, headerFragment:
		default:
			p.Protocol = Protocol(next)
			err := p.decodeTransport(rest)
			return p, err
		}
		if len(rest) < 8 {
			return Packet{}, tooShort("IPv6 extension header", 8, len(rest))
		}
		headerBytes := 8
		if next == headerFragment {
			p.Fragment = p.Fragment || binary.BigEndian.Uint16(rest[2:])&^7 != 0
		} else {
			headerBytes += int(rest[1]) * 8
		}
		if headerBytes > len(rest) {
			return Packet{}, tooShort("IPv6 extension header", headerBytes, len(rest))
		}
		next, rest = rest[0], rest[headerBytes:]
	}
}

// decodeTransport reads what follows the IP headers.
func (p *Packet) decodeTransport(b []byte) error {
	p.Payload = b
	if p.Fragment {
		return nil
	}
	switch p.Protocol {
	case TCP:
		return p.decodeTCP(b)
	case UDP:
		if len(b) < 8 {
			return tooShort("UDP header", 8, len(b))
		}
		p.setPorts(b)
		p.Payload = b[8:]
	case ICMP, ICMPv6:
		if len(b) < 4 {
			return tooShort("ICMP header", 4, len(b))
		}
		p.Type, p.Code = b[0], b[1]
		p.Payload = b[4:]
	}
	return nil
}

// setPorts takes the ports that TCP and UDP have at the same place.
func (p *Packet) setPorts(b []byte) {
	p.Src = netip.AddrPortFrom(p.Src.Addr(), binary.BigEndian.Uint16(b))
	p.Dst = netip.AddrPortFrom(p.Dst.Addr(), binary.BigEndian.Uint16(b[2:]))
}

func tooShort(what string, need, have int) error {
	return fmt.Errorf("ladder: %s needs %d bytes, there are %d", what, need, have)
}
