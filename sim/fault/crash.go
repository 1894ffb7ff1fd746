package fault

import "time"

// Crash makes a host lose everything at an instant, as when its power fails:
// its connections, listeners and programs are gone, and not one packet says
// so to others. With Restart it starts anew later, with the same name and
// addresses.
type Crash struct {
	Name    string        // tells equal faults apart in reports
	Host    string        // required
	At      time.Duration // when; an instant that has passed means now
	Restart time.Duration // how long it is down; 0: it stays down
}

// Judge implements Fault: it lets all packets pass.
func (f Crash) Judge(Seed, *Packet) Verdict { return Verdict{} }

// Events implements Scheduled.
func (f Crash) Events(now time.Duration) []HostEvent {
	return span(now, f.At, f.Restart, HostEvent{Host: f.Host, Do: HostCrash}, HostRestart)
}

// span is an event and, if it lasts for some time only, the one that ends it.
func span(now, at, lasts time.Duration, e HostEvent, end Action) []HostEvent {
	e.At = max(at, now)
	events := []HostEvent{e}
	if lasts > 0 {
		events = append(events, HostEvent{At: later(e.At, lasts), Host: e.Host, Do: end})
	}
	return events
}

func (f *Crash) kind() string { return "crash" }
func (f *Crash) value() Fault { return *f }

func (f *Crash) fields(c *codec) {
	c.host("host", &f.Host)
	c.duration("at", &f.At)
	c.duration("restart", &f.Restart)
	c.str("name", &f.Name)
}

func (f *Crash) check(c *checker) {
	c.host("host", f.Host)
	c.notNegative("at", f.At)
	c.notNegative("restart", f.Restart)
	c.label("name", f.Name)
}

// host wants one name.
func (c *checker) host(field, host string) {
	if host == "" {
		c.fail(field, "empty", "name the host that the fault is about")
	}
	c.hosts(field, []string{host})
}

// later is at+d, held within what a Duration can express.
func later(at, d time.Duration) time.Duration {
	if sum := at + d; sum >= at {
		return sum
	}
	return 1<<63 - 1
}
