package netstack

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// gateOf is a gate of a stack that has nothing but a clock and a scheduler.
func gateOf(sched Scheduler) *gate {
	return &gate{stack: &Stack{clock: systemClock{}, sched: sched}}
}

func TestGateServesInOrderOfArrival(t *testing.T) {
	g := gateOf(nil)
	var tokens atomic.Int32
	served := make(chan int, 5)
	for i := range 5 {
		go func() {
			g.do(context.Background(), func() error {
				if tokens.Load() == 0 {
					return errAgain
				}
				tokens.Add(-1)
				served <- i
				return nil
			})
		}()
		eventually(t, func() bool { return g.waiting() == i+1 }, "the next call is in line")
	}
	for i := range 5 {
		tokens.Add(1)
		g.signal()
		if got := <-served; got != i {
			t.Fatalf("call %d was served in place %d", got, i)
		}
	}
}

func TestGateClosedOrLateFailsBeforeTrying(t *testing.T) {
	g := gateOf(nil)
	try := func() error { t.Error("tried"); return nil }
	g.setDeadline(time.Now())
	if err := g.do(context.Background(), try); err != os.ErrDeadlineExceeded {
		t.Errorf("late: got %v", err)
	}
	g.close(net.ErrClosed)
	if err := g.do(context.Background(), try); err != net.ErrClosed {
		t.Errorf("closed: got %v", err)
	}
	if err := g.setDeadline(time.Time{}); err != net.ErrClosed {
		t.Errorf("deadline of a closed gate: got %v", err)
	}
}

func TestGateDeadlineMovesWhileWaiting(t *testing.T) {
	g := gateOf(nil)
	failed := make(chan error)
	g.setDeadline(time.Now().Add(time.Hour))
	go func() { failed <- g.do(context.Background(), func() error { return errAgain }) }()
	eventually(t, func() bool { return g.armed() }, "a timer runs")
	g.setDeadline(time.Now().Add(time.Millisecond))
	if err := <-failed; err != os.ErrDeadlineExceeded {
		t.Errorf("got %v", err)
	}
	g.setDeadline(time.Now().Add(time.Hour))
	go func() { failed <- g.do(context.Background(), func() error { return errAgain }) }()
	eventually(t, func() bool { return g.armed() }, "a timer runs")
	g.close(net.ErrClosed)
	<-failed
	if g.armed() {
		t.Error("a timer is left after close")
	}
}

func (g *gate) armed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limit != nil && g.limit.stop != nil
}

func TestGateWakesForItsContext(t *testing.T) {
	g := gateOf(nil)
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error, 2)
	for i := range 2 {
		go func() { failed <- g.do(ctx, func() error { return errAgain }) }()
		eventually(t, func() bool { return g.waiting() == i+1 }, "in line")
	}
	cancel()
	for range 2 {
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	}
	if g.waiting() != 0 {
		t.Error("a cancelled call is still in line")
	}
}

// bubbleScheduler is the least scheduler that a bubble needs: wake-ups are
// queued and made by a goroutine of the bubble.
type bubbleScheduler struct {
	mu      sync.Mutex
	wakeups []func()
	waits   atomic.Int32
}

func (s *bubbleScheduler) Enter(context.Context, Op) error { return nil }
func (s *bubbleScheduler) Go(f func())                     { go f() }
func (s *bubbleScheduler) Wait(ctx context.Context, ready <-chan struct{}) {
	s.waits.Add(1)
	select {
	case <-ready:
	case <-ctx.Done():
	}
}
func (s *bubbleScheduler) Ready(wake func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakeups = append(s.wakeups, wake)
}

// deliver makes the wake-ups that have come in and reports whether there
// were any.
func (s *bubbleScheduler) deliver() bool {
	s.mu.Lock()
	wakeups := s.wakeups
	s.wakeups = nil
	s.mu.Unlock()
	for _, wake := range wakeups {
		wake()
	}
	return len(wakeups) > 0
}

func TestGateLivesInABubbleAndIsSignalledFromOutside(t *testing.T) {
	var arrived, signalled atomic.Bool
	var inBubble *gate
	ready := make(chan struct{})
	go func() {
		<-ready
		arrived.Store(true)
		inBubble.signal()
		signalled.Store(true)
	}()
	synctest.Test(t, func(t *testing.T) {
		sched := new(bubbleScheduler)
		inBubble = gateOf(sched)
		done := make(chan error, 1)
		go func() {
			done <- inBubble.do(context.Background(), func() error {
				if !arrived.Load() {
					return errAgain
				}
				return nil
			})
		}()
		synctest.Wait() // the call sleeps
		close(ready)
		for !signalled.Load() {
			runtime.Gosched()
		}
		sched.deliver()
		if err := <-done; err != nil || sched.waits.Load() != 1 {
			t.Errorf("got %v after %d waits", err, sched.waits.Load())
		}
	})
}

func TestGateDeadlineInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gateOf(nil)
		start := time.Now()
		g.setDeadline(start.Add(time.Hour))
		if err := g.do(context.Background(), func() error { return errAgain }); err != os.ErrDeadlineExceeded {
			t.Errorf("got %v", err)
		}
		if waited := time.Since(start); waited != time.Hour {
			t.Errorf("waited %v of virtual time, want 1h exactly", waited)
		}
	})
}
