package netstack

import (
	"sync"
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
// stack's birth, so two runs of a script show the stack the same readings.
type stackClock struct {
	Clock
	start time.Time
}

var _ tcpip.Clock = (*stackClock)(nil)

// newStackClock adapts c, or the system's clock where c is nil.
func newStackClock(c Clock) tcpip.Clock {
	if c == nil {
		return tcpip.NewStdClock()
	}
	return &stackClock{Clock: c, start: c.Now()}
}

func (c *stackClock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(c.Now().Sub(c.start))
}

func (c *stackClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &stackTimer{clock: c.Clock, f: f}
	t.Reset(d)
	return t
}

// stackTimer is a tcpip.Timer, which can be set again, over a Clock that only
// knows new timers.
type stackTimer struct {
	clock Clock
	f     func()

	mu   sync.Mutex
	stop func() bool
}

// Stop prevents the timer from firing and reports whether it did.
func (t *stackTimer) Stop() bool {
	t.mu.Lock()
	stop := t.stop
	t.mu.Unlock()
	return stop()
}

// Reset arms the timer anew. A run that is still pending is taken back, as
// time.Timer.Reset does.
func (t *stackTimer) Reset(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop != nil {
		t.stop()
	}
	t.stop = t.clock.AfterFunc(d, t.f)
}
