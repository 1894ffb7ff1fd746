//go:build linux || darwin || freebsd

package pool_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

// patience is the limit for things that must happen.
const patience = 20 * time.Second

func newNode(t *testing.T, n transport.Network) *transport.Node {
	t.Helper()
	node, err := transport.NewNode(transport.Config{Network: n})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	return node
}

// start starts a pool on loopback; the test's end closes it.
func start(t *testing.T, cfg pool.Config) *pool.Pool {
	t.Helper()
	if cfg.Node == nil {
		cfg.Node = newNode(t, transport.Kernel())
	}
	if cfg.Listener == nil {
		cfg.Options = append([]transport.Option{transport.IPLoopback()}, cfg.Options...)
	}
	p, err := pool.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func addr(t *testing.T, p *pool.Pool) netip.AddrPort {
	t.Helper()
	a, err := p.Addr()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func dial(t *testing.T, a netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", a.String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// wantEcho sends a word and reads it back.
func wantEcho(t *testing.T, c net.Conn, word string) {
	t.Helper()
	if _, err := io.WriteString(c, word); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(word))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != word {
		t.Fatalf("echo of %q: %q, %v", word, got, err)
	}
}

// echo is a handler.
func echo(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
	for {
		data, err := tcp.Receive(s, 0, transport.Infinity)
		if err != nil || tcp.Send(s, data.Data) != nil {
			return
		}
	}
}

func TestPoolServesEachConnectionWithAnOwnerOfItsOwn(t *testing.T) {
	owners := make(chan *transport.Owner, 50)
	p := start(t, pool.Config{Name: "echo", Handler: func(ctx context.Context, tcp *transport.TCP, s *transport.Socket) {
		if s.Owner() != tcp.Owner() {
			t.Errorf("the socket's owner is %v, not the handler's %v", s.Owner(), tcp.Owner())
		}
		owners <- tcp.Owner()
		echo(ctx, tcp, s)
	}})
	var conns []net.Conn
	for range cap(owners) {
		conns = append(conns, dial(t, addr(t, p)))
	}
	for _, c := range conns {
		wantEcho(t, c, "hello")
	}
	seen := map[*transport.Owner]bool{}
	for range conns {
		seen[<-owners] = true
	}
	if len(seen) != len(conns) {
		t.Errorf("%d owners for %d connections", len(seen), len(conns))
	}
	if info := p.Info(); info.Accepted != 50 || info.Active != 50 || info.Acceptors != 10 {
		t.Errorf("%+v", info)
	}
	for _, c := range conns {
		_ = c.Close()
	}
	wait.Until(t, func() bool { return p.Info().Served == 50 && p.Info().Active == 0 }, "all handlers returned")
}

func TestPoolGivesItsDefaultOptions(t *testing.T) {
	got := make(chan []transport.Option, 1)
	p := start(t, pool.Config{Handler: func(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
		opts, err := tcp.GetOpts(s, "mode", "active", "packet", "nodelay")
		if err != nil {
			t.Error(err)
		}
		got <- opts
	}})
	dial(t, addr(t, p))
	want := []transport.Option{
		{Name: "mode", Value: transport.ModeBinary}, {Name: "active", Value: false},
		{Name: "packet", Value: transport.PacketRaw}, {Name: "nodelay", Value: true},
	}
	for i, o := range <-got {
		if o != want[i] {
			t.Errorf("%v, want %v", o, want[i])
		}
	}
}

// TestActiveDataReachesTheHandler: what is delivered before the hand-over
// moves with the socket.
func TestActiveDataReachesTheHandler(t *testing.T) {
	got := make(chan transport.Message, 1)
	p := start(t, pool.Config{
		Options: []transport.Option{transport.Active(true), transport.Packet(transport.PacketLine)},
		Handler: func(_ context.Context, tcp *transport.TCP, _ *transport.Socket) {
			m, _ := tcp.Owner().Receive(patience)
			got <- m
		},
	})
	if _, err := io.WriteString(dial(t, addr(t, p)), "line\n"); err != nil {
		t.Fatal(err)
	}
	if d, ok := (<-got).(transport.Data); !ok || string(d.Payload.Data) != "line\n" {
		t.Fatalf("%#v", d)
	}
}

func TestConnectionsMaxPausesTheAcceptors(t *testing.T) {
	p := start(t, pool.Config{Handler: echo, ConnectionsMax: 2, Acceptors: 3})
	first, second := dial(t, addr(t, p)), dial(t, addr(t, p))
	wantEcho(t, first, "one")
	wantEcho(t, second, "two")
	third := dial(t, addr(t, p)) // the backlog has room
	if _, err := io.WriteString(third, "three"); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, func() bool { return p.Info().Paused == 3 }, "all acceptors paused")
	if info := p.Info(); info.Accepted != 2 || info.Active != 2 {
		t.Fatalf("%+v, want two connections accepted", info)
	}
	_ = first.Close()
	got := make([]byte, 5)
	if _, err := io.ReadFull(third, got); err != nil || string(got) != "three" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestPanicOfAHandlerIsContained(t *testing.T) {
	p := start(t, pool.Config{Handler: func(ctx context.Context, tcp *transport.TCP, s *transport.Socket) {
		data, err := tcp.Receive(s, 4, patience)
		if err == nil && string(data.Data) == "boom" {
			panic("boom")
		}
		echo(ctx, tcp, s)
	}})
	other, victim := dial(t, addr(t, p)), dial(t, addr(t, p))
	if _, err := io.WriteString(other, "fine"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(victim, "boom"); err != nil {
		t.Fatal(err)
	}
	if _, err := victim.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the victim reads %v, want EOF", err)
	}
	wantEcho(t, other, "still here")
	wait.Until(t, func() bool { return p.Info().Crashed == 1 }, "the crash is counted")
	if info := p.Info(); info.Active != 1 {
		t.Errorf("%+v, want one connection left", info)
	}
}

// A handler that crashes is started again on the same connection, as often as
// the configuration says and no more.
func TestCrashedHandlerIsStartedAgain(t *testing.T) {
	p := start(t, pool.Config{HandlerRestartsMax: 2, Handler: func(ctx context.Context, tcp *transport.TCP, s *transport.Socket) {
		for {
			data, err := tcp.Receive(s, 4, patience)
			if err != nil {
				return
			}
			if string(data.Data) == "boom" {
				panic("boom")
			}
			_ = tcp.Send(s, data.Data)
		}
	}})
	client := dial(t, addr(t, p))
	for range 2 {
		if _, err := io.WriteString(client, "boom"); err != nil {
			t.Fatal(err)
		}
		wantEcho(t, client, "back")
	}
	if info := p.Info(); info.Crashed != 2 || info.HandlerRestarts != 2 || info.Active != 1 || info.Served != 0 {
		t.Errorf("%+v, want two crashes, two restarts, one connection being served", info)
	}
	if _, err := io.WriteString(client, "boom"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the third crash the client reads %v, want EOF", err)
	}
	wait.Until(t, func() bool { return p.Info().Served == 1 }, "the connection has been served")
	if info := p.Info(); info.Crashed != 3 || info.HandlerRestarts != 2 || info.Active != 0 {
		t.Errorf("%+v, want three crashes, two restarts, nothing left", info)
	}
}

func TestListenerOpenedBeforeIsHandedOver(t *testing.T) {
	node := newNode(t, transport.Kernel())
	owner := node.NewOwner("opener")
	l, err := owner.TCP().Listen(0, transport.IPLoopback(), transport.Binary(), transport.Active(false))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, pool.Config{Node: node, Listener: l, Handler: echo})
	if l.Owner() == owner {
		t.Error("the listener still has its first owner")
	}
	owner.Exit()
	wantEcho(t, dial(t, addr(t, p)), "hello")
	_ = p.Close()
	if l.Owner() != nil {
		t.Error("the pool has left its listener open")
	}
}
