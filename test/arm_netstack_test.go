package test

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

// netstackArm is the userspace stack over an in-memory link: the contract on
// one stack, the peers' connections on another. No kernel socket is involved.
type netstackArm struct{}

func (netstackArm) Name() string { return "netstack" }

// The addresses of both stacks. The peers have one of their own, because a
// stack takes no packet for 127/8 from a link.
var (
	netstackLocals = standIns{
		local1: netip.MustParseAddr("10.1.0.1"),
		local2: netip.MustParseAddr("10.1.0.2"),
		local3: netip.MustParseAddr("10.1.0.3"),
		local6: netip.MustParseAddr("fd00:1::1"),
	}
	netstackPeer4 = netip.MustParseAddr("10.1.0.100")
	netstackPeer6 = netip.MustParseAddr("fd00:1::100")
)

const netstackMTU = 1500

func (netstackArm) Open(needs vectors.Needs) (vectors.World, error) {
	here, there := netstack.Pipe(netstackMTU)
	w := &stackWorld{standIns: netstackLocals, peer4: netstackPeer4, peer6: netstackPeer6}
	if err := w.open("netstack", here, needs); err != nil {
		return nil, errors.Join(err, there.Close())
	}
	peers, err := netstack.New(netstack.Config{
		Name: "peers",
		Interfaces: []netstack.Interface{{
			Link: there, Addresses: []netip.Prefix{onLink(netstackPeer4), onLink(netstackPeer6)},
		}},
	})
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return &netstackWorld{stackWorld: w, peers: peers}, nil
}

// netstackWorld is a stack whose peers live on another one.
type netstackWorld struct {
	*stackWorld
	peers *netstack.Stack
}

func (w *netstackWorld) DialPeer(ctx context.Context, remote netip.AddrPort, recvBuffer int) (vectors.Peer, error) {
	return dialPeer(ctx, w.peers, remote, recvBuffer)
}

// dialPeer connects a peer that lives on a stack.
func dialPeer(ctx context.Context, peers *netstack.Stack, remote netip.AddrPort, recvBuffer int) (vectors.Peer, error) {
	conn, err := peers.DialTCP(ctx, remote, netstack.DialOptions{Control: func(c *netstack.Conn) error {
		if recvBuffer == 0 {
			return nil
		}
		return c.SetReadBuffer(recvBuffer)
	}})
	if err != nil {
		return nil, err
	}
	return conn, conn.SetNoDelay(true)
}

func (w *netstackWorld) Close() error {
	return errors.Join(w.stackWorld.Close(), w.peers.Close())
}

// stackWorld is a node on a stack under test, without peers yet.
type stackWorld struct {
	standIns
	peer4, peer6 netip.Addr
	stack        *netstack.Stack
	node         *transport.Node
}

// open makes the stack, on link, and the node, on a network of that name.
func (w *stackWorld) open(name string, link netstack.Link, needs vectors.Needs) (err error) {
	w.stack, err = netstack.New(netstack.Config{
		Name:       "under test",
		Interfaces: []netstack.Interface{{Link: link, Addresses: w.prefixes()}},
		TCP: netstack.TCPConfig{
			EphemeralPorts: netstack.PortRange{First: needs.PortFirst, Last: needs.PortLast},
		},
	})
	if err != nil {
		return err
	}
	w.node, err = transport.NewNode(transport.Config{
		Network: onstack.Named(w.stack, name), SocketsMax: needs.SocketsMax,
	})
	if err != nil {
		return errors.Join(err, w.stack.Close())
	}
	return nil
}

func (w *stackWorld) Node() *transport.Node { return w.node }

func (*stackWorld) Clock() vectors.Clock { return vectors.WallClock{} }

// Symbol takes the peers' addresses for the loopback ones that a peer on the
// same host would have.
func (w *stackWorld) Symbol(addr netip.Addr) netip.Addr {
	switch addr {
	case w.peer4:
		return local1
	case w.peer6:
		return local6
	}
	return w.standIns.Symbol(addr)
}

// Settle waits for the last ACK of handshakes. One that comes to a full
// backlog is dropped and leaves its connection half-open, hence the limit.
func (w *stackWorld) Settle() {
	const asksMax = 100
	for range asksMax {
		w.stack.Settle()
		if w.stack.Stats().Sockets.TCP[netstack.StateSynReceived.String()] == 0 {
			return
		}
		w.Clock().Sleep(time.Millisecond)
	}
}

func (w *stackWorld) Close() error {
	return errors.Join(w.node.Close(), w.stack.Close())
}
