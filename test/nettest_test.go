package test

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/seed-731cb71d/warren/netstack"
)

// The two ends of a Pipe.
var (
	pipeNear = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64")}
	pipeFar  = []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("2001:db8::2/64")}
)

// pipeStacks is two stacks on a Pipe; near dials far.
func pipeStacks(t testing.TB, cfg netstack.Config) (near, far *netstack.Stack) {
	t.Helper()
	x, y := netstack.Pipe(1500)
	cfg.Interfaces = []netstack.Interface{{Link: x, Addresses: pipeNear}}
	near = newStack(t, cfg)
	cfg.Interfaces = []netstack.Interface{{Link: y, Addresses: pipeFar}}
	return near, newStack(t, cfg)
}

// TestNettest runs golang.org/x/net's suite of what a net.Conn must do.
func TestNettest(t *testing.T) {
	for _, address := range []string{"192.0.2.2:0", "[2001:db8::2]:0"} {
		t.Run(address, func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				return pipeConns(t, address)
			})
		})
	}
}

func pipeConns(t *testing.T, address string) (c1, c2 net.Conn, stop func(), err error) {
	near, far := pipeStacks(t, netstack.Config{})
	ctx := context.Background()
	l, err := far.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, nil, nil, err
	}
	defer l.Close()
	if c1, err = near.DialContext(ctx, "tcp", l.Addr().String()); err != nil {
		return nil, nil, nil, err
	}
	if c2, err = l.Accept(); err != nil {
		return nil, nil, nil, err
	}
	stop = func() {
		c1.Close()
		c2.Close()
		near.Close()
		far.Close()
	}
	return c1, c2, stop, nil
}

func newStack(t testing.TB, cfg netstack.Config) *netstack.Stack {
	t.Helper()
	s, err := netstack.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
