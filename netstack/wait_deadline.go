package netstack

import (
	"context"
	"time"
)

// deadline is when the calls of a gate give up. A gate that never had one has
// none of these.
type deadline struct {
	at     time.Time   // zero: never
	stop   func() bool // stops the timer for at; nil: none is running
	timers uint64      // timers started; tells the present one from the late
}

// passed reports whether it is too late to try.
func (d *deadline) passed(c Clock) bool {
	return !d.at.IsZero() && !c.Now().Before(d.at)
}

// setDeadline changes the deadline for present and future calls; the zero
// time means none. It returns the cause if the gate is closed.
func (g *gate) setDeadline(at time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause != nil {
		return g.cause
	}
	if g.limit == nil {
		if at.IsZero() {
			return nil
		}
		g.limit = new(deadline)
	}
	g.limit.at = at
	g.disarmLocked()
	g.wakeAllLocked()
	return nil
}

// armLocked starts a timer for the deadline unless it runs already. It is
// started only when somebody sleeps, and outlives that sleep.
func (g *gate) armLocked() {
	d := g.limit
	if d == nil || d.at.IsZero() || d.stop != nil {
		return
	}
	d.timers++
	timer, clock := d.timers, g.stack.clock
	d.stop = clock.AfterFunc(d.at.Sub(clock.Now()), func() { g.expired(d, timer) })
}

func (g *gate) disarmLocked() {
	if d := g.limit; d != nil && d.stop != nil {
		d.stop()
		d.stop = nil
	}
}

// expired is what a timer calls. Sleepers look at the clock themselves, so
// one that was stopped too late only wakes them for nothing.
func (g *gate) expired(d *deadline, timer uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if timer == d.timers {
		d.stop = nil
	}
	g.wakeAllLocked()
}

// contextError is why ctx has ended, in package net's words, or nil. A context
// cancelled by a timer of ours tells so by its cause.
func contextError(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case err == context.DeadlineExceeded, context.Cause(ctx) == context.DeadlineExceeded:
		return errTimeout
	case err == context.Canceled:
		return errCanceled
	default:
		return err
	}
}
