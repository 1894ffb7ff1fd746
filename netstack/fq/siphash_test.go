package fq

import "testing"

// TestSipHashIsThePapers uses the examples with the key 00 01 ... 0f: the empty
// message, and the fifteen bytes of the paper's appendix A.
func TestSipHashIsThePapers(t *testing.T) {
	key := [2]uint64{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	for _, c := range []struct {
		words []uint64
		want  uint64
	}{
		{[]uint64{0}, 0x726fdb47dd0e0e31},
		{[]uint64{0x0706050403020100, 0x0f0e0d0c0b0a0908}, 0xa129ca6149be45e5},
	} {
		if got := sipHash(key, c.words); got != c.want {
			t.Errorf("sipHash(%#x) is %#x, want %#x", c.words, got, c.want)
		}
	}
}
