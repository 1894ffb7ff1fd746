package fault

import "slices"

// Corrupt inverts random bits of packets. The receiver's checksums find most
// of that, and the packet is lost to it; with FixChecksum they do not.
type Corrupt struct {
	Select
	Chance      PerMillion // of each packet to be corrupted; 1 to Always
	Bits        int        // how many different bits; 1 to 64
	PayloadOnly bool       // spare the headers; packets without payload then pass
	FixChecksum bool       // make the checksums right again, for errors that they miss
}

// Flip is one bit of a packet to be inverted: bit 0 is the highest of the
// first byte.
type Flip uint32

// Judge implements Fault. It allocates for packets that it corrupts.
func (f Corrupt) Judge(seed Seed, p *Packet) Verdict {
	if !f.Matches(p) || !f.Chance.of(seed, p) {
		return Verdict{}
	}
	first, bits := 0, len(p.Bytes)*8
	if f.PayloadOnly {
		first, bits = p.data*8, (p.end-p.data)*8
	}
	n := min(f.Bits, bits)
	if n <= 0 {
		return Verdict{}
	}
	key, flips := flowKey(seed, p), make([]Flip, 0, n)
	for i := range n {
		at := below(draw(key, p.Index, drawFlip+uint64(i)), uint64(bits))
		for slices.Contains(flips, Flip(first)+Flip(at)) { // a bit inverted twice is as it was
			at = (at + 1) % uint64(bits)
		}
		flips = append(flips, Flip(first)+Flip(at))
	}
	return Verdict{Corrupt: flips, FixChecksum: f.FixChecksum}
}

func (f *Corrupt) kind() string { return "corrupt" }
func (f *Corrupt) value() Fault { return *f }

func (f *Corrupt) fields(c *codec) {
	c.chance("chance", &f.Chance)
	integer(c, "bits", &f.Bits)
	c.word("payloadonly", &f.PayloadOnly)
	c.word("fixchecksum", &f.FixChecksum)
	f.Select.fields(c)
}

func (f *Corrupt) check(c *checker) {
	c.chance("chance", f.Chance)
	c.bounded("bits", f.Bits, 1, 64)
	f.Select.check(c)
}
