package fault

import "time"

// Delay keeps packets back before they enter their path, by Delay and a
// random part of Spread. Packets behind them wait too, so the order is kept.
type Delay struct {
	Select
	Chance PerMillion    // of each packet to be delayed; 1 to Always
	Delay  time.Duration // at least; above 0
	Spread time.Duration // at most added to Delay, every value equally likely
}

// Judge implements Fault.
func (f Delay) Judge(seed Seed, p *Packet) Verdict {
	if !f.Matches(p) || !f.Chance.of(seed, p) {
		return Verdict{}
	}
	return Verdict{Hold: spread(f.Delay, f.Spread, seed, p)}
}

// spread adds a random part, drawn for the packet, to a time.
func spread(d, part time.Duration, seed Seed, p *Packet) time.Duration {
	if part == 0 {
		return d
	}
	return d + time.Duration(below(draw(flowKey(seed, p), p.Index, drawSpread), uint64(part)+1))
}

func (f *Delay) kind() string { return "delay" }
func (f *Delay) value() Fault { return *f }

func (f *Delay) fields(c *codec) {
	c.chance("chance", &f.Chance)
	c.duration("delay", &f.Delay)
	c.duration("spread", &f.Spread)
	f.Select.fields(c)
}

func (f *Delay) check(c *checker) {
	c.chance("chance", f.Chance)
	c.delay(f.Delay, f.Spread)
	f.Select.check(c)
}

// delayMax keeps sums of delays far from the end of time.
const delayMax = 366 * 24 * time.Hour

// delay wants a time to wait, and a part to add, of reasonable size.
func (c *checker) delay(delay, spread time.Duration) {
	c.positive("delay", delay)
	c.notNegative("spread", spread)
	if delay > delayMax {
		c.fail("delay", delay, "give a year at most; Drop loses packets for ever")
	}
	if spread > delayMax {
		c.fail("spread", spread, "give a year at most")
	}
}

// Reorder lets later packets overtake some. Without Distance a packet is
// delayed by Delay and a random part of Spread, outside of its path's order.
// With Distance it is delivered once so many later packets of its flow and
// direction have gone before it, or when that time is over.
type Reorder struct {
	Select
	Chance   PerMillion    // of each packet to be overtaken; 1 to Always
	Distance int           // packets that overtake it, up to 1000; 0: as many as do in the time
	Delay    time.Duration // above 0
	Spread   time.Duration // at most added to Delay, every value equally likely
}

// Judge implements Fault.
func (f Reorder) Judge(seed Seed, p *Packet) Verdict {
	if !f.Matches(p) || !f.Chance.of(seed, p) {
		return Verdict{}
	}
	return Verdict{Delay: spread(f.Delay, f.Spread, seed, p), Behind: f.Distance}
}

func (f *Reorder) kind() string { return "reorder" }
func (f *Reorder) value() Fault { return *f }

func (f *Reorder) fields(c *codec) {
	c.chance("chance", &f.Chance)
	integer(c, "distance", &f.Distance)
	c.duration("delay", &f.Delay)
	c.duration("spread", &f.Spread)
	f.Select.fields(c)
}

func (f *Reorder) check(c *checker) {
	c.chance("chance", f.Chance)
	c.bounded("distance", f.Distance, 0, 1000)
	c.delay(f.Delay, f.Spread)
	f.Select.check(c)
}
