//go:build linux || darwin || freebsd

package transport

import (
	"errors"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

// newNode returns a node on the kernel's loopback that the test closes.
func newNode(t *testing.T, cfg Config) *Node {
	t.Helper()
	if cfg.Network == nil {
		cfg.Network = Kernel()
	}
	n, err := NewNode(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// pair returns a listener's owner and socket, the socket that it accepts with
// opts, and a passive raw connection to that.
func pair(t *testing.T, n *Node, opts ...Option) (server *Owner, accepted, dialled *Socket) {
	t.Helper()
	server = n.NewOwner("server")
	l := listen(t, server, opts...)
	dialled = dial(t, n.NewOwner("client"), l)
	return server, accept(t, server, l), dialled
}

func listen(t *testing.T, o *Owner, opts ...Option) *Socket {
	t.Helper()
	l, err := o.TCP().Listen(0, append([]Option{IPLoopback(), Binary()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func dial(t *testing.T, o *Owner, l *Socket, opts ...Option) *Socket {
	t.Helper()
	addr, err := o.TCP().SockName(l)
	if err != nil {
		t.Fatal(err)
	}
	s, err := o.TCP().Connect(addr, Infinity, append([]Option{Active(false), NoDelay(true)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func accept(t *testing.T, o *Owner, l *Socket) *Socket {
	t.Helper()
	s, err := o.TCP().Accept(l, Infinity)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, s *Socket, data IOData) {
	t.Helper()
	if err := s.node.NewOwner("sender").TCP().Send(s, data); err != nil {
		t.Fatal(err)
	}
}

// wantReason fails unless err is gen_tcp's atom.
func wantReason(t *testing.T, err error, atom string) {
	t.Helper()
	if Reason(err) != atom {
		t.Errorf("error %v, want %q", err, atom)
	}
}

func TestNewNodeNamesTheField(t *testing.T) {
	for field, cfg := range map[string]Config{
		"Config.Network":         {},
		"Config.Networks":        {Network: Kernel(), Networks: map[string]Network{"tun": nil}},
		"Config.MailboxBytesMax": {Network: Kernel(), MailboxBytesMax: -1},
	} {
		_, err := NewNode(cfg)
		if !errors.Is(err, ErrBadArg) || !strings.Contains(err.Error(), field) {
			t.Errorf("NewNode without a good %s: %v", field, err)
		}
	}
}

func TestNodeClosedLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		n := newNode(t, Config{})
		server, accepted, dialled := pair(t, n, Active(true), SndBuf(4096))
		l := listen(t, server)
		client := n.NewOwner("blocked")
		blocked := make(chan error, 3)
		go func() { _, err := client.TCP().Accept(l, Infinity); blocked <- err }()
		go func() { _, err := client.TCP().Receive(dialled, 1, Infinity); blocked <- err }()
		go func() { _, err := client.Receive(Infinity); blocked <- err }()
		send(t, accepted, make([]byte, stuckBytes)) // stays queued: a pump is at work
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := <-blocked; err != nil && !errors.Is(err, ErrClosed) {
				t.Errorf("blocked call: %v, want ErrClosed", err)
			}
		}
		if len(n.sockets) != 0 || n.held != 0 || n.jobs != 0 || len(n.owners) != 0 {
			t.Fatalf("left: %d sockets, %d held, %d jobs, %d owners", len(n.sockets), n.held, n.jobs, len(n.owners))
		}
		_, err := server.TCP().Listen(0)
		wantReason(t, err, "closed")
		_, err = n.NewOwner("late").Receive(Infinity)
		wantReason(t, err, "closed")
	}
	wait.Until(t, func() bool { return runtime.NumGoroutine() <= before }, "all goroutines gone")
}

func TestSocketsMaxKeepsTheConnectionQueued(t *testing.T) {
	n := newNode(t, Config{SocketsMax: 2})
	o := n.NewOwner("o")
	l := listen(t, o)
	clients := newNode(t, Config{})
	peer := clients.NewOwner("peer")
	addr, _ := o.TCP().SockName(l)
	var sent []*Socket
	for range 2 {
		s, err := peer.TCP().Connect(addr, Infinity)
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, s)
	}
	first := accept(t, o, l)
	send(t, sent[1], "still here")
	for range 3 {
		_, err := o.TCP().Accept(l, Infinity)
		wantReason(t, err, "system_limit")
	}
	_, err := o.TCP().Listen(0)
	wantReason(t, err, "system_limit")
	_, err = o.TCP().Connect(addr, Infinity)
	wantReason(t, err, "system_limit")
	if err := o.TCP().Close(first); err != nil {
		t.Fatal(err)
	}
	second := accept(t, o, l)
	if err := o.TCP().SetOpts(second, Active(false)); err != nil {
		t.Fatal(err)
	}
	m, err := o.ReceiveFrom(second, 0) // delivered, or still in the network
	if err == nil {
		if got := m.(Data).Payload.Data; string(got) != "still here" {
			t.Errorf("message %q", got)
		}
		return
	}
	p, err := o.TCP().Receive(second, 0, Infinity)
	if err != nil || string(p.Data) != "still here" {
		t.Errorf("received %q, %v", p.Data, err)
	}
}

func TestTCPModuleChoosesTheNetwork(t *testing.T) {
	other := &namedNetwork{Network: Kernel(), name: "other"}
	n := newNode(t, Config{Networks: map[string]Network{"other": other}})
	tcp := n.NewOwner("o").TCP()
	if tcp.Name() != "kernel" {
		t.Errorf("Name is %q", tcp.Name())
	}
	for _, opt := range []Option{TCPModule("other"), OnNetwork(other)} {
		before := other.listens
		if _, err := tcp.Listen(0, IP(netip.MustParseAddr("127.0.0.1")), opt); err != nil {
			t.Fatal(err)
		}
		if other.listens != before+1 {
			t.Errorf("option %v did not choose its network", opt)
		}
	}
	_, err := tcp.Listen(0, TCPModule("missing"))
	wantReason(t, err, "badarg")
}
