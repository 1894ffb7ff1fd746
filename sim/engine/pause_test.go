package engine

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTimersOfAPausedClockWait(t *testing.T) {
	e := newTestEvents(t, Limits{})
	stopped, other := newTestClock(t, e, ClockConfig{Rank: 2}), newTestClock(t, e, ClockConfig{Rank: 3})
	var got []string
	note := func(name string) func() {
		return func() { got = append(got, name+"@"+e.Now().String()) }
	}
	e.At(2*time.Second, stopped.Pause)
	e.At(10*time.Second, stopped.Resume)
	stopped.AfterFunc(time.Second, note("before"))
	stopped.AfterFunc(5*time.Second, note("second"))
	stopped.AfterFunc(4*time.Second, note("first"))
	never := stopped.AfterFunc(6*time.Second, note("never"))
	other.AfterFunc(5*time.Second, func() {
		note("other")()
		stopped.AfterFunc(time.Second, note("third"))
		stopped.AfterFunc(time.Hour, note("later"))
	})
	other.AfterFunc(9*time.Second, func() {
		if !never() || never() {
			t.Error("a timer that is kept back was not stopped once")
		}
		if shows := stopped.Now(); !shows.Equal(clockStart.Add(9 * time.Second)) {
			t.Errorf("the paused clock shows %v", shows)
		}
	})
	other.AfterFunc(10*time.Second, note("other"))
	runAll(t, e)
	want := []string{"before@1s", "other@5s", "first@10s", "second@10s", "third@10s", "other@10s", "later@1h0m5s"}
	if !slices.Equal(got, want) {
		t.Errorf("\ngot  %v\nwant %v", got, want)
	}
}

// TestPausedClockAloneIsNoEvent: without anybody who ends the pause nothing is
// left to happen, and stopping the timers leaves nothing behind.
func TestPausedClockAloneIsNoEvent(t *testing.T) {
	e := newTestEvents(t, Limits{})
	c := newTestClock(t, e, ClockConfig{})
	c.Pause()
	var stops []func() bool
	for i := range 10 {
		stops = append(stops, c.AfterFunc(time.Duration(i)*time.Second, func() { t.Error("a paused clock's timer went off") }))
	}
	if _, ok := e.Next(); ok || e.Pending() != 0 {
		t.Errorf("%d events are set", e.Pending())
	}
	if ok, err := e.Step(); ok || err != nil {
		t.Errorf("something happened: %v, %v", ok, err)
	}
	for _, stop := range stops {
		if !stop() {
			t.Error("a timer was not stopped")
		}
	}
	if len(e.parked) != 0 || len(e.heap.free) != len(e.heap.slots) {
		t.Errorf("%d timers are kept; %d of %d slots are free", len(e.parked), len(e.heap.free), len(e.heap.slots))
	}
	c.Resume()
	runAll(t, e)
}

func pause(b *bed, host string) {
	b.t.Helper()
	if err := b.Pause(host); err != nil {
		b.t.Fatal(err)
	}
}

func resume(b *bed, host string) {
	b.t.Helper()
	if err := b.Resume(host); err != nil {
		b.t.Fatal(err)
	}
}

func TestPacketsOfAPausedHostWait(t *testing.T) {
	n, a, b := pair(t, Config{Path: PathConfig{Delay: ms}})
	clock := newTestClock(t, n.events, ClockConfig{Rank: 2})
	clock.AfterFunc(3*ms, func() { n.got = append(n.got, "timer") })
	clock.Pause()
	pause(n, "b")
	for i := range 4 {
		n.events.At(time.Duration(i)*ms, func() {
			n.send(a, udp4(aUDP, bUDP, 100, byte(i))) // arrives 1 ms later
			n.send(b, udp4(bUDP, aUDP, 100, byte(10+i)))
			n.Forward()
		})
	}
	n.events.At(3500*time.Microsecond, func() {
		if n.InFlight() != 1 || n.kept != 7 {
			t.Errorf("%d packets are in flight and %d kept, want 1 and 7", n.InFlight(), n.kept)
		}
		resume(n, "b")
		clock.Resume()
		n.send(b, udp4(bUDP, aUDP, 100, 20))
		n.Forward()
	})
	n.run()
	n.want("b 0@3.5ms", "b 1@3.5ms", "b 2@3.5ms", "timer", "b 3@4ms",
		"a 10@4.5ms", "a 11@4.5ms", "a 12@4.5ms", "a 13@4.5ms", "a 20@4.5ms")
	if n.InFlight() != 0 || n.kept != 0 {
		t.Errorf("%d packets are left, %d kept", n.InFlight(), n.kept)
	}
	for _, r := range n.trace.full {
		if r.Kind == Delivered && strings.HasSuffix(r.Path, "b/eth0") && r.At < 3500*time.Microsecond {
			t.Errorf("delivered in the pause: %v", &r)
		}
	}
}

func TestKeptPacketsAreBounded(t *testing.T) {
	n, a, b := pair(t, Config{})
	pause(n, "b")
	for range keptMax + 5 {
		n.send(a, udp4(aUDP, bUDP, 100, 1))
		n.send(b, udp4(bUDP, aUDP, 100, 2))
	}
	n.runOn()
	there, _ := n.Path(a, b)
	if c := there.Counters(); c.Dropped[DropPaused] != 5 || c.Delivered != 0 {
		t.Errorf("towards it %+v", c)
	}
	if b.Lost[DropPaused] != 5 || n.kept != 2*keptMax {
		t.Errorf("from it %v; %d kept", b.Lost, n.kept)
	}
	resume(n, "b")
	n.run()
	if len(n.got) != 2*keptMax {
		t.Errorf("%d packets have arrived", len(n.got))
	}
	if last := n.trace.Last(); last[len(last)-1].Drop.String() != "" || DropPaused.String() != "paused" {
		t.Error("words are wrong")
	}
}

// runOn makes everything happen without a look at the references.
func (b *bed) runOn() {
	b.Forward()
	runAll(b.t, b.events)
}

func TestKeptPacketsAreGivenBack(t *testing.T) {
	for name, end := range map[string]func(*bed){
		"discard": func(n *bed) {
			if err := n.Discard("b"); err != nil {
				n.t.Error(err)
			}
			there, _ := n.Path(n.Port("a", "eth0"), n.Port("b", "eth0"))
			if c := there.Counters(); c.Dropped[DropNobody] != 3 || n.Port("b", "eth0").Lost[DropNobody] != 3 {
				n.t.Errorf("towards it %+v, from it %v", c, n.Port("b", "eth0").Lost)
			}
			resume(n, "b")
		},
		"close": func(n *bed) { n.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			n, a, b := pair(t, Config{})
			pause(n, "b")
			for range 3 {
				n.send(a, udp4(aUDP, bUDP, 100, 1))
				n.send(b, udp4(bUDP, aUDP, 100, 2))
			}
			n.runOn()
			end(n)
			n.run()
			n.want()
			if n.InFlight() != 0 || n.kept != 0 {
				t.Errorf("%d packets are left, %d kept", n.InFlight(), n.kept)
			}
		})
	}
}

func TestOnlyHostsArePaused(t *testing.T) {
	n, _ := routed(t)
	for _, host := range []string{"nobody", "r1"} {
		for _, err := range []error{n.Pause(host), n.Resume(host), n.Discard(host)} {
			if err == nil || !strings.Contains(err.Error(), `there is no host "`+host+`" that could be paused`) {
				t.Errorf("%s: %v", host, err)
			}
		}
	}
}
