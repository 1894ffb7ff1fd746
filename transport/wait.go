package transport

import (
	"context"
	"sync/atomic"
	"time"
)

// waiter is one blocked call: the only thing in this package that a
// goroutine waits on. A call makes one when it cannot go on at once,
// registers it where it will be woken, tries again, and then alternates
// between wait and trying until it succeeds or over tells it to give up.
//
// wake may come from any goroutine and before wait; it is then kept.
//
// Its owner keeps it for later calls, so that waiting allocates nothing but a
// timer. Whoever has it registered wakes it under a lock and only while it is
// registered, so nothing of one call reaches the next.
type waiter struct {
	node   *Node
	owner  *Owner        // whose end ends the call; nil: only wake counts
	seq    uint64        // order among the calls of owner
	ready  chan struct{} // one element; see wake
	signal func()        // puts it there

	waking   atomic.Bool // a wake-up is under way or waits in ready
	timedOut atomic.Bool
	ended    atomic.Bool // owner has ended
	stop     func() bool // stops the timer; nil without one
	limit    *deadline   // a deadline that may move; nil for most calls
	cancel   atomic.Pointer[func()]
}

// newWaiter returns a waiter for a call of o that gives up after timeout. It
// answers ErrClosed when o has ended, and ErrTimeout where there is nothing to
// wait for, because timeout is 0. The caller calls done.
func (o *Owner) newWaiter(timeout time.Duration) (*waiter, error) {
	w, err := o.enter(timeout == 0)
	if err != nil {
		return nil, err
	}
	w.start(timeout)
	return w, nil
}

// freshWaiter returns a waiter of no call. Its channel belongs to the synctest
// bubble of the calling goroutine, if that is in one.
func (n *Node) freshWaiter(owner *Owner) *waiter {
	w := &waiter{node: n, owner: owner, ready: make(chan struct{}, 1)}
	w.signal = func() { w.ready <- struct{}{} }
	return w
}

// start sets the time after which the call gives up.
func (w *waiter) start(timeout time.Duration) {
	switch {
	case timeout == 0:
		w.timedOut.Store(true)
	case timeout > 0:
		w.stop = w.node.clock.AfterFunc(timeout, func() {
			w.timedOut.Store(true)
			w.wake()
		})
	}
}

// interrupt makes w serve a call that waits elsewhere: cancel is called
// instead of a wake-up, after timeout or when the owner ends. It is the first
// use of w after newWaiter without a timeout.
func (w *waiter) interrupt(cancel func(), timeout time.Duration) {
	w.cancel.Store(&cancel)
	w.start(timeout)
}

// checkTimeout refuses negative durations other than Infinity.
func checkTimeout(timeout time.Duration) error {
	if timeout < 0 && timeout != Infinity {
		return badArgument("timeout", timeout, "use zero or more, or transport.Infinity")
	}
	return nil
}

// wake makes a present or the next wait return. It does not block and may be
// called with any lock held.
func (w *waiter) wake() {
	if !w.waking.CompareAndSwap(false, true) {
		return
	}
	if cancel := w.cancel.Load(); cancel != nil {
		w.node.ready(*cancel)
		return
	}
	w.node.ready(w.signal)
}

// wait blocks until wake. It is the one place in the package that does. No
// lock may be held; what was waited for must be looked at again afterwards.
func (w *waiter) wait() {
	if s := w.node.sched; s != nil {
		s.Wait(context.Background(), w.ready)
		select { // a scheduler may leave the element in place
		case <-w.ready:
		default:
		}
	} else {
		<-w.ready
	}
	w.waking.Store(false)
}

// over tells whether the call has to give up, and with which error.
func (w *waiter) over() error {
	switch {
	case w.ended.Load():
		return ErrClosed
	case w.timedOut.Load(), w.limit.passed():
		return ErrTimeout
	}
	return nil
}

// done ends the use of w, which nobody has registered any more but its timer,
// its deadline and its owner.
func (w *waiter) done() {
	quiet := w.stop == nil || w.stop() // else the timer's function may still run
	w.limit.remove(w)
	if w.owner != nil {
		w.owner.leave(w, quiet && w.reset())
	}
}

// reset makes w what freshWaiter returns; false when a wake-up is still to
// come, or a cancellation.
func (w *waiter) reset() bool {
	if w.cancel.Load() != nil {
		return false
	}
	if w.waking.Load() {
		select {
		case <-w.ready:
			w.waking.Store(false)
		default: // a scheduler has it
			return false
		}
	}
	w.timedOut.Store(false)
	w.stop, w.limit = nil, nil
	return true
}

// finish tells the call that its owner has ended.
func (w *waiter) finish() {
	w.ended.Store(true)
	w.wake()
}
