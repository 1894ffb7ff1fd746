package netstack

import (
	"sync/atomic"
	"testing"
	"time"
)

func TestStackTimersOnAnyClock(t *testing.T) {
	var fired atomic.Int32
	count := func() { fired.Add(1) }
	virtual := newEventClock()
	for name, c := range map[string]*stackClock{"virtual": newStackClock(virtual), "system": newStackClock(nil)} {
		t.Run(name, func(t *testing.T) {
			next := func(want int32, what string) {
				t.Helper()
				if name == "virtual" {
					virtual.step()
				}
				eventually(t, func() bool { return fired.Load() == want }, what)
			}
			fired.Store(0)
			start := c.NowMonotonic()
			timer := c.AfterFunc(time.Millisecond, count)
			next(1, "the timer fires")
			if timer.Stop() {
				t.Error("Stop of a fired timer says that it prevented something")
			}
			timer.Reset(time.Millisecond)
			next(2, "it fires again after Reset")
			if c.NowMonotonic().Sub(start) < 2*time.Millisecond {
				t.Error("monotonic time stands still")
			}
			timer.Reset(time.Hour)
			timer.Reset(time.Millisecond)
			next(3, "a pending run is taken back by Reset")
			timer.Reset(time.Hour)
			if !timer.Stop() {
				t.Error("Stop of a set timer says that it prevented nothing")
			}
			timer.Reset(time.Hour)
			other := c.AfterFunc(time.Hour, count)
			c.end()
			if timer.Stop() || other.Stop() {
				t.Error("a timer survived the clock's end")
			}
			timer.Reset(0)
			c.AfterFunc(0, count)
			if name == "virtual" && virtual.pending() != 0 {
				t.Error("a timer was set after the clock's end")
			}
			if c.set.next != &c.set.stackTimer || fired.Load() != 3 {
				t.Errorf("%d firings, want 3, and no timer in the list", fired.Load())
			}
		})
	}
}
