package netstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var port80 = netip.MustParseAddrPort("192.0.2.2:80")

// background dials and returns where the outcome will be.
func background(s *Stack, to netip.AddrPort) <-chan error {
	done := make(chan error, 1)
	go func() {
		c, err := s.DialTCP(context.Background(), to, DialOptions{})
		if err == nil {
			defer c.Close()
		}
		done <- err
	}()
	return done
}

func TestListenMeansWhatPackageNetMeans(t *testing.T) {
	for _, test := range []struct{ network, address, shown string }{
		{"tcp", ":81", "[::]:81"},
		{"tcp", "0.0.0.0:82", "[::]:82"},
		{"tcp4", ":83", "0.0.0.0:83"},
		{"tcp6", ":84", "[::]:84"},
		{"tcp", "192.0.2.2:85", "192.0.2.2:85"},
		{"tcp", "[2001:db8::2]:86", "[2001:db8::2]:86"},
		{"tcp", "[::ffff:192.0.2.2]:87", "192.0.2.2:87"},
		{"tcp", "localhost:88", "127.0.0.1:88"},
		{"tcp", "192.0.2.2:http", "192.0.2.2:80"},
	} {
		_, b := newPair(t, 1500)
		l, err := b.Listen(testContext(t), test.network, test.address)
		if err != nil {
			t.Errorf("%s %s: %v", test.network, test.address, err)
			continue
		}
		if got := l.Addr().String(); got != test.shown {
			t.Errorf("%s %s: Addr is %s, want %s", test.network, test.address, got, test.shown)
		}
	}
}

func TestListenerOfAllAddressesTakesBothFamilies(t *testing.T) {
	a, b := newPair(t, 1500)
	l, err := b.Listen(testContext(t), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"192.0.2.2:80", "[2001:db8::2]:80"} {
		mustDial(t, a, netip.MustParseAddrPort(to))
		c, err := l.Accept()
		if err != nil || c.LocalAddr().String() != to {
			t.Errorf("accepted on %v, %v; want %s", c.LocalAddr(), err, to)
		}
		c.Close()
	}
	only6, err := b.Listen(testContext(t), "tcp6", ":81")
	if err != nil {
		t.Fatal(err)
	}
	defer only6.Close()
	if err := <-background(a, netip.MustParseAddrPort("192.0.2.2:81")); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("IPv4 to a tcp6 listener: %v, want ECONNREFUSED", err)
	}
	if _, err := b.Listen(testContext(t), "tcp", ":80"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second listener: %v, want EADDRINUSE", err)
	}
	l.Close()
	if l, err = b.Listen(testContext(t), "tcp", ":80"); err != nil {
		t.Errorf("port of a closed listener: %v", err)
	} else {
		l.Close()
	}
}

func TestListenerCloseWakesAcceptAndResetsTheQueue(t *testing.T) {
	a, b := newPair(t, 1500)
	l := mustListen(t, b, port80, ListenOptions{})
	client := mustDial(t, a, port80)
	failed := make(chan error, 2)
	mustAccept(t, l)
	queued := mustDial(t, a, port80)
	eventually(t, func() bool { return l.queued() }, "a connection waits")
	l.Close()
	if _, err := queued.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("connection of a closed listener's queue: %v, want ECONNRESET", err)
	}
	l = mustListen(t, b, netip.AddrPortFrom(port80.Addr(), 81), ListenOptions{})
	for range 2 {
		go func() { _, err := l.Accept(); failed <- err }()
	}
	eventually(t, func() bool { return l.h.in.waiting() == 2 }, "two accepts wait")
	l.Close()
	for range 2 {
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v, want net.ErrClosed", err)
		}
	}
	if _, err := client.Write([]byte("still")); err != nil {
		t.Errorf("an accepted connection should outlive its listener: %v", err)
	}
}

