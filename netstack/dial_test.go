package netstack

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// blackHole is a Link that loses everything and counts SYNs.
type blackHole struct{ syns atomic.Int32 }

func (*blackHole) MTU() int              { return 1500 }
func (*blackHole) Offload() Offload      { return Offload{} }
func (*blackHole) Attach(Receiver) error { return nil }
func (*blackHole) Close() error          { return nil }

func (h *blackHole) Send(pkts []*Packet) (int, error) {
	for _, p := range pkts {
		if segmentOf(p).Flags() == header.TCPFlagSyn {
			h.syns.Add(1)
		}
		p.Release()
	}
	return len(pkts), nil
}

var nowhere = netip.MustParseAddrPort("192.0.2.77:80")

func TestDialKeepsSYNRetries(t *testing.T) {
	for retries, want := range map[int]time.Duration{1: 3 * time.Second, 3: 15 * time.Second, 6: 127 * time.Second} {
		clock, hole := newEventClock(), new(blackHole)
		s := mustNew(t, Config{
			Clock: clock, TCP: TCPConfig{SYNRetries: retries},
			Interfaces: []Interface{{Link: hole, Addresses: pairAddresses(1)}},
		})
		start := clock.Now()
		dial := background(s, nowhere)
		eventually(t, func() bool { return clock.pending() == 2 }, "the SYN's timer and the dial's run")
		for clock.Now().Before(start.Add(want - synSpare)) {
			clock.step()
			s.Settle()
		}
		if retries < synRetriesMax { // it has given up, and says so in time
			givenUp(t, s, clock)
		}
		err := <-dial
		if !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("%d repetitions: %v, want ETIMEDOUT", retries, err)
		}
		if n := hole.syns.Load(); int(n) != retries+1 {
			t.Errorf("%d repetitions: %d SYNs were sent", retries, n)
		}
		if n := s.Stats().TCP.DialTimeouts; n != 1 {
			t.Errorf("%d repetitions: %d dials timed out, want 1", retries, n)
		}
		if took := clock.Now().Sub(start); took != want {
			t.Errorf("%d repetitions took %v of virtual time, want %v", retries, took, want)
		}
	}
}

// givenUp waits until the only dial of s has stopped sending SYNs, and lets it
// end.
func givenUp(t *testing.T, s *Stack, clock *eventClock) {
	t.Helper()
	eventually(t, func() bool { return s.Stats().Sockets.TCP["SYN-SENT"] == 0 && clock.pending() == 1 }, "the dial has given up")
	clock.step()
}

// TestDialToAGroupOfHosts must not send a SYN to all of them.
func TestDialToAGroupOfHosts(t *testing.T) {
	a, _ := newPair(t, 1500)
	for _, to := range []string{"224.0.0.1:80", "255.255.255.255:80", "192.0.2.255:80", "[::ffff:224.0.0.1]:80", "[ff02::1]:80"} {
		c, err := a.DialContext(t.Context(), "tcp", to)
		if err == nil {
			c.Close()
		}
		if !errors.Is(err, syscall.ENETUNREACH) {
			t.Errorf("%s: %v, want network is unreachable", to, err)
		}
	}
	if sent := a.Stats().PacketsOut; sent != 0 {
		t.Errorf("%d packets left", sent)
	}
}

func TestDialCancelledLeavesNothing(t *testing.T) {
	a, _ := newPair(t, 1500)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := a.DialTCP(ctx, nowhere, DialOptions{})
		done <- err
	}()
	eventually(t, func() bool { return a.limit.open.Load() == 1 }, "the dial is under way")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if n := a.limit.open.Load(); n != 0 {
		t.Errorf("%d sockets are counted", n)
	}
	eventually(t, func() bool { return len(a.Sockets()) == 0 }, "no endpoint is left")
}

func TestDialFromALocalAddress(t *testing.T) {
	a, b := newPair(t, 1500)
	l := mustListen(t, b, port80, ListenOptions{})
	local := netip.MustParseAddrPort("192.0.2.1:4321")
	c, err := a.DialTCP(testContext(t), port80, DialOptions{Local: local})
	if err != nil || c.LocalAddrPort() != local {
		t.Fatalf("got %v from %v", err, c.LocalAddrPort())
	}
	defer c.Close()
	if got := mustAccept(t, l).RemoteAddrPort(); got != local {
		t.Errorf("the server sees %v", got)
	}
	_, err = a.DialTCP(testContext(t), port80, DialOptions{Local: netip.MustParseAddrPort("[2001:db8::1]:0")})
	var addrErr *net.AddrError
	if !errors.As(err, &addrErr) {
		t.Errorf("local address of the other family: %v", err)
	}
	refusal := errors.New("refused by Control")
	if _, err = a.DialTCP(testContext(t), port80, DialOptions{Control: func(*Conn) error { return refusal }}); !errors.Is(err, refusal) {
		t.Errorf("got %v, want Control's error", err)
	}
}

