//go:build linux || darwin || freebsd

package transport

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// hanging starts a Connect that the kernel does not answer: the listener's
// backlog is full, so its SYN is dropped.
func hanging(t *testing.T, n *Node, o *Owner, timeout time.Duration) <-chan error {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux, which drops the SYN when a backlog is full")
	}
	l := listen(t, n.NewOwner("full"), Backlog(0))
	dial(t, n.NewOwner("first"), l)
	addr, err := o.TCP().SockName(l)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { _, err := o.TCP().Connect(addr, timeout); done <- err }()
	wait.Until(t, func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.calls) == 1 }, "Connect waits")
	return done
}

func reserved(n *Node) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.held
}

func TestConnectTimesOutOnTheClock(t *testing.T) {
	clock := newManualClock()
	n := newNode(t, Config{Clock: clock})
	done := hanging(t, n, n.NewOwner("o"), 5*time.Second)
	wait.Until(t, func() bool { return clock.running() == 1 }, "the timer is set")
	before := reserved(n)
	clock.advance(5 * time.Second)
	wantReason(t, <-done, "timeout")
	if got := reserved(n); got != before-1 || clock.running() != 0 {
		t.Errorf("%d sockets reserved, want %d; %d timers left", got, before-1, clock.running())
	}
}

func TestConnectEndsWithItsOwner(t *testing.T) {
	n := newNode(t, Config{})
	o := n.NewOwner("o")
	done := hanging(t, n, o, Infinity)
	o.Exit()
	wantReason(t, <-done, "closed")
}

func TestConnectRefusesBadArguments(t *testing.T) {
	n := newNode(t, Config{})
	tcp := n.NewOwner("o").TCP()
	good := netip.MustParseAddrPort("127.0.0.1:9")
	_, err := tcp.Connect(netip.AddrPort{}, 0)
	wantReason(t, err, "badarg")
	_, err = tcp.Connect(good, -1)
	wantReason(t, err, "badarg")
	_, err = tcp.Connect(good, 0, Option{Name: "nosuch"})
	wantReason(t, err, "badarg")
	_, err = tcp.Connect(good, 0)
	wantReason(t, err, "timeout")
	if got := reserved(n); got != 0 {
		t.Errorf("%d sockets reserved after refusals", got)
	}
}

func TestConnectRefusedIsEconnrefused(t *testing.T) {
	n := newNode(t, Config{})
	o := n.NewOwner("o")
	l := listen(t, o)
	addr, err := o.TCP().SockName(l)
	if err != nil {
		t.Fatal(err)
	}
	_ = o.TCP().Close(l)
	_, err = o.TCP().Connect(addr, Infinity)
	wantReason(t, err, "econnrefused")
}
