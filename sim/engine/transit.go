package engine

import (
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// transit is a packet on its way through the network. Transits are used
// again, with their memory.
type transit struct {
	net    *Network
	pkt    Packet // one reference
	port   *Port  // that sent it, then the one it goes to next
	path   *Path  // that it is on
	flow   *flowState
	stage  stage
	copy   uint64 // 0 for the packet itself, 1 and up for its copies
	hops   int    // routers passed
	size   int
	id     uint64        // its number in the trace of this path
	queued time.Duration // when it began to wait
	delay  time.Duration // by a fault, out of order
	behind int           // later packets to let pass
	timer  Timer         // that ends the waiting for them
	seen   fault.Packet  // what faults look at
	buf    []byte        // the bytes, where the packet is in pieces
	pieces int
	gather func([]byte) bool // addPiece, made once
	next   *transit          // in a queue, or free
}

// stage is what happens to a transit at its event.
type stage uint8

const (
	stageEnter   stage = iota // enters the path after it was held
	stageBehind               // has waited for long enough for packets to pass
	stageSent                 // its last bit leaves the transmitter
	stageArrived              // at the path's far end
)

// happen implements happening.
func (tr *transit) happen() {
	switch tr.stage {
	case stageEnter:
		tr.path.held--
		tr.path.enqueue(tr)
	case stageBehind:
		tr.flow.takeOut(tr)
		tr.path.begin(tr)
	case stageSent:
		tr.path.sent(tr)
	case stageArrived:
		tr.path.arrived(tr)
	}
}

// look makes the bytes contiguous and decodes them. What cannot be decoded
// keeps the fields that could be.
func (tr *transit) look() {
	tr.size = tr.pkt.Len()
	tr.seen.Bytes = nil
	tr.pieces = 0
	tr.buf = tr.buf[:0]
	tr.pkt.Segments(tr.gather)
	if tr.pieces > 1 {
		tr.seen.Bytes = tr.buf
	}
	_ = tr.seen.Decode() // a packet that is no packet has the zero Flow
}

// addPiece takes the next segment: the first is borrowed, and copied only
// when there is a second.
func (tr *transit) addPiece(b []byte) bool {
	tr.pieces++
	switch tr.pieces {
	case 1:
		tr.seen.Bytes = b
	case 2:
		tr.buf = append(append(tr.buf, tr.seen.Bytes...), b...)
	default:
		tr.buf = append(tr.buf, b...)
	}
	return true
}

// hopLimit is the TTL of IPv4 or the hop limit of IPv6, as sent.
func (tr *transit) hopLimit() int {
	b := tr.seen.Bytes
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return int(b[8])
	case len(b) >= 40 && b[0]>>4 == 6:
		return int(b[7])
	}
	return 0
}

// transitLocked returns an empty transit.
func (n *Network) transitLocked() *transit {
	n.alive++
	tr := n.unused
	if tr == nil {
		tr = &transit{net: n}
		tr.gather = tr.addPiece
		return tr
	}
	n.unused = tr.next
	tr.next = nil
	return tr
}

// copyOf returns a transit with a reference of its own to tr's packet.
func (n *Network) copyOf(tr *transit) *transit {
	n.mu.Lock()
	c := n.transitLocked()
	n.mu.Unlock()
	buf, gather := c.buf, c.gather
	*c = *tr
	c.buf, c.gather, c.next, c.timer = buf, gather, nil, Timer{}
	c.pkt.Retain()
	seen := c.seen
	c.look() // the bytes may lie in tr's memory
	seen.Bytes, seen.Payload = c.seen.Bytes, c.seen.Payload
	c.seen = seen
	return c
}

// replace gives a transit a new packet made of b.
func (tr *transit) replace(b []byte) {
	old := tr.pkt
	tr.pkt = tr.net.newPacket(b)
	old.Release()
	tr.look()
}

// free gives back a transit, and the reference to its packet if it has one.
func (n *Network) free(tr *transit) {
	if tr.pkt != nil {
		tr.pkt.Release()
	}
	*tr = transit{net: n, buf: tr.buf[:0], gather: tr.gather}
	n.mu.Lock()
	n.alive--
	tr.next = n.unused
	n.unused = tr
	n.mu.Unlock()
}

// Close gives back every packet that is in the network, as the end of a world
// wants it, and takes no more. Their events do not happen; counters and trace
// stay as they are. Close is idempotent.
func (n *Network) Close() {
	n.mu.Lock()
	n.closed = true
	lost := n.egress
	n.egress = nil
	n.mu.Unlock()
	lost = append(lost, n.events.takeTransits(n)...)
	lost = append(lost, n.takeKept()...)
	for _, p := range n.paths {
		for tr := p.queue.pop(); tr != nil; tr = p.queue.pop() {
			lost = append(lost, tr)
		}
		clear(p.flows)
		p.held, p.sending = 0, false
	}
	for _, tr := range lost {
		n.free(tr)
	}
}

// takeTransits removes the events of packets of n.
func (e *Events) takeTransits(n *Network) []*transit {
	e.mu.Lock()
	defer e.mu.Unlock()
	var taken []*transit
	for i := range e.heap.slots {
		s := &e.heap.slots[i]
		if tr, ok := s.what.(*transit); ok && tr.net == n {
			taken = append(taken, tr)
			e.heap.removeAt(int(s.place))
		}
	}
	return taken
}
