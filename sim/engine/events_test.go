package engine

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func newTestEvents(t testing.TB, limits Limits) *Events {
	t.Helper()
	e, err := NewEvents(limits)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// runAll steps until nothing is left.
func runAll(t testing.TB, e *Events) {
	t.Helper()
	for {
		ok, err := e.Step()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
	}
}

func TestEventsHappenInOrder(t *testing.T) {
	e := newTestEvents(t, Limits{})
	var got []string
	note := func(name string) func() {
		return func() { got = append(got, name+"@"+e.Now().String()) }
	}
	clock2, err := e.Clock(ClockConfig{Rank: 2})
	if err != nil {
		t.Fatal(err)
	}
	clock1, err := e.Clock(ClockConfig{Rank: 1})
	if err != nil {
		t.Fatal(err)
	}
	clock2.AfterFunc(time.Second, note("rank2"))
	clock1.AfterFunc(time.Second, note("rank1"))
	e.At(2*time.Second, note("late"))
	e.At(time.Second, func() {
		note("first")()
		e.At(0, note("overdue"))
		e.After(-time.Hour, note("at once"))
	})
	e.After(time.Second, note("second"))
	if at, ok := e.Next(); at != time.Second || !ok {
		t.Errorf("Next is %v, %v; want 1s", at, ok)
	}
	runAll(t, e)
	want := "first@1s second@1s overdue@1s at once@1s rank1@1s rank2@1s late@2s"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if e.Fired() != 7 || e.Pending() != 0 {
		t.Errorf("%d fired, %d pending; want 7 and 0", e.Fired(), e.Pending())
	}
	if _, ok := e.Next(); ok {
		t.Error("Next finds an event after the last")
	}
}

// TestStepTogether lets the timers of one clock that are due at one instant
// happen in one step, but neither those of others, nor those that they set.
func TestStepTogether(t *testing.T) {
	e := newTestEvents(t, Limits{})
	clock := func(rank int) *HostClock {
		c, err := e.Clock(ClockConfig{Rank: rank})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, two := clock(1), clock(2)
	var got []string
	note := func(name string) func() { return func() { got = append(got, name) } }
	one.AfterFunc(time.Second, func() {
		note("a")()
		one.AfterFunc(0, note("later"))
	})
	stop := one.AfterFunc(time.Second, note("stopped"))
	one.AfterFunc(time.Second, note("b"))
	one.AfterFunc(time.Second+1, note("c"))
	two.AfterFunc(time.Second, note("d"))
	e.At(time.Second, note("first"))
	e.At(time.Second, func() { note("second")(); stop() })
	want := []string{"first", "second", "a b", "later", "d", "c"}
	for _, step := range want {
		got = nil
		if ok, err := e.StepTogether(); !ok || err != nil || strings.Join(got, " ") != step {
			t.Errorf("a step is %q, %v, %v; want %q", got, ok, err, step)
		}
	}
	if ok, err := e.StepTogether(); ok || err != nil || e.Fired() != 7 {
		t.Errorf("%v, %v after %d events; want the end after 7", ok, err, e.Fired())
	}
}

func TestTimerStop(t *testing.T) {
	e := newTestEvents(t, Limits{})
	var self Timer
	ran := 0
	self = e.After(1, func() {
		ran++
		if self.Stop() {
			t.Error("an event that is happening was stopped")
		}
	})
	other := e.After(2, func() { t.Error("a stopped event happened") })
	if !other.Stop() || other.Stop() {
		t.Error("Stop must say true once, then false")
	}
	again := e.After(3, func() { ran++ }) // uses the memory of other
	if other.Stop() {
		t.Error("Stop of an old timer stopped a new one")
	}
	runAll(t, e)
	if ran != 2 || again.Stop() || (Timer{}).Stop() {
		t.Errorf("%d events happened, want 2, and none to stop afterwards", ran)
	}
}

// TestEventHeap compares the heap with a sorted list, with removals.
func TestEventHeap(t *testing.T) {
	e := newTestEvents(t, Limits{})
	d := newDraws(1, 2, 3, 4, 5)
	type entry struct {
		at    time.Duration
		seq   int
		timer Timer
	}
	var want []entry
	var got []int
	for i := range 5000 {
		at := time.Duration(d.below(300))
		want = append(want, entry{at, i, e.At(at, func() { got = append(got, i) })})
		if d.below(3) == 0 {
			victim := int(d.below(uint64(len(want))))
			if !want[victim].timer.Stop() {
				t.Fatal("a pending event could not be stopped")
			}
			want = slices.Delete(want, victim, victim+1)
		}
	}
	slices.SortFunc(want, func(a, b entry) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) })
	runAll(t, e)
	if len(got) != len(want) {
		t.Fatalf("%d events happened, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i].seq {
			t.Fatalf("event %d is %d, want %d", i, got[i], want[i].seq)
		}
	}
}

