package engine

import "math/bits"

// draws are numbers that depend on what they are for, and on nothing that
// was drawn before: the seed, the path, the flow, the packet's index in the
// flow and which of its copies it is.
type draws struct {
	key  uint64
	next uint64
}

// newDraws starts the numbers of one purpose.
func newDraws(seed, path, flow, index, copy uint64) draws {
	k := mix(seed ^ 0x6a09e667f3bcc908)
	k = mix(k ^ path)
	k = mix(k ^ flow)
	k = mix(k ^ index)
	return draws{key: mix(k ^ copy)}
}

// uint64 is the next number.
func (d *draws) uint64() uint64 {
	d.next += 0x9e3779b97f4a7c15
	return mix(d.key + d.next)
}

// below is the next number in [0, n), by multiplication; n 0 gives 0.
func (d *draws) below(n uint64) uint64 {
	hi, _ := bits.Mul64(d.uint64(), n)
	return hi
}

// mix is the finaliser of SplitMix64, moved so that 0 does not map to 0.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hashBytes mixes b into h.
func hashBytes(h uint64, b []byte) uint64 {
	for ; len(b) >= 8; b = b[8:] {
		h = mix(h ^ (uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56))
	}
	var last uint64
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	return mix(h ^ last ^ uint64(len(b))<<56)
}

// hashString is hashBytes for a name.
func hashString(h uint64, s string) uint64 {
	for len(s) > 0 {
		var block [8]byte
		n := copy(block[:], s)
		h = hashBytes(h, block[:n])
		s = s[n:]
	}
	return mix(h)
}

// isqrt is the integer square root of n, rounded down.
func isqrt(n uint64) uint64 {
	var root uint64
	bit := uint64(1) << 62
	for bit > n {
		bit >>= 2
	}
	for ; bit != 0; bit >>= 2 {
		if n >= root+bit {
			n -= root + bit
			root = root>>1 + bit
		} else {
			root >>= 1
		}
	}
	return root
}
