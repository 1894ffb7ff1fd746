package sim

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// bubble lets the programs of a world run as Go likes, inside a
// testing/synctest bubble. One driver goroutine acts whenever all of them are
// idle, one step at a time.
type bubble struct {
	w      *World
	report func(error) // fails the test
	label  string      // what the runtime calls the bubble

	// kick rouses the driver. It belongs to the bubble, and goroutines
	// outside must not send: a stack's processors call Ready only while the
	// driver is awake, because a socket call has roused it before they have
	// work, and because it settles them before it sleeps.
	kick   chan struct{}
	asleep atomic.Bool

	ending atomic.Bool
	ended  chan struct{} // closed when the driver has ended
	late   atomic.Int64  // calls of tooLate
	steps  atomic.Uint64 // for whoever watches from outside

	mu    sync.Mutex
	dials []*dialRequest
	count uint64
}

// dialRequest is a dial that waits for its turn.
type dialRequest struct {
	host  *Host
	name  string
	seq   uint64
	grant chan struct{}
}

func (d *dialRequest) before(o *dialRequest) bool {
	if d.host != o.host {
		return d.host.rank < o.host.rank
	}
	if c := strings.Compare(d.name, o.name); c != 0 {
		return c < 0
	}
	return d.seq < o.seq
}

// newBubble is called in a bubble that has just begun.
func newBubble(w *World, report func(error)) *bubble {
	b := &bubble{w: w, report: report, label: ownBubble(), kick: make(chan struct{}, 1), ended: make(chan struct{})}
	go b.drive()
	return b
}

// drive makes things happen until the bubble is to end.
func (b *bubble) drive() {
	defer close(b.ended)
	var next alarm
	defer next.stop()
	for {
		b.steps.Add(1)
		b.idle()
		b.w.settle()
		if b.w.wakeOne() {
			continue
		}
		b.w.net.Forward()
		if b.grantOne() || b.w.releasePause() {
			continue
		}
		if b.ending.Load() {
			return
		}
		b.event(&next)
	}
}

// idle blocks until all programs wait. One that calls synctest.Wait does what
// only the driver may do, and is told.
func (b *bubble) idle() {
	defer func() {
		if p := recover(); p != nil {
			b.report(errWait)
			var a alarm
			<-a.set(1) // the other one waits for idle goroutines too
		}
	}()
	synctest.Wait()
}

var errWait = errors.New("sim: synctest.Wait was called in a test of sim, whose driver waits for idle goroutines itself: call World.Wait instead")

// grantOne lets the first of the waiting dials go on.
func (b *bubble) grantOne() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	var first *dialRequest
	for _, d := range b.dials {
		if !d.host.paused.Load() && (first == nil || d.before(first)) {
			first = d
		}
	}
	if first == nil {
		return false
	}
	b.removeLocked(first)
	close(first.grant)
	return true
}

func (b *bubble) removeLocked(d *dialRequest) {
	for i, o := range b.dials {
		if o == d {
			b.dials = append(b.dials[:i], b.dials[i+1:]...)
			return
		}
	}
}

// event makes the next event happen if it is due, else it waits for its time
// or for a program that does something first. After a failure there are no
// events any more: only programs that end.
func (b *bubble) event(next *alarm) {
	if b.w.Err() != nil {
		b.asleep.Store(true)
		<-b.kick
		return
	}
	at, ok := b.w.events.Next()
	if ok && at <= bubbleNow() {
		if _, err := b.w.step(); err != nil {
			b.w.fail(err)
		}
		return
	}
	limit := b.w.cfg.Limits.Time
	if !ok {
		at = limit
	}
	if rang := b.sleep(next, min(at, limit)); rang && at >= limit {
		b.w.fail(b.outOfTime(ok))
	}
	b.catchUp()
}

// outOfTime is what is said when Limits.Time is reached.
func (b *bubble) outOfTime(more bool) error {
	if more {
		_, err := b.w.events.Step() // beyond the limit it does nothing
		return err
	}
	return &stuckError{bubbleNow(), b.w.standing(), goroutinesOf(b.label)}
}

// sleep waits until the bubble's time is at, or the driver is roused. It
// reports whether the time has come.
func (b *bubble) sleep(next *alarm, at time.Duration) (rang bool) {
	b.asleep.Store(true)
	select {
	case <-b.kick:
		return false
	case <-next.set(max(at-bubbleNow(), 0)):
		if !b.asleep.CompareAndSwap(true, false) {
			<-b.kick // somebody was as fast
		}
		return true
	}
}

// rouse implements scheduling.
func (b *bubble) rouse() {
	if b.asleep.CompareAndSwap(true, false) {
		b.kick <- struct{}{}
	}
}

// catchUp implements scheduling.
func (b *bubble) catchUp() {
	if b.w.events.MoveTo(bubbleNow()) != nil {
		return // beyond the limit the driver ends the run
	}
	b.rouse()
}

// enter implements scheduling.
func (b *bubble) enter(ctx context.Context, h *Host, op netstack.Op) error {
	if op != netstack.OpDial {
		b.catchUp()
		return nil
	}
	name, _ := ctx.Value(dialName{}).(string)
	b.mu.Lock()
	b.count++
	d := &dialRequest{h, name, b.count, make(chan struct{})}
	b.dials = append(b.dials, d)
	b.mu.Unlock()
	b.rouse()
	select {
	case <-d.grant:
	case <-ctx.Done():
		b.mu.Lock()
		b.removeLocked(d)
		b.mu.Unlock()
		return ctx.Err()
	case <-b.ended: // the stack is closed and says so
	}
	b.catchUp()
	return nil
}

// wait implements scheduling.
func (b *bubble) wait(ctx context.Context, ready <-chan struct{}) {
	select {
	case <-ready:
	case <-ctx.Done():
	}
	b.catchUp()
}

// spawn implements scheduling.
func (b *bubble) spawn(_ *Host, _ string, f func()) { go f() }

// failed implements scheduling: the test fails, and every program that waits
// for the network goes on with net.ErrClosed.
func (b *bubble) failed(err error) {
	b.report(err)
	go b.w.closeHosts()
}

// lateMost is how often programs may want to wait when the run has ended.
const lateMost = 10_000

// tooLate implements scheduling. Some time passes, so that a program that tries
// again and again does not keep the others from coming to rest.
func (b *bubble) tooLate(d time.Duration) {
	if b.late.Add(1) > lateMost {
		b.w.fatal(&lateError{b.w.Err()})
	}
	if d > 0 {
		var a alarm
		<-a.set(min(d, time.Second))
	}
}

// mayClose implements scheduling.
func (b *bubble) mayClose() error { return nil }

// patience is how long programs may take to end once their sockets are
// closed, before they are said to be stuck: net/http's longest default time
// out is part of it.
var patience = []time.Duration{0, time.Second, 2 * time.Minute}

// close implements scheduling. It is called by the test's own goroutine, and
// ends the driver.
func (b *bubble) close() error {
	b.w.closeHosts()
	b.w.end()
	var left []goroutine
	for _, d := range patience {
		b.pass(d)
		if left = goroutinesOf(b.label); len(left) == 0 {
			break
		}
	}
	b.ending.Store(true)
	b.rouse()
	<-b.ended
	b.w.net.Close()
	if len(left) > 0 {
		return &leftError{left}
	}
	return nil
}

// pass lets d of the bubble's time go by, and everybody come to rest.
func (b *bubble) pass(d time.Duration) {
	if d > 0 {
		var a alarm
		<-a.set(d)
	}
	b.w.untilOr(context.Background(), func() bool { return true })
}
