//go:build linux && !android

package test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

// dialErr dials and gives back the error alone.
func (arm errorArm) dialErr(ctx context.Context, d errorDial, network, address string) error {
	c, err := arm.dial(ctx, d, network, address)
	if err == nil {
		c.Close()
	}
	return err
}

// dialText is a case of a dial that fails because of its words. HOST4 stands
// for the arm's address.
func dialText(name, network string, address func(errorArm) string) errorCase {
	return errorCase{name, func(_ *testing.T, arm errorArm) error {
		return arm.dialErr(context.Background(), errorDial{}, network, address(arm))
	}}
}

func text(s string) func(errorArm) string { return func(errorArm) string { return s } }

// closedPort is an address where nobody listens.
func (arm errorArm) closedPort(t *testing.T, host string) string {
	l, err := arm.listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var dialErrorCases = []errorCase{
	{"refused", func(t *testing.T, arm errorArm) error {
		return arm.dialErr(context.Background(), errorDial{}, "tcp", arm.closedPort(t, arm.host4))
	}},
	{"refused over IPv6", func(t *testing.T, arm errorArm) error {
		return arm.dialErr(context.Background(), errorDial{}, "tcp6", arm.closedPort(t, arm.host6))
	}},
	{"timed out", func(t *testing.T, arm errorArm) error {
		return arm.dialErr(context.Background(), errorDial{oneSYN: true}, "tcp", arm.full(t))
	}},
	{"dial deadline", func(t *testing.T, arm errorArm) error {
		// package net has two errors for this, and which one it gives is a
		// race of its own, so the row leaves out what they wrap.
		at := arm.full(t)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		err := arm.dialErr(ctx, errorDial{}, "tcp", at)
		if op, ok := err.(*net.OpError); ok && op.Timeout() {
			return onlyTimeout{op}
		}
		return err
	}},
	{"cancelled", func(t *testing.T, arm errorArm) error {
		at := arm.full(t)
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(20*time.Millisecond, cancel)
		return arm.dialErr(ctx, errorDial{}, "tcp", at)
	}},
	{"cancelled before", func(t *testing.T, arm errorArm) error {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return arm.dialErr(ctx, errorDial{}, "tcp", arm.closedPort(t, arm.host4))
	}},
	{"local address not available", func(t *testing.T, arm errorArm) error {
		local := netip.AddrPortFrom(netip.MustParseAddr(arm.elsewhere), 0)
		return arm.dialErr(context.Background(), errorDial{local: local}, "tcp", arm.closedPort(t, arm.host4))
	}},
	{"local address in use", func(t *testing.T, arm errorArm) error {
		l := mustListen(t, arm)
		first, err := arm.dial(context.Background(), errorDial{}, "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
		local := first.LocalAddr().(*net.TCPAddr).AddrPort()
		return arm.dialErr(context.Background(), errorDial{local: local}, "tcp", l.Addr().String())
	}},
	{"ports exhausted", portsExhausted},
	dialText("wrong family", "tcp4", func(arm errorArm) string { return net.JoinHostPort(arm.host6, "80") }),
	dialText("wrong family the other way", "tcp6", func(arm errorArm) string { return net.JoinHostPort(arm.host4, "80") }),
	dialText("wrong family of UDP", "udp4", func(arm errorArm) string { return net.JoinHostPort(arm.host6, "80") }),
	dialText("port out of range", "tcp", text("192.0.2.9:65536")),
	dialText("port below range", "tcp", text("192.0.2.9:-1")),
	dialText("unknown service", "tcp", text("192.0.2.9:no-such-service")),
	dialText("missing port", "tcp", text("192.0.2.9")),
	dialText("too many colons", "tcp", text("2001:db8::9:80")),
	dialText("unknown network", "tcp7", text("192.0.2.9:80")),
	dialText("empty network", "", text("192.0.2.9:80")),
}

// onlyTimeout hides which of its two timeout errors package net gave.
type onlyTimeout struct{ *net.OpError }

func (e onlyTimeout) Unwrap() error { return nil }

// portsExhausted dials until the range of ports is used up: one port in the
// kernel, the four of the stack's Config there.
func portsExhausted(t *testing.T, arm errorArm) error {
	l := mustListen(t, arm)
	probe := arm.closedPort(t, arm.host4)
	d := errorDial{onePort: true, local: netip.MustParseAddrPort(probe)}
	for range 5 {
		c, err := arm.dial(context.Background(), d, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		t.Cleanup(func() { c.Close() })
	}
	return nil
}

func mustListen(t *testing.T, arm errorArm) net.Listener {
	t.Helper()
	l, err := arm.listen("tcp", net.JoinHostPort(arm.host4, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

var noRouteErrorCases = []errorCase{
	dialText("no route", "tcp", func(arm errorArm) string { return net.JoinHostPort(arm.elsewhere, "80") }),
	dialText("no route over IPv6", "tcp", func(arm errorArm) string { return net.JoinHostPort(arm.elsewhere6, "80") }),
	dialText("no route for UDP", "udp", func(arm errorArm) string { return net.JoinHostPort(arm.elsewhere, "80") }),
}
