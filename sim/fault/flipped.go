package fault

import (
	"encoding/binary"
	"slices"

	"github.com/seed-731cb71d/warren/sim/internal/checksum"
)

// Flipped returns a copy of a packet with the bits of Corrupt inverted and,
// if FixChecksum asks for it, with right checksums of the IPv4 header and of
// TCP, UDP, ICMPv4 and ICMPv6. Flips beyond the packet are left out. Where
// flips have made the headers unreadable, the checksums behind stay wrong; of
// fragments only the header's is mended, and UDP without one stays without.
func (v *Verdict) Flipped(packet []byte) []byte {
	b := slices.Clone(packet)
	for _, f := range v.Corrupt {
		if int(f/8) < len(b) {
			b[f/8] ^= 0x80 >> (f % 8)
		}
	}
	if v.FixChecksum {
		fixChecksums(b)
	}
	return b
}

// fixChecksums mends a packet in place.
func fixChecksums(b []byte) {
	p := Packet{Bytes: b}
	err := p.Decode()
	v4 := p.Flow.Src.Addr().Is4()
	if header := int(b[0]&15) * 4; v4 && header >= 20 && header <= len(b) {
		putChecksum(b[:header], 10, 0)
	}
	if err != nil || p.Fragment {
		return
	}
	segment := p.Transport()
	switch p.Flow.Proto {
	case TCP:
		putChecksum(segment, 16, pseudoHeader(&p))
	case ICMPv4:
		putChecksum(segment, 2, 0)
	case ICMPv6:
		putChecksum(segment, 2, pseudoHeader(&p))
	case UDP:
		if binary.BigEndian.Uint16(segment[6:]) == 0 {
			return
		}
		putChecksum(segment, 6, pseudoHeader(&p))
		if binary.BigEndian.Uint16(segment[6:]) == 0 {
			binary.BigEndian.PutUint16(segment[6:], 0xffff) // RFC 768: 0 would be none
		}
	}
}

// putChecksum writes the checksum of b, on top of a sum, at an offset of b.
func putChecksum(b []byte, at int, sum uint64) {
	binary.BigEndian.PutUint16(b[at:], 0)
	binary.BigEndian.PutUint16(b[at:], checksum.Of(sum, b))
}

// pseudoHeader is the sum of the packet's pseudo-header.
func pseudoHeader(p *Packet) uint64 {
	return checksum.Pseudo(p.Flow.Src.Addr(), p.Flow.Dst.Addr(), p.Flow.Proto, len(p.Transport()))
}
