//go:build linux || darwin || freebsd

package transport

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// namedNetwork counts the calls of a network with another name.
type namedNetwork struct {
	Network
	name    string
	listens int
}

func (n *namedNetwork) Name() string { return n.name }

func (n *namedNetwork) Listen(ctx context.Context, spec ListenSpec) (NetListener, error) {
	n.listens++
	return n.Network.Listen(ctx, spec)
}

// manualClock stands still until advance moves it.
type manualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*manualTimer
}

type manualTimer struct {
	at time.Time
	f  func()
}

func newManualClock() *manualClock { return &manualClock{now: time.Unix(1000, 0)} }

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	timer := &manualTimer{c.now.Add(d), f}
	c.timers = append(c.timers, timer)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		before := len(c.timers)
		c.timers = without(c.timers, timer)
		return len(c.timers) < before
	}
}

// running is how many timers are set.
func (c *manualClock) running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// advance moves the clock by d and calls what is due, in order.
func (c *manualClock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []*manualTimer
	c.timers = slices.DeleteFunc(c.timers, func(m *manualTimer) bool {
		if m.at.After(c.now) {
			return false
		}
		due = append(due, m)
		return true
	})
	c.mu.Unlock()
	slices.SortStableFunc(due, func(a, b *manualTimer) int { return a.at.Compare(b.at) })
	for _, m := range due {
		m.f()
	}
}

// countingScheduler does what Go does and counts.
type countingScheduler struct {
	mu                sync.Mutex
	waits, wakes, gos int
}

func (s *countingScheduler) count(n *int) {
	s.mu.Lock()
	*n++
	s.mu.Unlock()
}

func (s *countingScheduler) Wait(_ context.Context, ready <-chan struct{}) {
	s.count(&s.waits)
	<-ready
}

func (s *countingScheduler) Ready(wake func()) { s.count(&s.wakes); go wake() }

func (s *countingScheduler) Go(f func()) { s.count(&s.gos); go f() }

func TestTimeoutsAreOfTheClock(t *testing.T) {
	clock := newManualClock()
	n := newNode(t, Config{Clock: clock})
	server, accepted, _ := pair(t, n, Active(false))
	l := listen(t, server)
	calls := map[string]func() error{
		"Accept":        func() error { _, err := server.TCP().Accept(l, 3*time.Second); return err },
		"Receive":       func() error { _, err := server.TCP().Receive(accepted, 0, 3*time.Second); return err },
		"Owner.Receive": func() error { _, err := server.Receive(3 * time.Second); return err },
	}
	for name, call := range calls {
		done := make(chan error, 1)
		go func() { done <- call() }()
		wait.Until(t, func() bool { return clock.running() == 1 }, name+" has set its timer")
		clock.advance(3*time.Second - 1)
		select {
		case err := <-done:
			t.Errorf("%s returned %v before its time", name, err)
			continue
		default:
		}
		clock.advance(1)
		wantReason(t, <-done, "timeout")
		if clock.running() != 0 {
			t.Errorf("%s left its timer", name)
		}
	}
}

func TestNegativeTimeoutsAreRefused(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, _ := pair(t, n, Active(false))
	l := listen(t, server)
	_, err := server.TCP().Accept(l, -1)
	wantReason(t, err, "badarg")
	_, err = server.TCP().Receive(accepted, 0, -time.Second)
	wantReason(t, err, "badarg")
	_, err = server.Receive(-1)
	wantReason(t, err, "badarg")
}

func TestEveryWaitGoesThroughTheScheduler(t *testing.T) {
	sched := &countingScheduler{}
	n := newNode(t, Config{Scheduler: sched})
	server, accepted, dialled := pair(t, n, Active(true))
	done := make(chan error, 1)
	go func() { _, err := server.Receive(Infinity); done <- err }()
	wait.Until(t, func() bool { sched.mu.Lock(); defer sched.mu.Unlock(); return sched.waits > 0 }, "the receiver waits")
	send(t, dialled, "x")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	sched.mu.Lock()
	defer sched.mu.Unlock()
	if sched.wakes == 0 || sched.gos == 0 {
		t.Errorf("%d wake-ups and %d goroutines went through the scheduler", sched.wakes, sched.gos)
	}
	_ = accepted
}

// TestWaitersAreKept: waiting allocates nothing, and nothing of one call
// reaches the next.
func TestWaitersAreKept(t *testing.T) {
	clock := newManualClock()
	o := newNode(t, Config{Clock: clock}).NewOwner("o")
	enter := func(timeout time.Duration) *waiter {
		w, err := o.newWaiter(timeout)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := enter(time.Second)
	first.wake() // and nobody waits for that
	first.done()
	clock.advance(time.Hour)
	second := enter(time.Second)
	if second != first {
		t.Error("the waiter of the first call is not used again")
	}
	if second.waking.Load() || len(second.ready) > 0 || second.over() != nil {
		t.Error("something of the first call has reached the second")
	}
	clock.advance(time.Second)
	second.done()
	if third := enter(Infinity); third == second {
		t.Error("a waiter whose timer has run is used again")
	}
	o.Exit()
	if len(o.spare) > 0 {
		t.Error("an owner that has ended keeps waiters")
	}
}

// heldScheduler never hands a wake-up on.
type heldScheduler struct{ countingScheduler }

func (s *heldScheduler) Ready(func()) {}

func TestWaitersThatASchedulerWillWakeAreNotKept(t *testing.T) {
	o := newNode(t, Config{Scheduler: &heldScheduler{}}).NewOwner("o")
	w, err := o.newWaiter(Infinity)
	if err != nil {
		t.Fatal(err)
	}
	w.wake()
	w.done()
	if len(o.spare) > 0 {
		t.Error("its wake-up would reach the next call")
	}
}

func TestPollsMakeNoWaiter(t *testing.T) {
	o := newNode(t, Config{}).NewOwner("o")
	_, err := o.newWaiter(0)
	wantReason(t, err, "timeout")
	o.Exit()
	_, err = o.newWaiter(0)
	wantReason(t, err, "closed")
}
