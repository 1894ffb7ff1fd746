package fault

import "time"

// Clog keeps packets back and lets them go all at once, in the order in which
// they came. Without Every it does so from Select.Start to Select.End. With
// Every, time from Start on is cut into pieces of that length; in each piece,
// and for each pair of hosts that a path leads from and to, it is drawn by Chance
// whether the pair is clogged during the piece's first For.
type Clog struct {
	Select
	Every  time.Duration // length of a piece; 0: one clog from Start to End
	For    time.Duration // how long a clog lasts, at most Every
	Chance PerMillion    // of a piece to begin with a clog; 1 to Always
}

// Judge implements Fault.
func (f Clog) Judge(seed Seed, p *Packet) Verdict {
	if !f.Matches(p) {
		return Verdict{}
	}
	if f.Every == 0 {
		return Verdict{Hold: f.End - p.Now}
	}
	piece, into := (p.Now-f.Start)/f.Every, (p.Now-f.Start)%f.Every
	if into >= f.For || !f.Chance.hits(draw(pairKey(seed, p), uint64(piece), drawChance)) {
		return Verdict{}
	}
	hold := f.For - into
	if f.End != 0 {
		hold = min(hold, f.End-p.Now)
	}
	return Verdict{Hold: hold}
}

// pairKey is what draws for two hosts and one direction start from.
func pairKey(s Seed, p *Packet) uint64 {
	return absorbString(absorbString(absorb(0, uint64(s)), p.From), p.To)
}

func (f *Clog) kind() string { return "clog" }
func (f *Clog) value() Fault { return *f }

func (f *Clog) fields(c *codec) {
	c.duration("every", &f.Every)
	c.duration("for", &f.For)
	c.chance("chance", &f.Chance)
	f.Select.fields(c)
}

func (f *Clog) check(c *checker) {
	f.Select.check(c)
	if f.Every == 0 {
		if f.For != 0 {
			c.fail("for", f.For, "it goes with every: set every, or give start and end alone")
		}
		if f.Chance != 0 {
			c.fail("chance", f.Chance, "it goes with every: set every, or give start and end alone")
		}
		if f.End == 0 {
			c.fail("end", f.End, "what is clogged has to be let go: give the end, or every and for")
		}
		return
	}
	c.period("every", f.Every)
	c.positive("for", f.For)
	if f.For > f.Every {
		c.fail("for", f.For, "longer than every, "+f.Every.String()+": give at most that")
	}
	c.chance("chance", f.Chance)
}
