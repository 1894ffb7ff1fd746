//go:build linux && !android

package test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// errorArm is one world that the error cases run in: the kernel's loopback by
// way of package net, or two stacks on a Pipe.
type errorArm struct {
	name         string
	host4, host6 string // addresses of the listening side
	elsewhere    string // an address that no side has and no route leads to
	elsewhere6   string

	dial         func(ctx context.Context, d errorDial, network, address string) (net.Conn, error)
	listen       func(network, address string) (net.Listener, error)
	listenPacket func(network, address string) (net.PacketConn, error)
	lookup       func() error                        // a dial of a name without a resolver
	full         func(t *testing.T) (address string) // a listener that answers no more SYNs
}

// errorDial is what a case wants of a dial.
type errorDial struct {
	local   netip.AddrPort // bound first
	onePort bool           // the ephemeral range is the one port of local
	oneSYN  bool           // the SYN is repeated once only
}

// kernelErrors is the arm that is right by definition.
func kernelErrors() errorArm {
	return errorArm{
		name: "kernel", host4: "127.0.0.1", host6: "::1",
		elsewhere: "198.51.100.1", elsewhere6: "2001:db8:ffff::1",
		dial: func(ctx context.Context, d errorDial, network, address string) (net.Conn, error) {
			nd := net.Dialer{Control: d.control}
			if d.local.IsValid() && !d.onePort {
				nd.LocalAddr = net.TCPAddrFromAddrPort(d.local)
			}
			return nd.DialContext(ctx, network, address)
		},
		listen: func(network, address string) (net.Listener, error) {
			return (&net.ListenConfig{}).Listen(context.Background(), network, address)
		},
		listenPacket: net.ListenPacket,
		lookup: func() error {
			r := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("no resolver")
			}}
			_, err := (&net.Dialer{Resolver: r}).Dial("tcp", "host.invalid:80")
			return err
		},
		full: kernelFull,
	}
}

const ipLocalPortRange = 51 // IP_LOCAL_PORT_RANGE, ip(7)

func (d errorDial) control(_, _ string, c syscall.RawConn) (err error) {
	c.Control(func(fd uintptr) {
		if d.oneSYN {
			err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_SYNCNT, 1)
		}
		if p := int(d.local.Port()); d.onePort {
			err = errors.Join(err, syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, ipLocalPortRange, p<<16|p))
		}
	})
	return err
}

// kernelFull listens with a backlog of 0, set by a second listen(2), and
// fills it.
func kernelFull(t *testing.T) string {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second may or may not fit
		if c, err := net.DialTimeout("tcp4", l.Addr().String(), 100*time.Millisecond); err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	return l.Addr().String()
}

// netstackErrors is the arm that has to prove itself.
func netstackErrors(t *testing.T) errorArm {
	x, y := netstack.Pipe(1500)
	// Only the prefixes of the Pipe have a route, and the dialling side has
	// no more than four ephemeral ports.
	client := newStack(t, netstack.Config{
		Interfaces: []netstack.Interface{{Link: x, Addresses: []netip.Prefix{
			netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64")}}},
		Routes: []netstack.Route{
			{Destination: netip.MustParsePrefix("192.0.2.0/24"), Interface: "eth0"},
			{Destination: netip.MustParsePrefix("2001:db8::/64"), Interface: "eth0"},
		},
		TCP: netstack.TCPConfig{SYNRetries: 1, EphemeralPorts: netstack.PortRange{First: 40000, Last: 40003}, TimeWait: -1},
	})
	server := newStack(t, netstack.Config{Interfaces: []netstack.Interface{{Link: y, Addresses: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("2001:db8::2/64")}}}})
	return errorArm{
		name: "netstack", host4: "192.0.2.2", host6: "2001:db8::2",
		elsewhere: "198.51.100.1", elsewhere6: "2001:db8:ffff::1",
		dial: func(ctx context.Context, d errorDial, network, address string) (net.Conn, error) {
			if d.local.IsValid() && !d.onePort {
				return plain(client.DialTCP(ctx, netip.MustParseAddrPort(address), netstack.DialOptions{Local: d.local}))
			}
			return client.DialContext(ctx, network, address)
		},
		listen: func(network, address string) (net.Listener, error) {
			return server.Listen(context.Background(), network, address)
		},
		listenPacket: func(network, address string) (net.PacketConn, error) {
			return server.ListenPacket(context.Background(), network, address)
		},
		lookup: func() error {
			_, err := client.DialContext(context.Background(), "tcp", "host.invalid:80")
			return err
		},
		full: func(t *testing.T) string { return netstackFull(t, client, server) },
	}
}

// plain keeps a nil *Conn out of a net.Conn.
func plain(c *netstack.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

func netstackFull(t *testing.T, client, server *netstack.Stack) string {
	at := netip.MustParseAddrPort("192.0.2.2:99")
	l, err := server.ListenTCP(context.Background(), at, netstack.ListenOptions{Backlog: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c, err := client.DialTCP(context.Background(), at, netstack.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return at.String()
}
