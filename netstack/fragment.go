package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// fragment is one fragment as its headers describe it.
type fragment struct {
	fragmentID
	fragmentRange
	ipv6 bool
	size int // of the whole packet
}

// fragmentRange is where a fragment's payload belongs.
type fragmentRange struct {
	first, end int
	more       bool
}

// fragmentID is what the fragments of a datagram have in common.
type fragmentID struct {
	src, dst tcpip.Address
	id       uint32
	proto    uint8 // of IPv4 alone
}

// fragmentHeaderBytes is what of a packet shows the fragment: an IPv4 header of
// any length, or an IPv6 header with a short chain of extensions.
const fragmentHeaderBytes = 128

// fragmented reports whether the packet says that it is a fragment. IPv6 tells
// it in an extension header, so any extension is looked at closer.
func (p *Packet) fragmented() bool {
	for b := range p.Segments {
		switch {
		case len(b) >= header.IPv4MinimumSize && b[0]>>4 == 4:
			return binary.BigEndian.Uint16(b[6:])&0x3fff != 0 // more fragments, or an offset
		case len(b) >= header.IPv6MinimumSize && b[0]>>4 == 6:
			return isExtension(b[6])
		}
		return false
	}
	return false
}

// isExtension knows hop-by-hop options, routing, fragment and destination
// options.
func isExtension(next byte) bool {
	switch header.IPv6ExtensionHeaderIdentifier(next) {
	case header.IPv6HopByHopOptionsExtHdrIdentifier, header.IPv6RoutingExtHdrIdentifier,
		header.IPv6FragmentExtHdrIdentifier, header.IPv6DestinationOptionsExtHdrIdentifier:
		return true
	}
	return false
}

// parseFragment reads the headers of a packet of the given size; ok is false
// for what the stack below does not try to put together.
func parseFragment(b []byte, size int) (f fragment, ok bool) {
	offset, payload := 0, 0
	if header.IPVersion(b) == header.IPv4Version {
		ip := header.IPv4(b)
		total := int(ip.TotalLength())
		offset, payload = int(ip.FragmentOffset()), total-int(ip.HeaderLength())
		f.fragmentID = fragmentID{ip.SourceAddress(), ip.DestinationAddress(), uint32(ip.ID()), ip.Protocol()}
		f.more, f.size = ip.More(), total
	} else {
		at := fragmentHeaderAt(b)
		if at < 0 {
			return f, false
		}
		ip, ext := header.IPv6(b), b[at:]
		bits := binary.BigEndian.Uint16(ext[2:])
		if bits&0xfff9 == 0 {
			return f, false // whole in one fragment (RFC 6946)
		}
		total := header.IPv6MinimumSize + int(ip.PayloadLength())
		offset, payload = int(bits&^7), total-at-header.IPv6FragmentHeaderSize
		f.fragmentID = fragmentID{src: ip.SourceAddress(), dst: ip.DestinationAddress(), id: binary.BigEndian.Uint32(ext[4:])}
		f.more, f.size, f.ipv6 = bits&1 != 0, total, true
	}
	f.first, f.end = offset, offset+payload
	most := header.IPv4MaximumPayloadSize
	if f.ipv6 {
		most = header.IPv6MaximumPayloadSize
	}
	return f, payload > 0 && f.size <= size && f.end <= most && (!f.more || payload%8 == 0)
}

// fragmentHeaderAt is where the fragment header of an IPv6 packet begins, -1
// where there is none near.
func fragmentHeaderAt(b []byte) int {
	next, at := b[6], header.IPv6MinimumSize
	for isExtension(next) && len(b) >= at+header.IPv6FragmentHeaderSize {
		if header.IPv6ExtensionHeaderIdentifier(next) == header.IPv6FragmentExtHdrIdentifier {
			return at
		}
		next, at = b[at], at+8+int(b[at+1])*8
	}
	return -1
}
