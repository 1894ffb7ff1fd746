package netstack

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newPairWith is newPair with TCP settings for the first stack.
func newPairWith(t testing.TB, tcp TCPConfig) (a, b *Stack) {
	t.Helper()
	x, y := Pipe(1500)
	a = mustNew(t, Config{TCP: tcp, Interfaces: []Interface{{Link: x, Addresses: pairAddresses(1)}}})
	b = mustNew(t, Config{Interfaces: []Interface{{Link: y, Addresses: pairAddresses(2)}}})
	return a, b
}

// TestCallsWithoutAPortAreCounted tells a range that has no free port from one
// port that is taken.
func TestCallsWithoutAPortAreCounted(t *testing.T) {
	a, b := newPairWith(t, TCPConfig{EphemeralPorts: PortRange{First: 40000, Last: 40001}})
	mustListen(t, b, port80, ListenOptions{})
	mustListen(t, b, netip.MustParseAddrPort("192.0.2.2:81"), ListenOptions{})
	first, second := mustDial(t, a, port80), mustDial(t, a, port80)
	check := func(what string, err error, want syscall.Errno, exhausted, inUse uint64) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if s := a.Stats().TCP; s.PortsExhausted != exhausted || s.PortsInUse != inUse {
			t.Errorf("after %s: %d exhausted, %d in use; want %d and %d", what, s.PortsExhausted, s.PortsInUse, exhausted, inUse)
		}
	}
	_, err := a.DialTCP(t.Context(), port80, DialOptions{})
	check("a dial too many", err, syscall.EADDRNOTAVAIL, 1, 0)
	_, err = a.ListenTCP(t.Context(), netip.AddrPort{}, ListenOptions{})
	check("a listener on port 0", err, syscall.EADDRINUSE, 2, 0)
	_, err = a.ListenTCP(t.Context(), first.LocalAddrPort(), ListenOptions{})
	check("a listener on the port of a connection", err, syscall.EADDRINUSE, 2, 1)
	mustListen(t, a, netip.MustParseAddrPort("192.0.2.1:90"), ListenOptions{ReuseAddr: true})
	_, err = a.ListenTCP(t.Context(), netip.MustParseAddrPort("[::]:90"), ListenOptions{ReuseAddr: true})
	check("a listener on the port of another", err, syscall.EADDRINUSE, 2, 2)
	_, err = a.DialTCP(t.Context(), port80, DialOptions{Local: second.LocalAddrPort(), ReuseAddr: true})
	if err == nil {
		t.Error("there are two connections between the same addresses and ports")
	}
	if s := a.Stats().TCP; s.PortsExhausted != 2 || s.PortsInUse != 3 {
		t.Errorf("after a dial from a port to where it is connected: %d exhausted, %d in use; want 2 and 3 (%v)", s.PortsExhausted, s.PortsInUse, err)
	}
	for range 2 { // the limit is the pair of addresses and ports, not the port
		mustDial(t, a, netip.MustParseAddrPort("192.0.2.2:81"))
	}
	first.Abort()
	mustDial(t, a, port80)
}

func TestUDPSocketsWithoutAPortAreCounted(t *testing.T) {
	a, _ := newPairWith(t, TCPConfig{EphemeralPorts: PortRange{First: 40000, Last: 40001}})
	open := func(local string) error {
		_, err := a.ListenUDP(t.Context(), netip.MustParseAddrPort(local), PacketOptions{})
		return err
	}
	for _, c := range []struct {
		local            string
		want             error
		exhausted, inUse uint64
	}{
		{"192.0.2.1:0", nil, 0, 0}, {"192.0.2.1:0", nil, 0, 0},
		{"192.0.2.1:0", syscall.EADDRINUSE, 1, 0}, {"192.0.2.1:40000", syscall.EADDRINUSE, 1, 1},
	} {
		err := open(c.local)
		if s := a.Stats().UDP; !errors.Is(err, c.want) || s.PortsExhausted != c.exhausted || s.PortsInUse != c.inUse {
			t.Errorf("%s: %v, %d exhausted, %d in use; want %+v", c.local, err, s.PortsExhausted, s.PortsInUse, c)
		}
	}
	_, err := a.DialContext(t.Context(), "udp", "192.0.2.2:53")
	if n := a.Stats().UDP.PortsExhausted; !errors.Is(err, syscall.EAGAIN) || n != 2 {
		t.Errorf("a dial without a port: %v, %d exhausted; want EAGAIN and 2", err, n)
	}
}

// TestUDPDialsShareThePortRange: the limit is the port, whatever the destination.
func TestUDPDialsShareThePortRange(t *testing.T) {
	a, _ := newPairWith(t, TCPConfig{EphemeralPorts: PortRange{First: 40000, Last: 40001}})
	dial := func(to string) error {
		_, err := a.DialContext(t.Context(), "udp", to)
		return err
	}
	for _, to := range []string{"192.0.2.2:1", "192.0.2.2:2"} {
		if err := dial(to); err != nil {
			t.Error(err)
		}
	}
	if err := dial("192.0.2.3:3"); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("the third: %v, want EAGAIN", err)
	}
}

