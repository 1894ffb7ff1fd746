package netstack

import (
	"context"
	"os"
	"sync"
	"syscall"
)

// errAgain is what an attempt inside a gate answers when it cannot go on yet.
// It is the value that the Try methods return as well.
const errAgain = syscall.EAGAIN

// gate is the only place of this package where a goroutine waits. A socket
// has one per direction: one for reading (or accepting), one for writing.
//
// Calls pass a gate one at a time in the order of their arrival. The call at
// the head of the line owns the direction: it tries, and while its attempt
// answers errAgain it sleeps until the stack reports readiness, the deadline
// passes, its context ends, or the socket is closed. So two Writes never mix
// their bytes and Accepts are served first come, first served, without a
// mutex held across a wait, which a synctest bubble would not count as idle.
//
// The stack's callback may run on a foreign goroutine with locks of the stack
// held. It only sets a flag and hands a wake-up to the scheduler (or sends to
// a channel that has room). Channels are made by the first goroutine that waits
// on them and kept for the next, so a socket belongs to the bubble in which it
// has waited. Nothing else of a gate needs one.
type gate struct {
	stack *Stack // for its clock and scheduler

	mu    sync.Mutex
	head  *turn // owns the direction; the line goes on through next
	spare *turn // a turn not in use, kept so that waiting allocates once
	ready bool  // the stack reported a change since the head last tried
	cause error // why nobody passes any more; nil while open
	limit *deadline
}

// turn is the place of one call in the line of a gate.
type turn struct {
	next   *turn
	parked bool          // sleeping, and no wake-up is under way
	ready  chan struct{} // of capacity 1, made by the first goroutine to sleep here
	wake   func()        // puts a token into ready; nil without a Scheduler
}

// do calls try until it answers something else than errAgain and returns
// that. It returns early with net.ErrClosed (or why the stack ended),
// os.ErrDeadlineExceeded or the mapped error of ctx. As in package net, a
// deadline in the past fails before anything is tried.
//
// Read and Write of a Conn spell this loop out, which spares them a closure.
func (g *gate) do(ctx context.Context, try func() error) error {
	t, err := g.enter(ctx)
	if err != nil {
		return err
	}
	for {
		if err = try(); err != errAgain {
			break
		}
		if err = g.sleep(ctx, t); err != nil {
			break
		}
	}
	g.leave(t)
	return g.blame(err)
}

// blame prefers the gate's cause to an error that is but its consequence: the
// endpoint may have been closed during the attempt.
func (g *gate) blame(err error) error {
	if err == nil {
		return nil
	}
	if cause := g.closed(); cause != nil {
		return cause
	}
	return err
}

// enter joins the line and returns when the call is at its head and may try.
func (g *gate) enter(ctx context.Context) (*turn, error) {
	g.mu.Lock()
	t := g.spare
	if t == nil {
		t = new(turn)
	}
	g.spare = nil
	t.next = nil
	last := &g.head
	for *last != nil {
		last = &(*last).next
	}
	*last = t
	err := g.refusalLocked(ctx)
	for g.head != t && err == nil {
		g.parkLocked(ctx, t)
		err = g.refusalLocked(ctx)
	}
	if err != nil {
		g.removeLocked(t)
	} else {
		g.ready = false
	}
	g.mu.Unlock()
	return t, err
}

// leave gives the direction to the next call in line.
func (g *gate) leave(t *turn) {
	g.mu.Lock()
	g.removeLocked(t)
	g.mu.Unlock()
}

func (g *gate) removeLocked(t *turn) {
	for p := &g.head; *p != nil; p = &(*p).next {
		if *p == t {
			*p = t.next
			break
		}
	}
	t.next = nil
	g.spare = t
	g.wakeLocked(g.head)
}

// forget drops the turn that is kept, with its channel.
func (g *gate) forget() {
	g.mu.Lock()
	g.spare = nil
	g.mu.Unlock()
}

// refusalLocked returns the reason why a call must give up, if there is one.
func (g *gate) refusalLocked(ctx context.Context) error {
	if g.cause != nil {
		return g.cause
	}
	if g.limit != nil && g.limit.passed(g.stack.clock) {
		return os.ErrDeadlineExceeded
	}
	return contextError(ctx)
}

// sleep parks the head until something has changed since it last was allowed to
// try, and takes the readiness flag, so that a change during the next attempt is
// noticed by the next sleep. An error means that the call must give up.
func (g *gate) sleep(ctx context.Context, t *turn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.refusalLocked(ctx)
	for !g.ready && err == nil {
		g.parkLocked(ctx, t)
		err = g.refusalLocked(ctx)
	}
	g.ready = false
	return err
}

// parkLocked lets t sleep, without the lock. It may return for no reason.
func (g *gate) parkLocked(ctx context.Context, t *turn) {
	if t.ready == nil {
		t.ready = make(chan struct{}, 1)
		if g.stack.sched != nil {
			t.wake = t.rouse
		}
	}
	t.parked = true
	g.armLocked()
	g.mu.Unlock()
	g.stack.wait(ctx, t.ready)
	g.mu.Lock()
	t.parked = false // still set if ctx has ended the sleep
}

// rouse puts a token into ready. It never blocks.
func (t *turn) rouse() {
	select {
	case t.ready <- struct{}{}:
	default:
	}
}

// wait blocks until ready is closed or has a token, which it takes, or until
// ctx ends.
func (s *Stack) wait(ctx context.Context, ready <-chan struct{}) {
	if s.sched == nil {
		done := ctx.Done()
		if done == nil { // the background context, at half the cost
			<-ready
			return
		}
		select {
		case <-ready:
		case <-done:
		}
		return
	}
	s.sched.Wait(ctx, ready)
	select { // Wait may or may not have taken it.
	case <-ready:
	default:
	}
}

// wakeLocked wakes t if it sleeps. The parked flag makes it at most one token
// per sleep. A token that comes after ctx has ended the sleep stays, and ends
// the next one for no reason.
func (g *gate) wakeLocked(t *turn) {
	if t == nil || !t.parked {
		return
	}
	t.parked = false
	if sched := g.stack.sched; sched != nil {
		sched.Ready(t.wake)
		return
	}
	t.rouse()
}

func (g *gate) wakeAllLocked() {
	for t := g.head; t != nil; t = t.next {
		g.wakeLocked(t)
	}
}

// signal tells the head that trying again is worth while. It neither blocks
// nor calls into the stack, so the stack's callbacks may use it.
func (g *gate) signal() {
	g.mu.Lock()
	g.ready = true
	g.wakeLocked(g.head)
	g.mu.Unlock()
}

// close makes every call, present and future, fail with cause. Only the
// first cause counts.
func (g *gate) close(cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause != nil {
		return
	}
	g.cause = cause
	g.disarmLocked()
	g.wakeAllLocked()
}

// closed returns the cause given to close, nil while the gate is open.
func (g *gate) closed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cause
}
