// Package checksum computes the Internet checksum of RFC 1071, which the
// headers of IPv4, TCP, UDP and ICMP carry:
//
//	sum := checksum.Pseudo(src, dst, 6, len(segment))
//	binary.BigEndian.PutUint16(segment[16:], checksum.Of(sum, segment))
//
// # Goroutines and locks
//
// It has none: functions of their arguments.
//
// # Not supported
//
// Changing a checksum by what has changed in the bytes, RFC 1624.
package checksum

import (
	"encoding/binary"
	"net/netip"
)

// Of is the checksum of b on top of a sum: what belongs into a field of b that
// is 0 now, and 0 where the field is right.
func Of(sum uint64, b []byte) uint16 {
	sum = add(sum, b)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// Pseudo is the sum of the pseudo-header of a TCP, UDP or ICMPv6 packet of n
// bytes, RFC 9293 section 3.1 and RFC 8200 section 8.1.
func Pseudo(src, dst netip.Addr, proto uint8, n int) uint64 {
	sum := uint64(proto) + uint64(n)
	for _, addr := range [2]netip.Addr{src.Unmap(), dst.Unmap()} {
		if addr.Is4() {
			b := addr.As4()
			sum = add(sum, b[:])
		} else {
			b := addr.As16()
			sum = add(sum, b[:])
		}
	}
	return sum
}

// add adds the 16-bit words of b; a last odd byte counts as the upper half of
// one.
func add(sum uint64, b []byte) uint64 {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}
