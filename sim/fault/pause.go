package fault

import "time"

// Pause lets a host stand still, as a virtual machine that is stopped: what
// arrives there and the timers of its stack and programs wait, and all of it
// happens when the host goes on, in its order.
type Pause struct {
	Name string        // tells equal faults apart in reports
	Host string        // required
	At   time.Duration // when; an instant that has passed means now
	For  time.Duration // how long; above 0
}

// Judge implements Fault: it lets all packets pass.
func (f Pause) Judge(Seed, *Packet) Verdict { return Verdict{} }

// Events implements Scheduled.
func (f Pause) Events(now time.Duration) []HostEvent {
	return span(now, f.At, f.For, HostEvent{Host: f.Host, Do: HostPause}, HostResume)
}

func (f *Pause) kind() string { return "pause" }
func (f *Pause) value() Fault { return *f }

func (f *Pause) fields(c *codec) {
	c.host("host", &f.Host)
	c.duration("at", &f.At)
	c.duration("for", &f.For)
	c.str("name", &f.Name)
}

func (f *Pause) check(c *checker) {
	c.host("host", f.Host)
	c.notNegative("at", f.At)
	c.positive("for", f.For)
	c.label("name", f.Name)
}
