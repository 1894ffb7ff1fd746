package fault

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
)

// Seed is what verdicts are drawn from. Every draw is a hash of the seed, the
// packet's hosts, path and flow, and its index in the flow, never the next
// number of a stream: so it does not depend on what was drawn before.
//
// The hash takes in one 64-bit word after the other: h = mix((h xor word) +
// 0x9e3779b97f4a7c15), where mix is the finaliser of SplitMix64 (xor-shift
// 30, times 0xbf58476d1ce4e5b9, xor-shift 27, times 0x94d049bb133111eb,
// xor-shift 31). Strings are their length and then their bytes, eight to a
// little-endian word, padded with zeros; an address is its 16 bytes as two
// little-endian words. It spreads well and is no secret: a seed can be
// found from the draws.
type Seed uint64

// For derives the seed of what is called name, the n-th of that name. Seeds
// of different names, or numbers, are unrelated.
func (s Seed) For(name string, n uint64) Seed {
	return Seed(absorb(absorbString(absorb(0, uint64(s)), name), n))
}

func absorb(h, word uint64) uint64 {
	h = (h ^ word) + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

func absorbString(h uint64, s string) uint64 {
	h = absorb(h, uint64(len(s)))
	for len(s) > 0 {
		var word [8]byte
		n := copy(word[:], s)
		h = absorb(h, binary.LittleEndian.Uint64(word[:]))
		s = s[n:]
	}
	return h
}

func absorbAddr(h uint64, a netip.AddrPort) uint64 {
	b := a.Addr().As16()
	h = absorb(h, binary.LittleEndian.Uint64(b[:]))
	h = absorb(h, binary.LittleEndian.Uint64(b[8:]))
	return absorb(h, uint64(a.Port()))
}

// flowKey is what all draws for one flow on one path start from.
func flowKey(s Seed, p *Packet) uint64 {
	h := absorbString(absorb(0, uint64(s)), p.From)
	h = absorbString(absorbString(h, p.To), p.Path)
	h = absorbAddr(absorbAddr(h, p.Flow.Src), p.Flow.Dst)
	return absorb(h, uint64(p.Flow.Proto))
}

// The purposes of draws keep those of one packet apart.
const (
	drawChance = iota
	drawSpread
	drawState
	drawFlip // and all numbers above: one for each bit
)

// draw is the number of one packet for one purpose.
func draw(key, index, purpose uint64) uint64 {
	return absorb(absorb(key, index), purpose)
}

// below maps a draw evenly to the numbers from 0 to n-1.
func below(draw, n uint64) uint64 {
	hi, _ := bits.Mul64(draw, n)
	return hi
}

// PerMillion is a probability in parts per million: 10000 is 1 %.
type PerMillion uint32

// Always is certainty, the largest PerMillion.
const Always PerMillion = 1_000_000

// hits decides by a draw.
func (c PerMillion) hits(draw uint64) bool {
	return below(draw, uint64(Always)) < uint64(c)
}

// String is the exact percentage, like "0.25%".
func (c PerMillion) String() string {
	whole, part := c/10_000, c%10_000
	if part == 0 {
		return fmt.Sprintf("%d%%", whole)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%04d", whole, part), "0") + "%"
}
