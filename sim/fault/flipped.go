package fault

import (
	"encoding/binary"
	"slices"
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
	segment := b[p.segment:p.end]
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
	sum = addWords(sum, b)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(b[at:], ^uint16(sum))
}

// addWords adds the 16-bit words of b, padded with a zero, RFC 1071.
func addWords(sum uint64, b []byte) uint64 {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}

// pseudoHeader is the sum of addresses, length and protocol, RFC 9293 section
// 3.1 and RFC 8200 section 8.1.
func pseudoHeader(p *Packet) uint64 {
	src, dst := p.Flow.Src.Addr().AsSlice(), p.Flow.Dst.Addr().AsSlice()
	return addWords(addWords(uint64(p.Flow.Proto)+uint64(p.end-p.segment), src), dst)
}
