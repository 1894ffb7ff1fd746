package netstack

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// oneFamily is a Link that loses the packets of one family, as a path does that
// announces IPv6 and leads nowhere.
type oneFamily struct {
	Link
	loses6 bool
}

func (l oneFamily) Send(pkts []*Packet) (int, error) {
	var kept []*Packet
	for _, p := range pkts {
		if p.IPv6() == l.loses6 {
			p.Release()
			continue
		}
		kept = append(kept, p)
	}
	n, err := l.Link.Send(kept)
	return n + len(pkts) - len(kept), err
}

// newHalfDeadPair is a stack in virtual time whose packets of one family are
// lost, beside one that listens on port 80 of both. The name "both.example" has
// an address of each family, the dead one first.
func newHalfDeadPair(t *testing.T, cfg Config, dead6 bool) (*Stack, *eventClock) {
	t.Helper()
	x, y := Pipe(1500)
	clock := newEventClock()
	both := []netip.Addr{netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("192.0.2.2")}
	if !dead6 {
		slices.Reverse(both)
	}
	cfg.Clock, cfg.Resolver = clock, names{"both.example": both}
	cfg.Interfaces = []Interface{{Link: oneFamily{x, dead6}, Addresses: pairAddresses(1)}}
	a := mustNew(t, cfg)
	b := mustNew(t, Config{Interfaces: []Interface{{Link: y, Addresses: pairAddresses(2)}}})
	l, err := b.Listen(t.Context(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return a, clock
}

type dialled struct {
	conn net.Conn
	err  error
}

func dialBoth(ctx context.Context, s *Stack) <-chan dialled {
	done := make(chan dialled, 1)
	go func() {
		c, err := s.DialContext(ctx, "tcp", "both.example:80")
		done <- dialled{c, err}
	}()
	return done
}

func TestDeadFamilyCostsTheHeadStartOnly(t *testing.T) {
	for _, dead6 := range []bool{true, false} {
		for given, want := range map[time.Duration]time.Duration{0: 300 * time.Millisecond, 20 * time.Millisecond: 20 * time.Millisecond} {
			s, clock := newHalfDeadPair(t, Config{FallbackDelay: given}, dead6)
			start := clock.Now()
			done := dialBoth(t.Context(), s)
			eventually(t, func() bool { return clock.pending() >= 3 }, "the SYN's timer, the dial's run and the head start")
			clock.step()
			got := <-done
			if got.err != nil {
				t.Fatalf("dead IPv6 %v: %v", dead6, got.err)
			}
			if took := clock.Now().Sub(start); took != want {
				t.Errorf("FallbackDelay %v, dead IPv6 %v: connected after %v, want %v", given, dead6, took, want)
			}
			if n := s.limit.open.Load(); n != 1 {
				t.Errorf("dead IPv6 %v: %d sockets are counted, want the winner alone", dead6, n)
			}
			got.conn.Close()
		}
	}
}

func TestNegativeFallbackDelayTriesOneAfterTheOther(t *testing.T) {
	k := new(gatekeeper)
	s, clock := newHalfDeadPair(t, Config{Scheduler: k, FallbackDelay: -1, TCP: TCPConfig{SYNRetries: 1}}, true)
	start := clock.Now()
	done := dialBoth(t.Context(), s)
	eventually(t, func() bool { return clock.pending() == 2 }, "the SYN's timer and the dial's run")
	for clock.Now().Sub(start) < 2*time.Second {
		clock.step()
		s.Settle()
	}
	givenUp(t, s, clock)
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	k.mu.Lock()
	entered := slices.Clone(k.entered)
	k.mu.Unlock()
	if want := []Op{OpDial}; !slices.Equal(entered, want) {
		t.Errorf("entered %v, want %v: no second attempt of its own", entered, want)
	}
	got.conn.Close()
}

func TestRaceEndsWithItsContext(t *testing.T) {
	for _, late := range []bool{false, true} {
		clock := newEventClock()
		s := mustNew(t, Config{
			Clock:      clock,
			Resolver:   names{"both.example": {nowhere.Addr(), netip.MustParseAddr("2001:db8::77")}},
			Interfaces: []Interface{{Link: new(blackHole), Addresses: pairAddresses(1)}},
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := dialBoth(ctx, s)
		eventually(t, func() bool { return clock.pending() == 3 }, "the SYN's timer, the dial's run and the head start")
		if late {
			clock.step()
			eventually(t, func() bool { return s.limit.open.Load() == 2 }, "both families are tried")
		}
		cancel()
		got := <-done
		var op *net.OpError
		if !errors.Is(got.err, context.Canceled) || !errors.As(got.err, &op) || op.Addr.String() != "192.0.2.77:80" {
			t.Errorf("late %v: %v, want the cancellation of the first address", late, got.err)
		}
		if n := s.limit.open.Load(); n != 0 {
			t.Errorf("late %v: %d sockets are left", late, n)
		}
	}
}

// closing is a conn that notes its Close.
type closing struct {
	net.Conn
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestRaceKeepsOneConnection(t *testing.T) {
	clock := newEventClock()
	s := &Stack{clock: clock}
	first, second := new(closing), new(closing)
	begun := make(chan struct{})
	go func() {
		<-begun
		eventuallyTrue(func() bool { return clock.step() }) // the head start
	}()
	try := func(ctx context.Context, remotes []netip.AddrPort) (net.Conn, error) {
		if remotes[0] == nowhere {
			return second, nil
		}
		close(begun)
		<-ctx.Done() // the second family has won
		return first, nil
	}
	conn, err := s.race(t.Context(), []netip.AddrPort{port80}, []netip.AddrPort{nowhere}, try)
	if err != nil || conn != second {
		t.Fatalf("got %v, %v, want the connection that came first", conn, err)
	}
	if !first.closed || second.closed {
		t.Errorf("closed: late one %v, winner %v; want the late one alone", first.closed, second.closed)
	}
	if clock.pending() != 0 {
		t.Error("a timer is left")
	}
}

func TestRaceEntersForEachFamily(t *testing.T) {
	k := new(gatekeeper)
	s := mustNew(t, Config{Scheduler: k})
	if _, err := s.DialContext(t.Context(), "tcp", "localhost:80"); err == nil {
		t.Fatal("nobody listens")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if want := []Op{OpDial, OpDial}; !slices.Equal(k.entered, want) {
		t.Errorf("entered %v, want %v", k.entered, want)
	}
}
