package test

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// eventClock is virtual time for a driver: events in the order of their time
// and, at one instant, of their setting. Nothing happens but by step.
type eventClock struct {
	mu     sync.Mutex
	now    time.Time
	events []*clockEvent
}

type clockEvent struct {
	at time.Time
	f  func()
}

var (
	_ netstack.Clock  = (*eventClock)(nil)
	_ transport.Clock = (*eventClock)(nil)
)

// bubbleStart is what the time is when a synctest bubble begins.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func newEventClock() *eventClock { return &eventClock{now: bubbleStart} }

func (c *eventClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *eventClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := &clockEvent{c.now.Add(max(d, 0)), f}
	after, _ := slices.BinarySearchFunc(c.events, e, func(old, e *clockEvent) int {
		return cmp.Or(old.at.Compare(e.at), -1) // behind those of the same time
	})
	c.events = slices.Insert(c.events, after, e)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.Index(c.events, e)
		if i >= 0 {
			c.events = slices.Delete(c.events, i, i+1)
		}
		return i >= 0
	}
}

// next is the time of the first event.
func (c *eventClock) next() (at time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) == 0 {
		return time.Time{}, false
	}
	return c.events[0].at, true
}

// step moves the time to the first event and makes it happen; false if there
// is none.
func (c *eventClock) step() bool {
	c.mu.Lock()
	if len(c.events) == 0 {
		c.mu.Unlock()
		return false
	}
	e := c.events[0]
	c.events = slices.Delete(c.events, 0, 1)
	if e.at.After(c.now) {
		c.now = e.at
	}
	c.mu.Unlock()
	e.f()
	return true
}

// moveTo moves the time forward without making anything happen.
func (c *eventClock) moveTo(t time.Time) {
	t = t.Round(0)
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}
