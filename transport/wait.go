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
type waiter struct {
	node  *Node
	owner *Owner        // whose end ends the call; nil: only wake counts
	seq   uint64        // order among the calls of owner
	ready chan struct{} // one element; see wake

	waking   atomic.Bool // a wake-up is under way or waits in ready
	timedOut atomic.Bool
	ended    atomic.Bool // owner has ended
	stop     func() bool // stops the timer; nil without one
	limit    *deadline   // a deadline that may move; nil for most calls
	cancel   atomic.Pointer[func()]
}

// newWaiter returns a waiter for a call of owner that gives up after timeout.
// It answers ErrClosed when owner has ended. The caller calls done.
func (n *Node) newWaiter(owner *Owner, timeout time.Duration) (*waiter, error) {
	w := &waiter{node: n, owner: owner, ready: make(chan struct{}, 1)}
	if owner != nil && !owner.enter(w) {
		return nil, ErrClosed
	}
	w.start(timeout)
	return w, nil
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
	w.node.ready(func() { w.ready <- struct{}{} })
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

// done ends the use of w.
func (w *waiter) done() {
	if w.stop != nil {
		w.stop()
	}
	if w.owner != nil {
		w.owner.leave(w)
	}
	w.limit.remove(w)
}

// finish tells the call that its owner has ended.
func (w *waiter) finish() {
	w.ended.Store(true)
	w.wake()
}
