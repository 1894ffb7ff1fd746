package fault

// Drop loses every packet that it selects. With Select.Nth it loses exactly
// the n-th of a kind, such as the second SYN of a flow.
type Drop struct {
	Select
}

// Judge implements Fault.
func (f Drop) Judge(_ Seed, p *Packet) Verdict {
	return Verdict{Drop: f.Matches(p)}
}

func (f *Drop) kind() string     { return "drop" }
func (f *Drop) value() Fault     { return *f }
func (f *Drop) fields(c *codec)  { f.Select.fields(c) }
func (f *Drop) check(c *checker) { f.Select.check(c) }

// Loss loses packets at random, each independently of the others.
type Loss struct {
	Select
	Chance PerMillion // of each packet to be lost; 1 to Always
}

// Judge implements Fault.
func (f Loss) Judge(seed Seed, p *Packet) Verdict {
	return Verdict{Drop: f.Matches(p) && f.Chance.of(seed, p)}
}

// of decides on one packet. What is certain needs no draw.
func (c PerMillion) of(seed Seed, p *Packet) bool {
	return c >= Always || c.hits(draw(flowKey(seed, p), p.Index, drawChance))
}

func (f *Loss) kind() string { return "loss" }
func (f *Loss) value() Fault { return *f }

func (f *Loss) fields(c *codec) {
	c.chance("chance", &f.Chance)
	f.Select.fields(c)
}

func (f *Loss) check(c *checker) {
	c.chance("chance", f.Chance)
	f.Select.check(c)
}
