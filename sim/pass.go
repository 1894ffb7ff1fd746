package sim

import (
	"context"
	"fmt"
	"net"
	"time"
)

// Wait blocks until all that can happen at this instant has happened: every
// program is idle, every packet that arrives now has been processed. Time
// stands still. In sim.Test it takes the place of synctest.Wait, which the
// driver of the world uses itself: a second call panics.
func (w *World) Wait() { w.until(w.instantOver) }

// Settle blocks until no packet is under way; time passes as far as that
// takes. Timers that have not expired (retransmission, TIME-WAIT) are not
// waited for.
func (w *World) Settle() {
	w.until(func() bool { return w.net.InFlight() == 0 && w.instantOver() })
}

// Step lets one event happen and all that follows from it at once. Timers of
// one host that expire at the same instant are one event. It reports false if
// there was none.
func (w *World) Step() bool {
	before := w.events.Fired()
	w.until(func() bool { return w.events.Fired() > before || w.events.Pending() == 0 })
	return w.events.Fired() > before
}

// RunFor lets d of virtual time pass, and everything happen that is due by
// then.
func (w *World) RunFor(d time.Duration) {
	w.sched.catchUp()
	w.runTo(w.events.Now() + max(d, 0))
}

// runTo lets everything happen that is due up to the instant at.
func (w *World) runTo(at time.Duration) {
	w.events.At(at, func() {}) // time does not stop before
	w.until(func() bool { return w.events.Now() >= at && w.instantOver() })
}

// RunUntil blocks until cond holds. It is looked at after every event, when
// all programs are idle, by the driver: it must not make socket calls. The
// error says why the run has ended before.
func (w *World) RunUntil(cond func() bool) error {
	held := false
	w.until(func() bool {
		held = held || cond()
		return held
	})
	err := w.Err()
	if err == nil && w.isClosed() {
		err = net.ErrClosed
	}
	if !held && err != nil {
		return fmt.Errorf("sim: RunUntil: the condition never held: %w", err)
	}
	return nil
}

// Sleep lets d pass on the host's clock. It returns early when the run fails or
// the world is closed. A program that goes on sleeping all the same, 10,000
// times, is ended, and its deferred calls are made; so it is with the methods of
// World that let time pass.
func (h *Host) Sleep(d time.Duration) {
	if h.w.ended.Err() != nil {
		h.w.sched.tooLate(d)
		return
	}
	over := make(chan struct{})
	stop := h.Clock().AfterFunc(d, func() {
		h.pushWake(func() { close(over) })
	})
	defer stop()
	h.w.sched.wait(h.w.ended, over)
}

// Now is the time on the host's clock. In a bubble it is time.Now but for the
// clock's offset and skew; deadlines of sockets are times on this clock.
func (h *Host) Now() time.Time { return h.Clock().Now() }

// WithTimeout is context.WithTimeout on the host's clock. In a bubble the
// original does as well; a cooperative world knows no other. It ends with the
// world, too. Of contexts that are derived from it, context.Cause alone tells
// that the time was over; it has no Deadline.
func (h *Host) WithTimeout(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	t := &timeout{ctx}
	if d <= 0 {
		cancel(context.DeadlineExceeded)
		return t, func() {}
	}
	stop := h.Clock().AfterFunc(d, func() {
		h.pushWake(func() {
			cancel(context.DeadlineExceeded)
		})
	})
	keep := context.AfterFunc(h.w.ended, func() { cancel(context.Canceled) })
	return t, func() {
		stop()
		keep()
		cancel(context.Canceled)
	}
}

// timeout is a context that may end because of its cause, DeadlineExceeded.
type timeout struct{ context.Context }

// Err is DeadlineExceeded when the time was over.
func (t *timeout) Err() error {
	err := t.Context.Err()
	if err != nil && context.Cause(t.Context) == context.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return err
}

// Go starts a program on the host. In a cooperative world programs run one at
// a time, and each goes on until it waits in a call of this package, of
// netstack or of transport, or ends. In a bubble it is a goroutine like any
// other. The name stands in reports.
func (h *Host) Go(name string, f func()) {
	if f == nil {
		panic("sim: Host.Go: program " + name + " of host " + h.name + " is nil")
	}
	h.w.sched.spawn(h, name, f)
}

// Must returns v if err is nil. Else it panics, which sim.Test turns into a
// failure of the test if it happens on the test's own goroutine.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(mustError{err})
	}
	return v
}

// Must is the connection of a dial that has to succeed; an error ends the test.
func (w *World) Must(c net.Conn, err error) net.Conn {
	w.check(err)
	return c
}

// mustError is what Must panics with.
type mustError struct{ error }

func (e mustError) Unwrap() error { return e.error }
