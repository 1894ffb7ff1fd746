package netstack

import (
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// This file is the only one of the package that reads the system's time.

// systemClock is the Clock of a Config without one.
type systemClock struct{}

var _ Clock = systemClock{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// stackClock is a Clock as gVisor wants it. Monotonic time counts from the
// stack's birth, so two runs of a script show the stack the same readings. It
// knows the timers that are set, so that the end of the stack leaves none:
// gVisor itself forgets that of a half-reassembled packet, which would hold on
// to the whole stack for up to 30 s more.
type stackClock struct {
	clock  Clock
	system bool // clock is the system's
	start  time.Time

	// least is the shortest time, in nanoseconds, for which a timer of the
	// system's is set: see crowd. Virtual time does not pass while others work.
	least atomic.Int64

	mu    sync.Mutex
	set   timerList
	ended bool
}

var _ tcpip.Clock = (*stackClock)(nil)

// newStackClock adapts c, or the system's clock where c is nil.
func newStackClock(c Clock) *stackClock {
	s := &stackClock{clock: c}
	if c == nil {
		s.clock, s.system = systemClock{}, true
	}
	s.start = s.clock.Now()
	s.set.init()
	return s
}

// Now implements tcpip.Clock.
func (c *stackClock) Now() time.Time { return c.clock.Now() }

// NowMonotonic implements tcpip.Clock.
func (c *stackClock) NowMonotonic() tcpip.MonotonicTime {
	if c.system {
		return tcpip.MonotonicTime{}.Add(time.Since(c.start)) // cheaper than Now
	}
	return tcpip.MonotonicTime{}.Add(c.clock.Now().Sub(c.start))
}

// AfterFunc implements tcpip.Clock.
func (c *stackClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &stackTimer{clock: c, f: f}
	t.Reset(d)
	return t
}

// end stops all timers; those set from now on never fire.
func (c *stackClock) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for t := c.set.next; t != &c.set.stackTimer; t = c.set.next {
		t.stopLocked()
	}
}

// stackTimer is a tcpip.Timer, which can be set again, over a Clock that only
// knows new timers. The clock's mu protects what changes.
type stackTimer struct {
	clock *stackClock
	f     func()

	run  uint64 // counts Resets; tells a late firing from the present one
	std  *time.Timer
	stop func() bool // of a clock that is not the system's

	prev, next *stackTimer // in clock.set while set
}

// Stop implements tcpip.Timer.
func (t *stackTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.stopLocked()
}

func (t *stackTimer) stopLocked() bool {
	t.clock.set.remove(t)
	t.run++
	switch {
	case t.std != nil:
		std := t.std
		t.std = nil // an idle connection has a timer that is never set again
		return std.Stop()
	case t.stop != nil:
		return t.stop()
	}
	return false
}

// Reset implements tcpip.Timer. As with time.Timer.Reset, a run that is still
// pending is taken back.
func (t *stackTimer) Reset(d time.Duration) {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.clock.ended {
		return
	}
	t.clock.set.add(t)
	t.run++
	if t.clock.system {
		if d > 0 {
			d = max(d, time.Duration(t.clock.least.Load()))
		}
		if t.std == nil {
			t.std = time.AfterFunc(d, t.fireSystem)
		} else {
			t.std.Reset(d)
		}
		return
	}
	if t.stop != nil {
		t.stop()
	}
	run := t.run
	t.stop = t.clock.clock.AfterFunc(d, func() { t.fire(run) })
}

// fireSystem is called by the system's timer, which Reset uses again, unless it
// was stopped, to spare an allocation. A firing that a Reset overtakes fires too,
// as it would with time.Timer.
func (t *stackTimer) fireSystem() {
	t.clock.mu.Lock()
	run := t.run
	t.clock.mu.Unlock()
	t.fire(run)
}

// fire calls f unless the run was taken back.
func (t *stackTimer) fire(run uint64) {
	t.clock.mu.Lock()
	valid := run == t.run && !t.clock.ended
	if valid {
		t.clock.set.remove(t)
	}
	t.clock.mu.Unlock()
	if valid {
		t.f()
	}
}

// timerList is a ring of timers around an element that is none.
type timerList struct {
	stackTimer
}

func (l *timerList) init() {
	l.prev, l.next = &l.stackTimer, &l.stackTimer
}

// add puts t into the list if it is not there.
func (l *timerList) add(t *stackTimer) {
	if t.next != nil {
		return
	}
	t.prev, t.next = l.prev, &l.stackTimer
	t.prev.next, t.next.prev = t, t
}

// remove takes t out of the list if it is there.
func (l *timerList) remove(t *stackTimer) {
	if t.next == nil {
		return
	}
	t.prev.next, t.next.prev = t.next, t.prev
	t.prev, t.next = nil, nil
}
