package fq

import "math/bits"

// sipHash is SipHash-2-4 (Aumasson and Bernstein, 2012) of whole words. The
// last word holds the message's remaining bytes and, in its top byte, the
// message's length, as the paper's section 2.2 pads.
func sipHash(key [2]uint64, words []uint64) uint64 {
	s := sipState{
		key[0] ^ 0x736f6d6570736575,
		key[1] ^ 0x646f72616e646f6d,
		key[0] ^ 0x6c7967656e657261,
		key[1] ^ 0x7465646279746573,
	}
	for _, w := range words {
		s[3] ^= w
		s.round()
		s.round()
		s[0] ^= w
	}
	s[2] ^= 0xff
	for range 4 {
		s.round()
	}
	return s[0] ^ s[1] ^ s[2] ^ s[3]
}

type sipState [4]uint64

// round is the SipRound of the paper's figure 2.1.
func (s *sipState) round() {
	s[0] += s[1]
	s[1] = bits.RotateLeft64(s[1], 13) ^ s[0]
	s[0] = bits.RotateLeft64(s[0], 32)
	s[2] += s[3]
	s[3] = bits.RotateLeft64(s[3], 16) ^ s[2]
	s[0] += s[3]
	s[3] = bits.RotateLeft64(s[3], 21) ^ s[0]
	s[2] += s[1]
	s[1] = bits.RotateLeft64(s[1], 17) ^ s[2]
	s[2] = bits.RotateLeft64(s[2], 32)
}
