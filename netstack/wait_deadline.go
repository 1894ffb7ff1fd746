package netstack

import (
	"context"
	"time"
)

// setDeadline changes the deadline for present and future calls; the zero
// time means none. It returns the cause if the gate is closed.
func (g *gate) setDeadline(at time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause != nil {
		return g.cause
	}
	g.deadline = at
	g.disarmLocked()
	g.wakeAllLocked()
	return nil
}

// armLocked starts a timer for the deadline unless it runs already. It is
// started only when somebody sleeps, and outlives that sleep.
func (g *gate) armLocked() {
	if g.deadline.IsZero() || g.stop != nil {
		return
	}
	g.timers++
	timer, clock := g.timers, g.stack.clock
	g.stop = clock.AfterFunc(g.deadline.Sub(clock.Now()), func() { g.expired(timer) })
}

func (g *gate) disarmLocked() {
	if g.stop != nil {
		g.stop()
		g.stop = nil
	}
}

// expired is what a timer calls. Sleepers look at the clock themselves, so
// one that was stopped too late only wakes them for nothing.
func (g *gate) expired(timer uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if timer == g.timers {
		g.stop = nil
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
