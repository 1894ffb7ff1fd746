package fault

import "time"

// Skew makes a host's clock run fast or slow from an instant on, without a
// jump. Timers that are set by then keep their instant.
type Skew struct {
	Name string        // tells equal faults apart in reports
	Host string        // required
	At   time.Duration // when; an instant that has passed means now
	PPM  int64         // how many parts per million it is fast, below 0 slow; -500000 to 500000; 0: neither
}

// skewMax is half as fast, or one and a half times.
const skewMax = 500_000

// Judge implements Fault: it lets all packets pass.
func (f Skew) Judge(Seed, *Packet) Verdict { return Verdict{} }

// Events implements Scheduled. A skew has no end; another one follows it.
func (f Skew) Events(now time.Duration) []HostEvent {
	return span(now, f.At, 0, HostEvent{Host: f.Host, Do: HostSkew, PPM: f.PPM}, HostSkew)
}

func (f *Skew) kind() string { return "skew" }
func (f *Skew) value() Fault { return *f }

func (f *Skew) fields(c *codec) {
	c.host("host", &f.Host)
	c.duration("at", &f.At)
	integer(c, "ppm", &f.PPM)
	c.str("name", &f.Name)
}

func (f *Skew) check(c *checker) {
	c.host("host", f.Host)
	c.notNegative("at", f.At)
	if f.PPM < -skewMax || f.PPM > skewMax {
		c.fail("ppm", f.PPM, "a clock runs half as fast at the least and one and a half times at most: give parts per million from -500000 to 500000")
	}
	c.label("name", f.Name)
}
