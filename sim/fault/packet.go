package fault

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Numbers of the protocols whose headers are decoded.
const (
	ICMPv4 uint8 = 1
	TCP    uint8 = 6
	UDP    uint8 = 17
	ICMPv6 uint8 = 58
)

// Packet is what a fault may look at: one packet that enters a path.
//
// Whoever judges packets fills in Now, From, To, Path and Bytes, calls Decode
// for the fields below, and counts the packets of each flow into Index.
type Packet struct {
	Now   time.Duration // virtual time since the world began
	From  string        // name of the host or router where the path starts
	To    string        // name of the host or router where it ends
	Path  string        // name of the path that it enters, "" where a world names none
	Index uint64        // packets of this flow and direction that entered this path before
	Bytes []byte        // the whole IP packet, borrowed and not to be changed

	Flow     Flow   // addresses and ports, in the packet's direction
	Flags    Flags  // of TCP, otherwise 0
	Seq      uint32 // of TCP, otherwise 0
	Ack      uint32 // of TCP, otherwise 0
	Payload  []byte // what follows the TCP, UDP or ICMP header: a part of Bytes
	Fragment bool   // part of a fragmented packet: no ports, all after the IP headers is payload

	// Matched is how many packets the fault's Select matched before this one,
	// in this flow and direction or across all. Set.Judge counts it for
	// faults that ask for the n-th packet.
	Matched uint64

	// Where in Bytes the transport's header, its payload and the padding
	// behind the packet begin.
	segment, data, end int
}

// Flow is one direction of a conversation. It is comparable; ports are 0
// where the protocol has none.
type Flow struct {
	Src, Dst netip.AddrPort
	Proto    uint8 // TCP, UDP, ...
}

// Compare orders flows by source, destination and protocol.
func (f Flow) Compare(o Flow) int {
	return cmp.Or(f.Src.Compare(o.Src), f.Dst.Compare(o.Dst), cmp.Compare(f.Proto, o.Proto))
}

// Reverse is the flow of the answers.
func (f Flow) Reverse() Flow {
	return Flow{Src: f.Dst, Dst: f.Src, Proto: f.Proto}
}

// String is like "tcp 10.0.0.1:49152 > 10.0.0.2:80".
func (f Flow) String() string {
	return fmt.Sprintf("%s %s > %s", protoName(f.Proto), f.Src, f.Dst)
}

// Decode fills in the fields that are read from Bytes: Flow, Flags, Seq, Ack,
// Payload and Fragment. It allocates nothing and keeps no copy. An error
// leaves what could be read; a protocol without a decoder is no error.
func (p *Packet) Decode() error {
	p.Flow, p.Flags, p.Seq, p.Ack, p.Payload, p.Fragment = Flow{}, 0, 0, 0, nil, false
	p.segment, p.data, p.end = 0, 0, 0
	if len(p.Bytes) == 0 {
		return errEmpty
	}
	switch p.Bytes[0] >> 4 {
	case 4:
		return p.decodeIPv4(p.Bytes)
	case 6:
		return p.decodeIPv6(p.Bytes)
	}
	return errVersion
}

// Transport is the transport's header and its payload, or the payload of a
// fragment, without what pads the packet: a part of Bytes. It is empty before
// Decode, and where that found no way to it.
func (p *Packet) Transport() []byte { return p.Bytes[p.segment:p.end] }

var (
	errEmpty   = errors.New("fault: the packet has no bytes")
	errVersion = errors.New("fault: the packet is neither IPv4 nor IPv6")
	errShort   = errors.New("fault: the packet is shorter than its headers say")
)

// decodeIPv4 reads the header of RFC 791 section 3.1.
func (p *Packet) decodeIPv4(b []byte) error {
	if len(b) < 20 {
		return errShort
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	src, dst := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	p.Flow = Flow{netip.AddrPortFrom(src, 0), netip.AddrPortFrom(dst, 0), b[9]}
	if header < 20 || total < header || total > len(b) {
		return errShort
	}
	p.segment, p.data, p.end = header, header, total
	p.Payload = b[header:total]
	p.Fragment = binary.BigEndian.Uint16(b[6:])&0x3fff != 0 // more fragments, or an offset
	return p.decodeTransport()
}

// decodeIPv6 reads the header of RFC 8200 section 3 and those extension
// headers that lie before the transport's.
func (p *Packet) decodeIPv6(b []byte) error {
	if len(b) < 40 {
		return errShort
	}
	total := 40 + int(binary.BigEndian.Uint16(b[4:]))
	src, dst := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	next, at := b[6], 40
	p.Flow = Flow{netip.AddrPortFrom(src, 0), netip.AddrPortFrom(dst, 0), next}
	if total > len(b) {
		return errShort
	}
	for isExtension(next) {
		if total < at+8 {
			return errShort
		}
		length := 8 + int(b[at+1])*8
		if next == extensionFragment {
			length = 8
			p.Fragment = binary.BigEndian.Uint16(b[at+2:])&0xfff9 != 0
		}
		next, at = b[at], at+length
		p.Flow.Proto = next
		if total < at {
			return errShort
		}
		if p.Fragment {
			break
		}
	}
	p.segment, p.data, p.end = at, at, total
	p.Payload = b[at:total]
	return p.decodeTransport()
}

const extensionFragment = 44 // RFC 8200 section 4.5

// isExtension knows hop-by-hop options, routing, fragment and destination
// options.
func isExtension(next uint8) bool {
	return next == 0 || next == 43 || next == extensionFragment || next == 60
}

// decodeTransport reads the header at the start of Payload and takes it off.
func (p *Packet) decodeTransport() error {
	if p.Fragment {
		return nil
	}
	b, header := p.Payload, 8 // of UDP, ICMPv4 and ICMPv6
	switch p.Flow.Proto {
	case TCP: // RFC 9293 section 3.1
		if len(b) < 20 {
			return errShort
		}
		header = int(b[12]>>4) * 4
		p.Flags = Flags(b[13])
		p.Seq, p.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
		if header < 20 {
			return errShort
		}
	case UDP, ICMPv4, ICMPv6:
	default:
		return nil
	}
	if len(b) < header {
		return errShort
	}
	if p.Flow.Proto == TCP || p.Flow.Proto == UDP {
		p.Flow.Src = netip.AddrPortFrom(p.Flow.Src.Addr(), binary.BigEndian.Uint16(b))
		p.Flow.Dst = netip.AddrPortFrom(p.Flow.Dst.Addr(), binary.BigEndian.Uint16(b[2:]))
	}
	p.data += header
	p.Payload = b[header:]
	return nil
}