func mustAccept(t testing.TB, l *Listener) *Conn {
	t.Helper()
	c, err := l.AcceptTCP(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAcceptEndsWithDeadlineAndContext(t *testing.T) {
	_, b := newPair(t, 1500)
	l := mustListen(t, b, port80, ListenOptions{})
	l.SetDeadline(time.Now().Add(time.Millisecond))
	if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want a deadline error", err)
	}
	l.SetDeadline(time.Time{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.AcceptTCP(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := l.TryAccept(); err != syscall.EAGAIN {
		t.Errorf("TryAccept of nothing: %v, want EAGAIN", err)
	}
}

func TestBacklogHoldsOneMoreThanItSays(t *testing.T) {
	for _, backlog := range []int{-1, 1, 3} {
		t.Run(fmt.Sprint(backlog), func(t *testing.T) {
			t.Parallel()
			testBacklog(t, backlog)
		})
	}
}

func testBacklog(t *testing.T, backlog int) {
	a, b := newPair(t, 1500)
	l := mustListen(t, b, port80, ListenOptions{Backlog: backlog})
	room := max(backlog, 0) + 1
	for range room {
		mustDial(t, a, port80)
	}
	eventually(t, func() bool { return b.Stats().TCP.PassiveOpens == uint64(room) }, "the queue is full")
	extra := background(a, port80)
	eventually(t, func() bool { return b.Stats().TCP.BacklogSYNDrops >= 1 }, "the next SYN is dropped and counted")
	select {
	case err := <-extra:
		t.Fatalf("the dial beyond the queue ended: %v", err)
	default:
	}
	mustAccept(t, l)
	if err := <-extra; err != nil {
		t.Errorf("the repeated SYN failed though there is room: %v", err)
	}
}

func TestSocketsMaxRefusesAndLosesNothing(t *testing.T) {
	x, y := Pipe(1500)
	a := mustNew(t, Config{Interfaces: []Interface{{Link: x, Addresses: pairAddresses(1)}}})
	b := mustNew(t, Config{SocketsMax: 2, Interfaces: []Interface{{Link: y, Addresses: pairAddresses(2)}}})
	l := mustListen(t, b, port80, ListenOptions{})
	first := mustDial(t, a, port80)
	accepted := mustAccept(t, l)
	second := mustDial(t, a, port80) // established in the queue, uncounted
	eventually(t, l.queued, "the second connection waits")

	if _, err := l.Accept(); !errors.Is(err, ErrSystemLimit) || !errors.Is(err, syscall.EMFILE) {
		t.Errorf("accept at the limit: %v, want ErrSystemLimit", err)
	}
	if _, err := l.TryAccept(); err != ErrSystemLimit {
		t.Errorf("TryAccept at the limit: %v, want ErrSystemLimit", err)
	}
	for what, open := range map[string]func() error{
		"dial":        func() error { _, err := b.DialTCP(testContext(t), port80, DialOptions{}); return err },
		"listen":      func() error { _, err := b.Listen(testContext(t), "tcp", ":81"); return err },
		"packet":      func() error { _, err := b.ListenPacket(testContext(t), "udp", ":81"); return err },
		"ping":        func() error { _, err := b.Ping(testContext(t), port80.Addr(), PingOptions{}); return err },
		"DialContext": func() error { _, err := b.DialContext(testContext(t), "tcp", ":80"); return err },
	} {
		if err := open(); !errors.Is(err, ErrSystemLimit) {
			t.Errorf("%s at the limit: %v, want ErrSystemLimit", what, err)
		}
	}
	accepted.Close()
	if c := mustAccept(t, l); c.RemoteAddrPort() != second.LocalAddrPort() {
		t.Errorf("accepted %v after room was made, want the queued %v", c.RemoteAddrPort(), second.LocalAddrPort())
	}
	_ = first
}

func mustNew(t testing.TB, cfg Config) *Stack {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConcurrentAcceptsShareTheQueue(t *testing.T) {
	a, b := newPair(t, 1500)
	l := mustListen(t, b, port80, ListenOptions{})
	const n = 20
	var got atomic.Int32
	for range 4 {
		go func() {
			for {
				c, err := l.AcceptTCP(context.Background())
				if err != nil {
					return
				}
				c.Close()
				got.Add(1)
			}
		}()
	}
	for range n {
		if err := <-background(a, port80); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() bool { return got.Load() == n }, "all connections were accepted")
}
