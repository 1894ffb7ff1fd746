package engine

import (
	"fmt"
	"slices"
)

// A host that is paused stands still as a virtual machine does that is
// stopped. Its clock keeps the timers that expire, and the network keeps the
// packets that reach it and those that it sends all the same. When it goes on,
// all of that happens at once, in the order in which it would have happened.

// keptMax bounds the packets that are kept for a paused host in each
// direction, like the queue of a virtual machine's network interface. What
// comes beyond is dropped as DropPaused.
const keptMax = 1000

// Pause keeps back the timers of this clock from now on, those that are set
// later included. They can be stopped meanwhile. It does not stop the time
// that Now shows.
func (c *HostClock) Pause() {
	e := c.events
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.paused == nil {
		e.paused = map[int32]bool{}
	}
	e.paused[c.rank] = true
}

// Resume lets the timers go on. Those that were kept back are the next
// events, in the order of the instants at which they expired.
func (c *HostClock) Resume() {
	e := c.events
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.paused, c.rank)
	e.parked = slices.DeleteFunc(e.parked, func(k eventKey) bool {
		if k.rank == c.rank {
			e.heap.putBack(k)
		}
		return k.rank == c.rank
	})
}

// parkLocked takes events of paused clocks away from the front.
func (e *Events) parkLocked() {
	for len(e.paused) > 0 && len(e.heap.order) > 0 && e.paused[e.heap.order[0].rank] {
		e.parked = append(e.parked, e.heap.takeOut())
	}
}

// unparkLocked removes an event that was kept back, if it is one.
func (e *Events) unparkLocked(slot int32) {
	e.parked = slices.DeleteFunc(e.parked, func(k eventKey) bool { return k.slot == slot })
}

// note is a place in the order of events: now, and behind all that was set
// before.
func (e *Events) note() eventKey {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seq++
	return eventKey{at: e.now, seq: e.seq}
}

// again lets something happen as soon as possible that was due at a place in
// the order.
func (e *Events) again(k eventKey, what happening) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heap.push(k, what)
}

// takeOut removes the first event from the order but keeps its slot.
func (h *eventHeap) takeOut() eventKey {
	k := h.order[0]
	h.cut(0)
	h.slots[k.slot].place = parkedPlace
	return k
}

// putBack is the opposite of takeOut.
func (h *eventHeap) putBack(k eventKey) {
	h.order = append(h.order, k)
	h.up(len(h.order) - 1)
}

// keptPacket is a packet that has reached a paused host.
type keptPacket struct {
	due eventKey
	tr  *transit
}

// Pause keeps back the packets that reach a host, or that it sends, from now
// on: up to 1000 in each direction; those beyond are dropped. The host's clock
// is paused by itself. An unknown host, or a router, is an error.
func (n *Network) Pause(host string) error {
	nd, err := n.hostNode(host)
	if err == nil {
		nd.paused = true
	}
	return err
}

// Resume lets the packets go on that were kept back: what had arrived is
// delivered by the next events, what was sent leaves with the next Forward.
func (n *Network) Resume(host string) error {
	nd, err := n.hostNode(host)
	if err != nil {
		return err
	}
	nd.paused = false
	for _, k := range nd.arrived {
		n.events.again(k.due, k.tr)
	}
	n.mu.Lock()
	n.kept -= len(nd.arrived) + len(nd.sent)
	n.egress = slices.Concat(nd.sent, n.egress)
	n.mu.Unlock()
	nd.arrived, nd.sent = nil, nil
	return nil
}

// Discard drops the packets that are kept back for a host, as when it is
// switched off. They count as DropNobody.
func (n *Network) Discard(host string) error {
	nd, err := n.hostNode(host)
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.kept -= len(nd.arrived) + len(nd.sent)
	n.mu.Unlock()
	for _, k := range nd.arrived {
		k.tr.path.drop(k.tr, DropNobody)
	}
	for _, tr := range nd.sent {
		n.lost(tr, DropNobody)
	}
	nd.arrived, nd.sent = nil, nil
	return nil
}

func (n *Network) hostNode(host string) (*node, error) {
	nd := n.nodes[host]
	if nd == nil || nd.router {
		return nil, fmt.Errorf("sim: there is no host %q that could be paused: name one that has ports and is no router", host)
	}
	return nd, nil
}

// keepArrived takes a packet that has reached a paused host.
func (nd *node) keepArrived(tr *transit) {
	if len(nd.arrived) >= keptMax {
		tr.path.drop(tr, DropPaused)
		return
	}
	nd.arrived = append(nd.arrived, keptPacket{tr.net.events.note(), tr})
	tr.net.countKept()
}

// keepSent takes a packet that a paused host has sent.
func (nd *node) keepSent(tr *transit) {
	if len(nd.sent) >= keptMax {
		tr.net.lost(tr, DropPaused)
		return
	}
	nd.sent = append(nd.sent, tr)
	tr.net.countKept()
}

func (n *Network) countKept() {
	n.mu.Lock()
	n.kept++
	n.mu.Unlock()
}

// takeKept gives up the packets that are kept for all hosts.
func (n *Network) takeKept() []*transit {
	var taken []*transit
	for _, p := range n.ports {
		nd := p.node
		for _, k := range nd.arrived {
			taken = append(taken, k.tr)
		}
		taken = append(taken, nd.sent...)
		nd.arrived, nd.sent = nil, nil
	}
	n.mu.Lock()
	n.kept = 0
	n.mu.Unlock()
	return taken
}
