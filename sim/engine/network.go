package engine

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Judge decides what faults do to a packet. A set of faults is one.
type Judge interface {
	// Judge is called by the goroutine that steps, once for each packet on
	// each path, in an order that is the same in every run. It borrows p.
	Judge(p *fault.Packet) fault.Verdict
}

// Config is what a Network is made of.
type Config struct {
	Seed   uint64     // of all draws
	Events *Events    // required
	Judge  Judge      // nil: no faults
	Trace  *Trace     // nil: none is kept
	Path   PathConfig // of all paths that are not configured on their own

	// Unordered keeps what leaves in one instant in the order of the Send
	// calls. It is there to show, in a test, that runs differ then.
	Unordered bool

	// NewPacket makes a packet of bytes, which it borrows: for corrupted
	// copies and for "packet too big". Required. It returns one reference.
	NewPacket func(b []byte) Packet
}

// Network joins ports by paths. Send may be called from any goroutine; all
// other methods belong to the one that steps.
type Network struct {
	seed      uint64
	events    *Events
	judge     Judge
	trace     *Trace
	newPacket func(b []byte) Packet
	pathCfg   PathConfig
	unordered bool

	topology
	paths map[pathEnds]*Path
	ways  map[wayKey]way
	outs  map[outKey]*Port

	mu     sync.Mutex
	closed bool
	egress []*transit // sent, not forwarded yet
	spare  []*transit // the other buffer of egress
	unused *transit   // a list of free ones
	alive  int        // those that are not free
	kept   int        // those of them that are kept for paused hosts
}

// New returns a network without ports.
func New(cfg Config) (*Network, error) {
	if cfg.Events == nil {
		return nil, errors.New("sim: Config.Events is nil: the network needs the events of its world")
	}
	if cfg.NewPacket == nil {
		return nil, errors.New("sim: Config.NewPacket is nil: the network needs to know how packets are made")
	}
	if err := cfg.Path.check(); err != nil {
		return nil, err
	}
	return &Network{
		seed: cfg.Seed, events: cfg.Events, judge: cfg.Judge, trace: cfg.Trace,
		newPacket: cfg.NewPacket, pathCfg: cfg.Path, unordered: cfg.Unordered,
		topology: topology{nodes: map[string]*node{}, byAddr: map[netip.Addr]*Port{}},
		paths:    map[pathEnds]*Path{}, ways: map[wayKey]way{}, outs: map[outKey]*Port{},
	}, nil
}

// Send takes over one reference of pkt, which leaves its host through port
// at the next Forward. It may be called from any goroutine and does not call
// back. The order of two packets of one flow is that of their Send calls;
// the order of others does not matter. After Close it drops what it is given.
func (n *Network) Send(port *Port, pkt Packet) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		pkt.Release()
		return
	}
	tr := n.transitLocked()
	tr.pkt, tr.port = pkt, port
	n.egress = append(n.egress, tr)
}

// Forward puts what was sent since the last time on its paths, ordered by
// host, interface, flow, and order within the flow, and returns how many
// packets those were.
func (n *Network) Forward() int {
	n.mu.Lock()
	batch := n.egress
	n.egress = n.spare[:0]
	n.mu.Unlock()
	for _, tr := range batch {
		tr.look()
	}
	if !n.unordered {
		slices.SortStableFunc(batch, inOrder)
	}
	for _, tr := range batch {
		if nd := tr.port.node; nd.paused {
			nd.keepSent(tr)
		} else {
			n.leave(tr)
		}
	}
	clear(batch)
	n.mu.Lock()
	n.spare = batch[:0]
	n.mu.Unlock()
	return len(batch)
}

// inOrder compares by host, interface and flow.
func inOrder(a, b *transit) int {
	if a.port != b.port {
		return cmp.Or(strings.Compare(a.port.host, b.port.host), strings.Compare(a.port.name, b.port.name))
	}
	return a.seen.Flow.Compare(b.seen.Flow)
}

// Waiting reports whether packets were sent since the last Forward.
func (n *Network) Waiting() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.egress) > 0
}

// InFlight counts the packets that are in the network, copies and those that
// wait for the next Forward included, but not those that are kept for paused
// hosts.
func (n *Network) InFlight() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.alive - n.kept
}

// leave puts a packet on the path from its port.
func (n *Network) leave(tr *transit) {
	w := n.wayOf(tr.port, tr.seen.Flow.Dst.Addr())
	if w.path == nil {
		n.lost(tr, DropNoRoute)
		return
	}
	w.path.enter(tr)
}

// lost drops a packet that finds no path from its port.
func (n *Network) lost(tr *transit, why Drop) {
	tr.path = nil
	tr.port.Lost[why]++
	n.trace.lost(tr, n.events.Now(), why)
	n.free(tr)
}

// Path returns the path from one port to a neighbour, made with Config.Path
// when it is new.
func (n *Network) Path(from, to *Port) (*Path, error) {
	if from == nil || to == nil {
		return nil, errors.New("sim: a path needs two ports; one of them is nil")
	}
	if !from.reaches(to) {
		return nil, fmt.Errorf("sim: no path from %s to %s: they have no subnet in common; give them addresses of one prefix, or configure the paths by way of a router", from.name, to.name)
	}
	return n.pathOf(from, to), nil
}

// Paths lists the paths that were configured or used, by name.
func (n *Network) Paths() []*Path {
	list := make([]*Path, 0, len(n.paths))
	for _, p := range n.paths {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *Path) int { return strings.Compare(a.name, b.name) })
	return list
}

type pathEnds struct{ from, to *Port }

func (n *Network) pathOf(from, to *Port) *Path {
	p := n.paths[pathEnds{from, to}]
	if p == nil {
		p = newPath(n, from, to, n.pathCfg)
		n.paths[pathEnds{from, to}] = p
	}
	return p
}
