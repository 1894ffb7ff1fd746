package transporttest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// Harness is what a subtest runs on: a network that listens and one that
// connects to it, the same value or another. It is made anew for each
// subtest; what it holds open is closed with t.Cleanup.
type Harness struct {
	// Server is the network under test.
	Server transport.Network
	// Client is a network from which Addr can be reached.
	Client transport.Network
	// Addr is an address of Server that sockets can be bound to.
	Addr netip.Addr
	// Clock and Scheduler are those of the nodes; nil as in transport.Config.
	Clock     transport.Clock
	Scheduler transport.Scheduler
}

// Run runs the suite, each promise of the contract as a subtest on a harness
// of its own.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for _, cases := range [][]testCase{
		listenCases, backlogCases, acceptCases, receiveCases, activeCases, ownerCases, sendCases, endCases,
	} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { c.run(t, newWorld(t, open(t))) })
		}
	}
}

// testCase is one promise.
type testCase struct {
	name string
	run  func(t *testing.T, w *world)
}

const (
	// patience is how long something that must happen may take.
	patience = 20 * time.Second
	// moment is how long a subtest watches that nothing happens.
	moment = 50 * time.Millisecond
)

// world is a harness with a node at each end.
type world struct {
	Harness
	server, client *transport.Owner
	idle           *transport.Owner // nobody writes to it: waiting on it passes time

	serverNode, clientNode *transport.Node
}

func newWorld(t *testing.T, h Harness) *world {
	t.Helper()
	w := &world{Harness: h}
	w.serverNode = w.node(t, h.Server, 0)
	w.clientNode = w.node(t, h.Client, 0)
	w.server = w.serverNode.NewOwner("server")
	w.client = w.clientNode.NewOwner("client")
	w.idle = w.clientNode.NewOwner("idle")
	return w
}

// node makes a node that ends with the subtest.
func (w *world) node(t *testing.T, n transport.Network, socketsMax int) *transport.Node {
	t.Helper()
	node, err := transport.NewNode(transport.Config{
		Network: n, Clock: w.Clock, Scheduler: w.Scheduler, SocketsMax: socketsMax,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	return node
}

// listen opens a passive binary listener of owner on the harness's address.
func (w *world) listen(t *testing.T, owner *transport.Owner, opts ...transport.Option) *transport.Socket {
	t.Helper()
	opts = append([]transport.Option{transport.Binary(), transport.Active(false), transport.IP(w.Addr)}, opts...)
	l, err := owner.TCP().Listen(0, opts...)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	return l
}

// connect connects owner to listener, passive and binary.
func (w *world) connect(t *testing.T, owner *transport.Owner, listener *transport.Socket, opts ...transport.Option) *transport.Socket {
	t.Helper()
	s, err := w.tryConnect(t, owner, listener, patience, opts...)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return s
}

func (w *world) tryConnect(t *testing.T, owner *transport.Owner, listener *transport.Socket, timeout time.Duration, opts ...transport.Option) (*transport.Socket, error) {
	t.Helper()
	port, err := w.server.TCP().Port(listener)
	if err != nil {
		t.Fatalf("port: %v", err)
	}
	opts = append([]transport.Option{transport.Binary(), transport.Active(false)}, opts...)
	return owner.TCP().Connect(netip.AddrPortFrom(w.Addr, uint16(port)), timeout, opts...)
}

// pair returns both ends of a connection, the server's with the options.
func (w *world) pair(t *testing.T, opts ...transport.Option) (server, client *transport.Socket) {
	t.Helper()
	l := w.listen(t, w.server, opts...)
	client = w.connect(t, w.client, l)
	return accept(t, w.server, l), client
}

func accept(t *testing.T, owner *transport.Owner, l *transport.Socket) *transport.Socket {
	t.Helper()
	s, err := owner.TCP().Accept(l, patience)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	return s
}

func send(t *testing.T, owner *transport.Owner, s *transport.Socket, data transport.IOData) {
	t.Helper()
	if err := owner.TCP().Send(s, data); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// wantReceive receives length bytes (0: what is there) and compares.
func wantReceive(t *testing.T, owner *transport.Owner, s *transport.Socket, length int, want string) {
	t.Helper()
	got, err := owner.TCP().Receive(s, length, patience)
	if err != nil || string(got.Data) != want {
		t.Fatalf("receive(%d): %q, %v, want %q", length, got.Data, err, want)
	}
}

// wantReason checks that err is gen_tcp's reason, one of those given.
func wantReason(t *testing.T, what string, err error, reasons ...string) {
	t.Helper()
	for _, reason := range reasons {
		if err != nil && transport.Reason(err) == reason {
			return
		}
	}
	t.Fatalf("%s: %v, want %v", what, err, reasons)
}

// pass lets time go by on the node's clock.
func (w *world) pass(t *testing.T, d time.Duration) {
	t.Helper()
	_, err := w.idle.Receive(d)
	wantReason(t, "receive of an idle owner", err, "timeout")
}

// settle gives the server's network time to put the connections of clients
// that are connected into the backlog: a client is connected when the SYN-ACK
// has come, the backlog is fuller when its answer has been processed. A
// handshake that overlaps that moment is let in, on Linux too, and two that
// overlap may change places.
func (w *world) settle(t *testing.T) {
	t.Helper()
	w.pass(t, 4*moment)
}

// until polls ok.
func (w *world) until(t *testing.T, ok func() bool, what string) {
	t.Helper()
	const step = 2 * time.Millisecond
	for range patience / step {
		if ok() {
			return
		}
		w.pass(t, step)
	}
	t.Fatalf("not within %v: %s", patience, what)
}

// async runs f, a call that blocks, beside the subtest.
func async[T any](f func() (T, error)) <-chan result[T] {
	ch := make(chan result[T], 1)
	go func() {
		value, err := f()
		ch <- result[T]{value, err}
	}()
	return ch
}

type result[T any] struct {
	value T
	err   error
}

// await returns what the call of async answered.
func await[T any](t *testing.T, w *world, ch <-chan result[T], what string) (r result[T]) {
	t.Helper()
	w.until(t, func() bool {
		select {
		case r = <-ch:
			return true
		default:
			return false
		}
	}, what)
	return r
}

// wantPending checks that the call of async has not returned.
func wantPending[T any](t *testing.T, w *world, ch <-chan result[T], what string) {
	t.Helper()
	w.pass(t, moment)
	select {
	case r := <-ch:
		t.Fatalf("%s: returned %v, %v, want it to wait", what, r.value, r.err)
	default:
	}
}
