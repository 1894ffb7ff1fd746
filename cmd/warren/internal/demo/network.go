package demo

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/netstack/pcap"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

const (
	mtu        = 1500
	clientPort = 49152
	timeWait   = 300 * time.Millisecond // for the demo's patience; 60 s by default

	// patience is for waits that only a defect would make long.
	patience = 30 * time.Second
)

var (
	clientPrefix = netip.MustParsePrefix("10.0.0.1/24")
	serverPrefix = netip.MustParsePrefix("10.0.0.2/24")
)

// network is two hosts and the link between them.
type network struct {
	sides   [2]host // by ladder.Side
	log     sightings
	capture *pcap.Writer // nil without one
}

// host is a stack and the node of the Transport contract on it.
type host struct {
	stack *netstack.Stack
	node  *transport.Node
}

// newNetwork makes both hosts. The capture, if there is one, sees the link
// from the client.
func newNetwork(capture io.Writer) (*network, error) {
	n := &network{}
	left, right := netstack.Pipe(mtu)
	if capture != nil {
		var err error
		if n.capture, err = pcap.NewWriter(capture, pcap.Config{}); err == nil {
			left, err = pcap.NewLink(left, n.capture, "eth0")
		}
		if err != nil {
			return nil, errors.Join(err, left.Close(), right.Close())
		}
	}
	client, errClient := newHost("client", &tap{Link: left, side: ladder.Left, log: &n.log}, clientPrefix)
	server, errServer := newHost("server", &tap{Link: right, side: ladder.Right, log: &n.log}, serverPrefix)
	n.sides = [2]host{client, server}
	if err := errors.Join(errClient, errServer); err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

// newHost makes a stack with one address, and a node on it. The stack owns the
// link, also when it cannot be made.
func newHost(name string, link netstack.Link, address netip.Prefix) (host, error) {
	s, err := netstack.New(netstack.Config{
		Name:       name,
		Interfaces: []netstack.Interface{{Link: link, Addresses: []netip.Prefix{address}}},
		TCP: netstack.TCPConfig{
			EphemeralPorts: netstack.PortRange{First: clientPort, Last: clientPort},
			TimeWait:       timeWait,
			// Nothing is lost here. A busy machine must not look as if it were.
			NoRACK: true,
			RTOMin: patience,
		},
	})
	if err != nil {
		return host{}, err
	}
	node, err := transport.NewNode(transport.Config{Network: onstack.New(s)})
	return host{stack: s, node: node}, err
}

// close ends the nodes, the stacks and the capture. Idempotent.
func (n *network) close() error {
	var errs []error
	for _, h := range n.sides {
		if h.node != nil {
			errs = append(errs, h.node.Close())
		}
		if h.stack != nil {
			errs = append(errs, h.stack.Close())
		}
	}
	if n.capture != nil {
		errs = append(errs, n.capture.Close())
	}
	return errors.Join(errs...)
}

// rest waits until no packet is under way and both stacks have processed all
// that arrived: all was delivered before they settled, and that made them send
// nothing more.
func (n *network) rest() error {
	return await("the network to come to rest", func() bool {
		before, delivered := n.log.counts()
		if before != delivered {
			return false
		}
		for _, h := range n.sides {
			h.stack.Settle()
		}
		sent, _ := n.log.counts()
		return sent == before
	})
}

// await polls until done says so.
func await(what string, done func() bool) error {
	for start := time.Now(); !done(); runtime.Gosched() {
		if time.Since(start) > patience {
			return fmt.Errorf("demo: waited %v for %s", patience, what)
		}
	}
	return nil
}

// awaitSlowly polls for what takes the stack's timers.
func awaitSlowly(what string, done func() bool) error {
	return await(what, func() bool {
		if done() {
			return true
		}
		time.Sleep(time.Millisecond)
		return false
	})
}

// inState reports whether the host has a connection in the given state.
func (h host) inState(state string) bool {
	for _, s := range h.stack.Sockets() {
		if s.State == state {
			return true
		}
	}
	return false
}