// names is a Resolver made of a map.
type names map[string][]netip.Addr

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if addrs, ok := n[host]; ok {
		return addrs, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestDialContextTriesEachAddressOfAName(t *testing.T) {
	x, y := Pipe(1500)
	v4, v6 := netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("2001:db8::2")
	a := mustNew(t, Config{
		Interfaces: []Interface{{Link: x, Addresses: pairAddresses(1)}},
		Resolver:   names{"both.example": {v6, v4}, "none.example": {}},
	})
	b := mustNew(t, Config{Interfaces: []Interface{{Link: y, Addresses: pairAddresses(2)}}})
	mustListen(t, b, port80, ListenOptions{}) // IPv4 only
	ctx := testContext(t)

	c, err := a.DialContext(ctx, "tcp", "both.example:80")
	if err != nil {
		t.Fatalf("the second address listens: %v", err)
	}
	c.Close()
	_, err = a.DialContext(ctx, "tcp6", "both.example:80")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("IPv6 alone: %v, want ECONNREFUSED", err)
	}
	_, err = a.DialContext(ctx, "tcp", "both.example:81")
	var op *net.OpError
	if !errors.As(err, &op) || op.Addr.String() != "[2001:db8::2]:81" {
		t.Errorf("both refused: %v, want the first address's error", err)
	}
	for _, host := range []string{"none.example", "unknown.example"} {
		_, err = a.DialContext(ctx, "tcp", host+":80")
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsNotFound {
			t.Errorf("%s: %v, want a DNSError", host, err)
		}
	}
	if _, err = a.DialContext(ctx, "tcp", "localhost:80"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("localhost: %v, want ECONNREFUSED from the loopback", err)
	}
	if _, err = a.DialContext(ctx, "tcp", "[fe80::1%eth0]:80"); err == nil {
		t.Error("a zone was not refused")
	}
}

// until is a context that says it has a deadline, and never ends.
type until struct {
	context.Context
	at time.Time
}

func (u until) Deadline() (time.Time, bool) { return u.at, true }

func TestShareOfADialsTime(t *testing.T) {
	for _, test := range []struct {
		left     time.Duration
		attempts int
		want     time.Duration
	}{
		{30 * time.Second, 3, 10 * time.Second},
		{5 * time.Second, 5, 2 * time.Second},
		{time.Second, 4, time.Second},
	} {
		clock := newEventClock()
		s := &Stack{clock: clock}
		start := clock.Now()
		ctx, cancel := s.share(until{context.Background(), start.Add(test.left)}, test.attempts)
		if contextError(ctx) != nil {
			t.Errorf("%+v: ended at once", test)
		}
		clock.step()
		if took := clock.Now().Sub(start); took != test.want {
			t.Errorf("%+v: the share is %v", test, took)
		}
		if err := contextError(ctx); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%+v: ended with %v, want a timeout", test, err)
		}
		cancel()
		if clock.pending() != 0 {
			t.Errorf("%+v: a timer is left", test)
		}
	}
}

// gatekeeper is a Scheduler that notes the calls that enter, and can refuse.
type gatekeeper struct {
	bubbleScheduler
	mu      sync.Mutex
	entered []Op
	refuse  error
}

func (k *gatekeeper) Enter(_ context.Context, op Op) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entered = append(k.entered, op)
	return k.refuse
}

func (k *gatekeeper) Ready(wake func()) { wake() }

func TestEachCallEntersOnce(t *testing.T) {
	k := new(gatekeeper)
	s := mustNew(t, Config{Scheduler: k})
	at := netip.MustParseAddrPort("127.0.0.1:80")
	var l *Listener
	var c, d *Conn
	for _, call := range []struct {
		op Op
		f  func()
	}{
		{OpListen, func() { l, _ = s.ListenTCP(testContext(t), at, ListenOptions{}) }},
		{OpDial, func() { c, _ = s.DialTCP(testContext(t), at, DialOptions{}) }},
		{OpAccept, func() { d, _ = l.AcceptTCP(testContext(t)) }},
		{OpWrite, func() { c.Write([]byte("x")) }},
		{OpRead, func() { d.Read(make([]byte, 1)) }},
		{OpRead, func() { d.TryRead(make([]byte, 1)) }},
		{OpControl, func() { d.SetNoDelay(true) }},
		{OpControl, func() { d.SetDeadline(time.Time{}) }},
		{OpControl, func() { d.TCPInfo() }},
		{OpClose, func() { d.Close() }},
		{OpClose, func() { l.Close() }},
	} {
		k.entered = nil
		call.f()
		if len(k.entered) != 1 || k.entered[0] != call.op {
			t.Errorf("entered %v, want [%v] alone", k.entered, call.op)
		}
	}
	k.refuse = errors.New("not now")
	if _, err := c.Read(make([]byte, 1)); err != k.refuse {
		t.Errorf("refused call: %v, want the scheduler's error as it is", err)
	}
	k.refuse = nil
}
