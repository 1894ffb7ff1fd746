package test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

// bubble is a world that one driver goroutine moves on inside a synctest
// bubble. Goroutines there run as Go likes; the driver acts when all of them
// are idle, one step at a time.
type bubble struct {
	simWorld
	t *testing.T

	// kick rouses the driver. It belongs to the bubble, so goroutines outside
	// must not send: they only call Ready, and only while the driver is
	// awake, because a settled stack does nothing by itself.
	kick   chan struct{}
	asleep bool // the driver waits for the next event
	dials  []*dialRequest

	granted []string // the names of the dials, as they went on
}

// dialRequest is a dial that waits for its turn.
type dialRequest struct {
	name  string
	grant chan struct{}
}

// dialName is the key of the context value that names a dial. Dials of one
// instant go on in the order of their names.
type dialName struct{}

var (
	_ netstack.Scheduler  = (*bubble)(nil)
	_ transport.Scheduler = (*bubble)(nil)
)

// inBubble runs program in a world of its own and returns the trace.
func inBubble(t *testing.T, cfg simConfig, program func(b *bubble)) (trace simTrace) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, kick: make(chan struct{}, 1)}
		newSimWorld(t, cfg, b, &b.simWorld)
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			program(b)
		}()
		b.drive(finished)
		trace = b.result()
		for _, s := range b.hosts {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return trace
}

// drive makes things happen until the program has finished.
func (b *bubble) drive(finished <-chan struct{}) {
	for {
		synctest.Wait()
		b.settle()
		if b.wakeOne() {
			continue
		}
		b.path.forward()
		if b.grantOne() {
			continue
		}
		select {
		case <-finished:
			return
		default:
			b.event()
		}
	}
}

// grantOne lets the first of the waiting dials go on.
func (b *bubble) grantOne() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.dials) == 0 {
		return false
	}
	first := slices.MinFunc(b.dials, func(a, b *dialRequest) int { return strings.Compare(a.name, b.name) })
	b.dials = slices.DeleteFunc(b.dials, func(d *dialRequest) bool { return d == first })
	b.granted = append(b.granted, first.name)
	close(first.grant)
	return true
}

// event makes the next event happen if it is due, else it waits for its time
// or for somebody in the bubble who does something first.
func (b *bubble) event() {
	var due <-chan time.Time
	if at, ok := b.clock.next(); ok {
		left := time.Until(at)
		if left <= 0 {
			b.clock.step()
			return
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		due = timer.C
	}
	b.setAsleep(true)
	select {
	case <-b.kick:
	case <-due:
	}
	b.setAsleep(false)
	b.clock.moveTo(time.Now())
}

func (b *bubble) setAsleep(asleep bool) {
	b.mu.Lock()
	b.asleep = asleep
	b.mu.Unlock()
}

// entered notes that a goroutine of the bubble is about to do something: the
// clock may be behind, and the driver asleep.
func (b *bubble) entered() {
	b.clock.moveTo(time.Now())
	b.rouse()
}

func (b *bubble) rouse() {
	select {
	case b.kick <- struct{}{}:
	default:
	}
}

// Enter implements netstack.Scheduler.
func (b *bubble) Enter(ctx context.Context, op netstack.Op) error {
	if op == netstack.OpDial {
		name, _ := ctx.Value(dialName{}).(string)
		d := &dialRequest{name, make(chan struct{})}
		b.mu.Lock()
		b.dials = append(b.dials, d)
		b.mu.Unlock()
		b.rouse()
		select {
		case <-d.grant:
		case <-ctx.Done():
			b.mu.Lock()
			b.dials = slices.DeleteFunc(b.dials, func(o *dialRequest) bool { return o == d })
			b.mu.Unlock()
			return ctx.Err()
		}
	}
	b.entered()
	return nil
}

// Wait implements netstack.Scheduler and transport.Scheduler.
func (b *bubble) Wait(ctx context.Context, ready <-chan struct{}) {
	select {
	case <-ready:
	case <-ctx.Done():
	}
	b.entered()
}

// Ready implements netstack.Scheduler and transport.Scheduler.
func (b *bubble) Ready(wake func()) {
	b.pushWake(wake)
	b.mu.Lock()
	asleep := b.asleep
	b.mu.Unlock()
	if asleep {
		b.rouse()
	}
}

// Go implements netstack.Scheduler and transport.Scheduler.
func (b *bubble) Go(f func()) { go f() }

// bubbleClock is the clock of a Node in a bubble: the Node uses it on the
// bubble's goroutines alone, so it knows the bubble's time, and can rouse the
// driver for an event that comes before the one it waits for.
type bubbleClock struct{ b *bubble }

func (c bubbleClock) Now() time.Time {
	c.b.entered()
	return c.b.clock.Now()
}

func (c bubbleClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.b.entered()
	return c.b.clock.AfterFunc(d, f)
}

// node is a Transport on one of the hosts.
func (b *bubble) node(host int) *transport.Node {
	b.t.Helper()
	n, err := transport.NewNode(transport.Config{
		Network: onstack.Named(b.hosts[host], "sim"), Clock: bubbleClock{b}, Scheduler: b,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// stopwatch returns a function that tells how much of the bubble's time has
// passed since.
func stopwatch() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
