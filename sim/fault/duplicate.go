package fault

// Duplicate sends further copies right behind a packet.
type Duplicate struct {
	Select
	Chance PerMillion // of each packet to be copied; 1 to Always
	Copies int        // besides the packet itself; 1 to 100
}

// Judge implements Fault.
func (f Duplicate) Judge(seed Seed, p *Packet) Verdict {
	if !f.Matches(p) || !f.Chance.of(seed, p) {
		return Verdict{}
	}
	return Verdict{Copies: f.Copies}
}

func (f *Duplicate) kind() string { return "duplicate" }
func (f *Duplicate) value() Fault { return *f }

func (f *Duplicate) fields(c *codec) {
	c.chance("chance", &f.Chance)
	integer(c, "copies", &f.Copies)
	f.Select.fields(c)
}

func (f *Duplicate) check(c *checker) {
	c.chance("chance", f.Chance)
	c.bounded("copies", f.Copies, 1, 100)
	f.Select.check(c)
}
