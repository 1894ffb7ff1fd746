package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// retry dials nobody until it succeeds, as clients do.
func retry(h *Host) func() {
	return func() {
		for {
			if _, err := h.Dial("tcp", h.Name()+":80"); err == nil {
				return
			}
			h.Sleep(100 * time.Millisecond)
		}
	}
}

// TestProgramsThatNeverGiveUpAreEnded closes a cooperative world whose program
// sleeps and tries again without end, beside one that waits for another to do
// something.
func TestProgramsThatNeverGiveUpAreEnded(t *testing.T) {
	w := Must(New(Config{}))
	h := w.Host("cli")
	deferred, polled, done := false, false, false
	h.Go("retry", func() {
		defer func() { deferred = true }()
		retry(h)()
	})
	h.Go("poll", func() {
		for !done {
			h.Sleep(time.Second)
		}
		polled = true
	})
	h.Go("late", func() {
		h.Sleep(time.Hour)
		done = true
	})
	h.Sleep(time.Second)
	err := w.Close()
	if err == nil || !strings.Contains(err.Error(), "retry on cli (last call: dial)") || strings.Contains(err.Error(), "poll") {
		t.Errorf("close says %v, want the program that never gives up alone", err)
	}
	if !deferred || !polled {
		t.Errorf("deferred calls made: %v; the program that waited for another has ended: %v; want both", deferred, polled)
	}
}

// TestDriverThatNeverGivesUp lets time pass in a world that has failed, where
// it does not pass any more.
func TestDriverThatNeverGivesUp(t *testing.T) {
	w := Must(New(Config{Limits: Limits{Events: 10}}))
	defer w.Close()
	defer func() {
		if s := fmt.Sprint(recover()); !strings.Contains(s, "has failed and the program still waits in it") {
			t.Errorf("the loop ended with %q", s)
		}
	}()
	for w.Now() < time.Minute {
		w.RunFor(time.Second)
	}
}

// TestProgramsCannotCloseTheirWorld wants an error of the program that tries,
// and the world to be closed properly afterwards.
func TestProgramsCannotCloseTheirWorld(t *testing.T) {
	w := Must(New(Config{}))
	h := w.Host("a")
	var err error
	h.Go("closer", func() { err = w.Close() })
	h.Go("other", func() { h.Sleep(time.Hour) })
	w.RunFor(time.Second)
	if err == nil || !strings.Contains(err.Error(), "closer on a") {
		t.Errorf("Close by a program says %v, want an error that names it", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := h.Listen("tcp", ":80"); err == nil {
		t.Error("the world is not closed")
	}
}

// TestWaitingInACondition is a mistake that is named.
func TestWaitingInACondition(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	h := w.Host("a")
	defer func() {
		if s := fmt.Sprint(recover()); !strings.Contains(s, "a condition of RunUntil") {
			t.Errorf("it ended with %q", s)
		}
	}()
	_ = w.RunUntil(func() bool { h.Sleep(time.Second); return true })
}

// TestCallsAfterTheEnd makes each kind of call in a world that is closed: none
// may wait.
func TestCallsAfterTheEnd(t *testing.T) {
	calls := func(t *testing.T, w *World) {
		h := w.Host("a")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("the second Close says %v", err)
		}
		w.RunFor(time.Second)
		w.Wait()
		w.Settle()
		h.Sleep(time.Hour)
		h.Crash()
		if err := w.RunUntil(func() bool { return false }); !errors.Is(err, net.ErrClosed) {
			t.Errorf("RunUntil, whose condition does not hold, says %v", err)
		}
		if c, err := h.Dial("tcp", "10.0.0.1:80"); err == nil || !strings.Contains(err.Error(), net.ErrClosed.Error()) {
			t.Errorf("a dial answers %v, %v", c, err)
		}
		if _, err := w.AddHost(HostConfig{Name: "x"}); err == nil {
			t.Error("a host was added")
		}
	}
	t.Run("bubble", func(t *testing.T) { Test(t, calls) })
	t.Run("cooperative", func(t *testing.T) { calls(t, Must(New(Config{}))) })
}

// TestContextsEndWithTheirWorld waits for a context of a host when the run
// fails, and asks for a name afterwards that takes time to be resolved.
func TestContextsEndWithTheirWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := Must(newWorld(Config{Limits: Limits{Events: 10}}))
		w.sched = newBubble(w, func(error) {})
		defer w.Close()
		h := w.Host("cli")
		w.Fault(fault.DNS{Late: time.Second})
		ctx, cancel := h.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		go func() {
			for w.Err() == nil {
				h.Sleep(time.Second)
			}
		}()
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.Canceled) || w.Err() == nil {
			t.Errorf("the context ended with %v, the run with %v", ctx.Err(), w.Err())
		}
		time.Sleep(time.Second)
		if _, err := h.LookupNetIP(context.Background(), "ip", "cli"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a lookup answers %v, want net.ErrClosed", err)
		}
	})
}

// TestTimeoutsOfContexts compares WithTimeout with the original.
func TestTimeoutsOfContexts(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	h := w.Host("cli")
	ctx, cancel := h.WithTimeout(context.Background(), 0)
	defer cancel()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("without time it is %v", ctx.Err())
	}
	parent, end := context.WithCancelCause(context.Background())
	ctx, cancel = h.WithTimeout(parent, time.Second)
	defer cancel()
	end(errors.New("oh"))
	if ctx.Err() != context.Canceled {
		t.Errorf("with its parent it ends with %v, want context.Canceled", ctx.Err())
	}
}
