package netstack

import (
	"net/netip"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// eventually waits until f is true. The limit is far beyond what any machine
// needs; it is there so that a broken test ends.
func eventually(t testing.TB, f func() bool, what string) {
	t.Helper()
	if !eventuallyTrue(f) {
		t.Fatalf("never came true: %s", what)
	}
}

func eventuallyTrue(f func() bool) bool {
	limit := time.After(30 * time.Second)
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-limit:
			return f()
		}
	}
	return true
}

// newPair is two stacks joined by a Pipe: 192.0.2.1 and 2001:db8::1, .2 and ::2.
func newPair(t testing.TB, mtu int) (a, b *Stack) {
	t.Helper()
	x, y := Pipe(mtu)
	stacks := [2]*Stack{}
	for i, l := range []Link{x, y} {
		s, err := New(Config{Interfaces: []Interface{{Link: l, Addresses: pairAddresses(byte(i + 1))}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		stacks[i] = s
	}
	return stacks[0], stacks[1]
}

func pairAddresses(host byte) []netip.Prefix {
	v6 := netip.MustParseAddr("2001:db8::").As16()
	v6[15] = host
	return []netip.Prefix{
		netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, host}), 24),
		netip.PrefixFrom(netip.AddrFrom16(v6), 64),
	}
}

// endpoint is a bare gVisor TCP endpoint, for tests below the socket layer.
type endpoint struct {
	tcpip.Endpoint
	wq *waiter.Queue
}

func newTCP(t testing.TB, s *Stack, v4 bool) endpoint {
	t.Helper()
	proto := ipv6.ProtocolNumber
	if v4 {
		proto = ipv4.ProtocolNumber
	}
	wq := new(waiter.Queue)
	ep, err := s.gs.NewEndpoint(tcp.ProtocolNumber, proto, wq)
	if err != nil {
		t.Fatalf("new endpoint: %s", err)
	}
	return endpoint{ep, wq}
}

func listenTCP(t testing.TB, s *Stack, at netip.AddrPort, backlog int) endpoint {
	t.Helper()
	ep := newTCP(t, s, at.Addr().Is4())
	if err := ep.Bind(full(at)); err != nil {
		t.Fatalf("bind %s: %s", at, err)
	}
	if err := ep.Listen(backlog); err != nil {
		t.Fatalf("listen %s: %s", at, err)
	}
	return ep
}

func dialTCP(t testing.TB, s *Stack, to netip.AddrPort) endpoint {
	t.Helper()
	ep := newTCP(t, s, to.Addr().Is4())
	switch err := ep.Connect(full(to)); err.(type) {
	case nil, *tcpip.ErrConnectStarted:
	default:
		t.Fatalf("connect %s: %s", to, err)
	}
	return ep
}

func (e endpoint) state() tcp.EndpointState {
	return tcp.EndpointState(e.State())
}

func full(a netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{Addr: tcpip.AddrFromSlice(a.Addr().AsSlice()), Port: a.Port()}
}

func TestPairConnects(t *testing.T) {
	a, b := newPair(t, 1500)
	for _, host := range []string{"192.0.2.2:80", "[2001:db8::2]:80"} {
		to := netip.MustParseAddrPort(host)
		l := listenTCP(t, b, to, 8)
		c := dialTCP(t, a, to)
		eventually(t, func() bool { return c.state() == tcp.StateEstablished }, "connected to "+host)
		eventually(t, func() bool { _, _, err := l.Accept(nil); return err == nil }, "accepted "+host)
		c.Close()
		l.Close()
	}
}

func TestLoopbackAndOwnAddressesConnect(t *testing.T) {
	_, b := newPair(t, 1500)
	for _, host := range []string{"127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "192.0.2.2:80", "[2001:db8::2]:80"} {
		to := netip.MustParseAddrPort(host)
		l := listenTCP(t, b, to, 8)
		c := dialTCP(t, b, to)
		eventually(t, func() bool { return c.state() == tcp.StateEstablished }, "connected to "+host)
		c.Close()
		l.Close()
	}
}
