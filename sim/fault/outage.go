package fault

import (
	"slices"
	"time"
)

// Partition loses all packets between two sets of hosts, in both directions
// or from A to B only. Hosts within a set still reach one another. It is
// about the ends of paths: where routers stand between hosts, name those that
// the paths to be cut start and end at.
type Partition struct {
	Name   string        // tells equal faults apart in reports
	Start  time.Duration // virtual time from which on it is there
	End    time.Duration // virtual time at which it is gone; 0: never
	A      []string      // hosts on one side; at least one
	B      []string      // hosts on the other side; none: all that are not in A
	OneWay bool          // what B sends to A still arrives
}

// Judge implements Fault.
func (f Partition) Judge(_ Seed, p *Packet) Verdict {
	if !within(p.Now, f.Start, f.End) {
		return Verdict{}
	}
	return Verdict{Drop: f.crosses(p.From, p.To) || !f.OneWay && f.crosses(p.To, p.From)}
}

// crosses reports whether a packet goes from A to B.
func (f *Partition) crosses(from, to string) bool {
	if !slices.Contains(f.A, from) {
		return false
	}
	if len(f.B) == 0 {
		return !slices.Contains(f.A, to)
	}
	return slices.Contains(f.B, to)
}

func (f *Partition) kind() string { return "partition" }
func (f *Partition) value() Fault { return *f }

func (f *Partition) fields(c *codec) {
	c.hosts("a", &f.A)
	c.hosts("b", &f.B)
	c.word("oneway", &f.OneWay)
	c.str("name", &f.Name)
	c.duration("start", &f.Start)
	c.duration("end", &f.End)
}

func (f *Partition) check(c *checker) {
	if len(f.A) == 0 {
		c.fail("a", "empty", "name the hosts on one side of the partition")
	}
	c.hosts("a", f.A)
	c.hosts("b", f.B)
	for _, host := range f.B {
		if slices.Contains(f.A, host) {
			c.fail("b", host, "the host is in a, too: name it on one side only")
		}
	}
	c.label("name", f.Name)
	c.window(f.Start, f.End)
}

// Flap takes a link down and up by a schedule: from Select.Start on it is up
// for Up, then loses all packets for Down, and so on. Phase is how far into
// that schedule it is at the start, so that Phase = Up begins with the
// outage.
type Flap struct {
	Select
	Up    time.Duration // above 0
	Down  time.Duration // above 0
	Phase time.Duration // less than Up + Down
}

// Judge implements Fault.
func (f Flap) Judge(_ Seed, p *Packet) Verdict {
	if !f.Matches(p) {
		return Verdict{}
	}
	return Verdict{Drop: (p.Now-f.Start+f.Phase)%(f.Up+f.Down) >= f.Up}
}

func (f *Flap) kind() string { return "flap" }
func (f *Flap) value() Fault { return *f }

func (f *Flap) fields(c *codec) {
	c.duration("up", &f.Up)
	c.duration("down", &f.Down)
	c.duration("phase", &f.Phase)
	f.Select.fields(c)
}

func (f *Flap) check(c *checker) {
	c.period("up", f.Up)
	c.period("down", f.Down)
	c.notNegative("phase", f.Phase)
	if f.Phase != 0 && f.Phase >= f.Up+f.Down {
		c.fail("phase", f.Phase, "the schedule begins again after up + down: give less than that")
	}
	f.Select.check(c)
}

// period wants a time above 0 of reasonable size.
func (c *checker) period(field string, d time.Duration) {
	c.positive(field, d)
	if d > delayMax {
		c.fail(field, d, "give a year at most; start and end bound a fault for good")
	}
}
