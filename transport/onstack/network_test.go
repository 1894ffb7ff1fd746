package onstack_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

// alone returns a network on a stack that has nothing but its loopback.
func alone(t *testing.T, cfg netstack.Config) transport.Network {
	t.Helper()
	s, err := netstack.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return onstack.New(s)
}

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func listen(t *testing.T, n transport.Network, options ...transport.SockOptValue) (transport.NetListener, netip.AddrPort) {
	t.Helper()
	l, err := n.Listen(context.Background(), transport.ListenSpec{Local: loopback, Backlog: 5, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	addr, err := l.Local()
	if err != nil {
		t.Fatal(err)
	}
	return l, addr
}

func TestNames(t *testing.T) {
	s, err := netstack.New(netstack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := onstack.New(s).Name(); got != "netstack" {
		t.Errorf("New: %q", got)
	}
	if got := onstack.Named(s, "tun").Name(); got != "tun" {
		t.Errorf("Named: %q", got)
	}
}

func TestDescriptorsAreUnsupported(t *testing.T) {
	n := alone(t, netstack.Config{})
	_, listenErr := n.Listen(context.Background(), transport.ListenSpec{HasFD: true, FD: 3})
	_, dialErr := n.Dial(context.Background(), transport.DialSpec{HasFD: true, FD: 3})
	for _, err := range []error{listenErr, dialErr} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v, want errors.ErrUnsupported", err)
		}
	}
}

func TestStacksLimitIsSystemLimit(t *testing.T) {
	n := alone(t, netstack.Config{SocketsMax: 1})
	_, addr := listen(t, n)
	_, listenErr := n.Listen(context.Background(), transport.ListenSpec{Local: loopback})
	_, dialErr := n.Dial(context.Background(), transport.DialSpec{Remote: addr})
	for _, err := range []error{listenErr, dialErr} {
		if !errors.Is(err, transport.ErrSystemLimit) {
			t.Errorf("%v, want ErrSystemLimit", err)
		}
	}
}

func TestOptionsAreReadBack(t *testing.T) {
	n := alone(t, netstack.Config{})
	values := []transport.SockOptValue{
		{Opt: transport.SockNoDelay, Value: 1}, {Opt: transport.SockKeepAlive, Value: 1},
		{Opt: transport.SockTTL, Value: 7}, {Opt: transport.SockTOS, Value: 16},
		{Opt: transport.SockReuseAddr, Value: 1}, {Opt: transport.SockRecvBuffer, Value: 100_000},
	}
	l, addr := listen(t, n, values...)
	c, err := n.Dial(context.Background(), transport.DialSpec{Remote: addr, Options: values})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range []transport.NetSocket{l, c} {
		for _, v := range values {
			if got, err := s.Option(v.Opt); got != v.Value || err != nil {
				t.Errorf("%T: option %d: %d, %v, want %d", s, v.Opt, got, err, v.Value)
			}
		}
		if err := s.SetOption(transport.SockTTL, 0); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%T: ttl 0: %v, want EINVAL", s, err)
		}
		if err := s.SetOption(transport.SockTrafficClass, 1); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%T: IPv6 option: %v, want errors.ErrUnsupported", s, err)
		}
	}
}

func TestCallsAfterCloseAnswerErrClosed(t *testing.T) {
	n := alone(t, netstack.Config{})
	l, addr := listen(t, n)
	c, err := n.Dial(context.Background(), transport.DialSpec{Remote: addr})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := errors.Join(c.Close(), l.Close()); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	_, acceptErr := l.TryAccept()
	_, listenerErr := l.Local()
	_, readErr := c.TryRead(make([]byte, 1))
	_, writeErr := c.TryWrite([]byte("x"))
	_, localErr := c.Local()
	_, peerErr := c.Peer()
	for _, err := range []error{acceptErr, listenerErr, readErr, writeErr, localErr, peerErr, c.Shutdown(transport.ShutdownWrite)} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v, want net.ErrClosed", err)
		}
	}
}
