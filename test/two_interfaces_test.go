package test

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

// "ip: If the host has several network interfaces, this option specifies
// which one to listen on", says the behaviour, and of ifaddr the same. The
// host here has two, each with a neighbour that can reach no other address.

var (
	leftHost  = netip.MustParseAddr("10.1.0.1")
	rightHost = netip.MustParseAddr("10.2.0.1")
)

// twoInterfaces is a host between two neighbours.
type twoInterfaces struct {
	owner       *transport.Owner
	left, right *netstack.Stack
}

func newTwoInterfaces(t *testing.T) twoInterfaces {
	t.Helper()
	hereLeft, left := netstack.Pipe(1500)
	hereRight, right := netstack.Pipe(1500)
	host := newTestStack(t,
		netstack.Interface{Name: "left", Link: hereLeft, Addresses: []netip.Prefix{netip.PrefixFrom(leftHost, 24)}},
		netstack.Interface{Name: "right", Link: hereRight, Addresses: []netip.Prefix{netip.PrefixFrom(rightHost, 24)}})
	node, err := transport.NewNode(transport.Config{Network: onstack.New(host)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Close() })
	return twoInterfaces{
		owner: node.NewOwner("listener"),
		left:  newTestStack(t, netstack.Interface{Link: left, Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.0.2/24")}}),
		right: newTestStack(t, netstack.Interface{Link: right, Addresses: []netip.Prefix{netip.MustParsePrefix("10.2.0.2/24")}}),
	}
}

func newTestStack(t *testing.T, interfaces ...netstack.Interface) *netstack.Stack {
	t.Helper()
	s, err := netstack.New(netstack.Config{Interfaces: interfaces})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestAddressOptionsChooseTheInterface(t *testing.T) {
	for _, tt := range []struct {
		name        string
		opts        []transport.Option
		left, right bool // whether that neighbour gets through
	}{
		{"ip of the left one", []transport.Option{transport.IP(leftHost)}, true, false},
		{"ip of the right one", []transport.Option{transport.IP(rightHost)}, false, true},
		{"ifaddr of the left one", []transport.Option{transport.IfAddr(leftHost)}, true, false},
		{"ifaddr of the right one", []transport.Option{transport.IfAddr(rightHost)}, false, true},
		{"ip, then ifaddr: the later counts", []transport.Option{transport.IP(leftHost), transport.IfAddr(rightHost)}, false, true},
		{"ifaddr, then ip: the later counts", []transport.Option{transport.IfAddr(rightHost), transport.IP(leftHost)}, true, false},
		{"any", []transport.Option{transport.IPAny()}, true, true},
		{"neither", nil, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newTwoInterfaces(t)
			tcp := w.owner.TCP()
			l, err := tcp.Listen(0, tt.opts...)
			if err != nil {
				t.Fatal(err)
			}
			port, err := tcp.Port(l)
			if err != nil {
				t.Fatal(err)
			}
			w.check(t, l, w.left, netip.AddrPortFrom(leftHost, uint16(port)), tt.left)
			w.check(t, l, w.right, netip.AddrPortFrom(rightHost, uint16(port)), tt.right)
		})
	}
}

// check dials the host from a neighbour: either the listener accepts and
// names that interface's address, or the host refuses.
func (w twoInterfaces) check(t *testing.T, l *transport.Socket, neighbour *netstack.Stack, to netip.AddrPort, open bool) {
	t.Helper()
	conn, err := neighbour.DialTCP(context.Background(), to, netstack.DialOptions{})
	if !open {
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial %v: %v, want a refusal", to, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("dial %v: %v", to, err)
	}
	defer conn.Close()
	s, err := w.owner.TCP().Accept(l, transport.Infinity)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	if name, err := w.owner.TCP().SockName(s); err != nil || name != to {
		t.Errorf("the accepted socket's name is %v, %v, want %v", name, err, to)
	}
}

func TestAddressOfNoInterfaceIsNotAvailable(t *testing.T) {
	w := newTwoInterfaces(t)
	l, err := w.owner.TCP().Listen(0, transport.IP(netip.MustParseAddr("10.3.0.1")))
	if !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("Listen = %v, %v, want EADDRNOTAVAIL", l, err)
	}
}
