package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

const (
	faultIPv4Sum packetFault = "IPv4 header checksum is wrong"
	faultTCPSum  packetFault = "TCP checksum is wrong"
	faultUDPSum  packetFault = "UDP checksum is wrong"
	faultNoSum   packetFault = "UDP over IPv6 without a checksum"
)

// verifyHeadBytes is how much of a packet verifyChecksum looks for a transport
// header in: an IPv4 header of any length, or IPv6 with a short chain of
// extensions.
const verifyHeadBytes = 128

// verifyChecksum returns an error for a packet that was damaged on its way. It
// is for links that have Offload.RxChecksum and get a packet that nobody
// vouches for: gVisor then checks neither the IPv4 header's sum nor that of TCP
// and UDP. nil also means that there is nothing to verify: other protocols,
// whose sums gVisor always checks, fragments, and malformed packets, which the
// stack counts.
func verifyChecksum(p *Packet) error {
	if p.sum.State != ChecksumUnknown {
		return nil
	}
	var buf [verifyHeadBytes]byte
	head := buf[:p.CopyTo(buf[:])]
	if len(head) == 0 {
		return nil
	}
	switch head[0] >> 4 {
	case 4:
		return verifyIPv4(p, head)
	case 6:
		return verifyIPv6(p, head)
	}
	return nil
}

func verifyIPv4(p *Packet, head []byte) error {
	n := int(head[0]&0xf) * 4
	if n < ipv4HeadBytes || len(head) < n {
		return nil
	}
	if checksum.Checksum(head[:n], 0) != 0xffff {
		return faultIPv4Sum
	}
	if binary.BigEndian.Uint16(head[ipv4FragmentAt:])&ipv4FragmentBits != 0 {
		return nil
	}
	end := int(binary.BigEndian.Uint16(head[ipv4TotalAt:]))
	return verifyTransport(p, transportPart{
		protocol: head[ipv4ProtocolAt], first: n, end: end,
		addresses: head[ipv4SourceAt:ipv4HeadBytes],
	}, head)
}

func verifyIPv6(p *Packet, head []byte) error {
	if len(head) < ipv6HeadBytes {
		return nil
	}
	next, at := head[ipv6NextAt], ipv6HeadBytes
	for isExtension(next) {
		if len(head) < at+8 {
			return nil
		}
		ext := head[at:]
		size := 8 + 8*int(ext[1])
		switch header.IPv6ExtensionHeaderIdentifier(next) {
		case header.IPv6FragmentExtHdrIdentifier:
			if binary.BigEndian.Uint16(ext[2:])&0xfff9 != 0 {
				return nil
			}
			size = header.IPv6FragmentHeaderSize // whole in one fragment (RFC 6946)
		case header.IPv6RoutingExtHdrIdentifier:
			if ext[3] != 0 { // segments left: the destination is not yet the one that was summed
				return nil
			}
		}
		next, at = ext[0], at+size
	}
	return verifyTransport(p, transportPart{
		protocol: next, first: at, end: ipv6HeadBytes + int(binary.BigEndian.Uint16(head[ipv6PayloadAt:])),
		addresses: head[ipv6SourceAt:ipv6HeadBytes],
	}, head)
}

// transportPart is where a packet's transport header and payload are, and what
// its pseudo-header is made of.
type transportPart struct {
	protocol   byte
	first, end int
	addresses  []byte
}

// verifyTransport sums TCP and UDP. head is the packet's beginning.
func verifyTransport(p *Packet, t transportPart, head []byte) error {
	if t.end > p.Len() {
		return nil
	}
	fault := faultTCPSum
	switch t.protocol {
	case protocolTCP:
		if t.end < t.first+tcpHeadMin {
			return nil
		}
	case protocolUDP:
		if t.end < t.first+header.UDPMinimumSize || len(head) < t.first+header.UDPMinimumSize {
			return nil
		}
		fault = faultUDPSum
		udp := header.UDP(head[t.first:])
		length := int(udp.Length())
		switch {
		case length < header.UDPMinimumSize || length > t.end-t.first:
			return nil
		case udp.Checksum() != 0:
		case len(t.addresses) == 2*header.IPv4AddressSize:
			return nil // sent without a checksum (RFC 768)
		default:
			return faultNoSum // RFC 8200, section 8.1
		}
		t.end = t.first + length
	default:
		return nil
	}
	sum := uint32(t.protocol) + uint32(t.end-t.first) + uint32(checksum.Checksum(t.addresses, 0)) + uint32(p.sumBytes(t.first, t.end))
	if foldSum(sum) != 0xffff {
		return fault
	}
	return nil
}

// sumBytes is the one's complement sum of the packet's bytes from first to
// before end.
func (p *Packet) sumBytes(first, end int) uint16 {
	var c checksum.Checksumer
	for b := range p.Segments {
		if end <= 0 {
			break
		}
		if first < len(b) {
			c.Add(b[first:min(end, len(b))])
		}
		first, end = max(first-len(b), 0), end-len(b)
	}
	return c.Checksum()
}