func TestEventsLimits(t *testing.T) {
	e := newTestEvents(t, Limits{Events: 3})
	var again func()
	again = func() { e.After(time.Millisecond, again) }
	again()
	for range 3 {
		if ok, err := e.Step(); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for range 2 {
		_, err := e.Step()
		var limit *LimitError
		if !errors.As(err, &limit) {
			t.Fatalf("error %v, want a *LimitError", err)
		}
		if limit.Limit != "Events" || limit.Fired != 3 || limit.Pending != 1 || limit.Now != 3*time.Millisecond || limit.Next != 4*time.Millisecond {
			t.Errorf("got %+v", limit)
		}
		const want = "sim: limit Events of 3 reached at 3ms after 3 events, with 1 pending, the next due at 4ms: something repeats without end, or the limit is too low"
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
	}

	e = newTestEvents(t, Limits{Time: time.Second})
	ran := false
	e.At(time.Second, func() { ran = true })
	e.At(time.Second+1, func() { t.Error("an event beyond the limit happened") })
	if ok, err := e.Step(); !ok || err != nil || !ran {
		t.Errorf("the event at the limit: %v, %v, ran %v", ok, err, ran)
	}
	_, err := e.Step()
	if err == nil || !strings.Contains(err.Error(), "limit Time of 1s reached") {
		t.Errorf("got %v", err)
	}
	if err := e.MoveTo(time.Second + 1); err == nil || e.Now() != time.Second {
		t.Errorf("MoveTo beyond the limit gives %v at %v", err, e.Now())
	}
	if _, err := NewEvents(Limits{Time: -1}); err == nil {
		t.Error("a negative limit was taken")
	}
}

func TestMoveTo(t *testing.T) {
	e := newTestEvents(t, Limits{})
	var at time.Duration
	e.At(5, func() { at = e.Now() })
	if err := e.MoveTo(9); err != nil {
		t.Fatal(err)
	}
	if err := e.MoveTo(3); err != nil || e.Now() != 9 {
		t.Errorf("after MoveTo into the past: %v, %v", e.Now(), err)
	}
	if next, _ := e.Next(); next != 9 {
		t.Errorf("Next of an event passed by is %v, want 9ns", next)
	}
	runAll(t, e)
	if at != 9 {
		t.Errorf("the event happened at %v, want 9ns", at)
	}
}

func TestTimersFromManyGoroutines(t *testing.T) {
	e := newTestEvents(t, Limits{})
	var order []int
	var wg sync.WaitGroup
	for rank := 8; rank > 0; rank-- {
		c, err := e.Clock(ClockConfig{Rank: rank})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range 100 {
				c.AfterFunc(time.Second, func() { order = append(order, rank) })
				c.AfterFunc(time.Second, func() { t.Error("stopped") })()
				c.Now()
			}
		})
	}
	wg.Wait()
	runAll(t, e)
	if len(order) != 800 || !slices.IsSorted(order) {
		t.Errorf("%d events, in the order of their hosts: %v", len(order), slices.IsSorted(order))
	}
}

func TestTimeDoesNotOverflow(t *testing.T) {
	e := newTestEvents(t, Limits{})
	c, err := e.Clock(ClockConfig{Rank: 1, SkewPPM: -skewMax})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.MoveTo(time.Hour); err != nil {
		t.Fatal(err)
	}
	e.After(math.MaxInt64, func() {})
	c.AfterFunc(math.MaxInt64, func() {})
	if at, _ := e.Next(); at != math.MaxInt64 {
		t.Errorf("the end of time is %v", at)
	}
}

func TestLastSaysWhatHappened(t *testing.T) {
	b := newBed(t, Config{})
	x := b.host("x", "10.0.0.1/24")
	b.host("y", "10.0.0.2/24")
	clock, err := b.events.Clock(ClockConfig{Rank: 7})
	if err != nil {
		t.Fatal(err)
	}
	clock.AfterFunc(time.Second, func() {})
	b.events.At(2*time.Second, func() {})
	b.Send(x, udp4("10.0.0.1:1", "10.0.0.2:2", 40, 0))
	b.Forward()
	if n := b.InFlight(); n != 1 {
		t.Errorf("%d packets in flight, want 1", n)
	}
	for _, want := range []struct {
		packet bool
		rank   int
	}{{true, 0}, {false, 7}, {false, 0}} {
		if ok, err := b.events.Step(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if packet, rank := b.events.Last(); packet != want.packet || rank != want.rank {
			t.Errorf("the last event: packet %v, rank %d; want %+v", packet, rank, want)
		}
	}
	if n := b.InFlight(); n != 0 {
		t.Errorf("%d packets in flight, want none", n)
	}
}