func TestRefusedSocketsAreCounted(t *testing.T) {
	s := mustNew(t, Config{SocketsMax: 1})
	l := mustListen(t, s, netip.MustParseAddrPort("127.0.0.1:80"), ListenOptions{})
	for range 2 {
		if _, err := s.ListenPacket(t.Context(), "udp", ":0"); !errors.Is(err, ErrSystemLimit) {
			t.Errorf("a socket too many: %v", err)
		}
	}
	if st := s.Stats().Sockets; st.Refused != 2 || st.Open != 1 {
		t.Errorf("%d refused, %d open; want 2 and 1", st.Refused, st.Open)
	}
	l.Close()
	if _, err := s.ListenPacket(t.Context(), "udp", ":0"); err != nil {
		t.Errorf("after release: %v", err)
	}
}

func TestListenersShowTheirQueues(t *testing.T) {
	a, b := newPair(t, 1500)
	l := mustListen(t, b, port80, ListenOptions{Backlog: 2})
	for range 3 {
		mustDial(t, a, port80)
	}
	info := func() *ListenInfo {
		for _, i := range b.Sockets() {
			if i.State == "LISTEN" {
				return i.Listen
			}
		}
		return nil
	}
	eventually(t, func() bool { return info().Waiting == 3 }, "three connections wait")
	background(a, port80)
	eventually(t, func() bool { return info().SYNDrops > 0 }, "the fourth SYN is dropped")
	if i := info(); i.WaitingMax != 3 || i.HalfOpenMax != 2 || i.HalfOpen != 0 {
		t.Errorf("listener %+v, want at most 3 waiting and 2 half open", *i)
	}
	mustAccept(t, l)
	if i := info(); i.Waiting > 3 || i.Waiting < 2 { // the fourth may have come in
		t.Errorf("%d wait after an Accept", i.Waiting)
	}
	for _, i := range b.Sockets() {
		if s := i.String(); i.State == "LISTEN" && !strings.Contains(s, "/3 half-open:0/2 syn-drops:") {
			t.Errorf("the listener is shown as %q", s)
		}
	}
}

// TestHalfOpenConnectionsBelongToTheirListener sends SYNs whose handshakes nobody
// completes.
func TestHalfOpenConnectionsBelongToTheirListener(t *testing.T) {
	s, peer := newRawPeer(t, Config{})
	mustListen(t, s, netip.MustParseAddrPort("[::]:80"), ListenOptions{Backlog: 8})
	mustListen(t, s, netip.MustParseAddrPort("[::]:81"), ListenOptions{Backlog: 2})
	for port := uint16(1); port <= 3; port++ {
		for _, local := range []uint16{80, 81} {
			b := tcpPacket(segment{flags: flagSYN, local: local, remote: port, seq: 1})
			pkt := NewPacket(len(b))
			fill(pkt, b)
			peer.receiver.Deliver([]*Packet{pkt})
			s.Settle()
		}
	}
	got := map[uint16]ListenInfo{}
	for _, i := range s.Sockets() {
		if i.Listen != nil {
			got[i.Local.Port()] = *i.Listen
		}
	}
	if got[80].HalfOpen != 3 || got[81].HalfOpen != 2 {
		t.Errorf("half open: %d and %d, want 3 and 2", got[80].HalfOpen, got[81].HalfOpen)
	}
	if c := s.Stats().TCP.CookiesSent; c != 1 {
		t.Errorf("%d cookies, want 1 for the third SYN to port 81", c)
	}
}

// TestTimeoutInFinWait2IsCounted closes connections in each way; only those
// whose peer never sends its FIN count.
func TestTimeoutInFinWait2IsCounted(t *testing.T) {
	const soon = 20 * time.Millisecond
	for _, c := range []struct {
		name  string
		close func(here, far *Conn)
		count uint64
	}{
		{"the peer never closes", func(here, far *Conn) { here.Close() }, 1},
		{"the peer closes, too", func(here, far *Conn) { here.Close(); far.Close() }, 0},
		{"the peer closes first", func(here, far *Conn) {
			far.Close()
			eventually(t, func() bool { return here.TCPInfo().State == StateCloseWait }, "the FIN is there")
			here.Close()
		}, 0},
		{"both close at once", func(here, far *Conn) { go far.Close(); here.Close() }, 0},
		{"the peer resets", func(here, far *Conn) { here.Close(); far.Abort() }, 0},
		{"reset here", func(here, far *Conn) { here.Abort() }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			finWait2 := soon
			if c.count == 0 {
				finWait2 = time.Minute
			}
			a, b := newPairWith(t, TCPConfig{FinWait2: finWait2, TimeWait: soon})
			l := mustListen(t, b, port80, ListenOptions{})
			here := mustDial(t, a, port80)
			far := mustAccept(t, l)
			c.close(here, far)
			eventually(t, func() bool { return len(a.Sockets()) == 0 }, "the connection is gone")
			eventually(t, func() bool { return a.Stats().TCP.FinWait2Timeouts == c.count }, "the counter is right")
		})
	}
}
