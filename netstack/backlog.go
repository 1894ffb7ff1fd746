package netstack

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// backlogWatch counts the final ACKs of handshakes that come while the
// listener's queue is full. As on Linux the ACK is then dropped: the client
// believes that it is connected, the SYN-ACK is repeated. The stack below
// does so without a counter of its own, except for handshakes by SYN cookie.
//
// The count is of packets from links, looked at as they arrive and only while
// some queue is full: an ACK that overtakes the one that fills the queue by
// less than the time of its processing is missed.
type backlogWatch struct {
	gs       *stack.Stack
	ackDrops atomic.Uint64

	fulls atomic.Int32 // len(full), to be read without the lock
	mu    sync.Mutex
	full  map[*acceptQueue]bool
}

// handshakeBytes is what of a packet shows addresses, ports and flags: an IPv4
// header of any length or an IPv6 header without extensions, and a TCP header
// without options.
const handshakeBytes = header.IPv4MaximumHeaderSize + header.TCPMinimumSize

// arriving counts p if it completes a handshake for which there is no room.
func (w *backlogWatch) arriving(p *Packet, nic tcpip.NICID) {
	if w == nil || w.fulls.Load() == 0 {
		return
	}
	var buf [handshakeBytes]byte
	proto, id, ok := finalACK(buf[:p.CopyTo(buf[:])])
	if !ok {
		return
	}
	q := w.fullFor(id)
	if q == nil {
		return
	}
	ep, ok := w.gs.FindTransportEndpoint(proto, tcp.ProtocolNumber, id, nic).(*tcp.Endpoint)
	if ok && ep.EndpointState() == tcp.StateSynRecv {
		w.ackDrops.Add(1)
		q.ackDrops.Add(1)
	}
}

// fullFor finds the full queue that a connection is for, nil if that one is not
// full. Listeners do not overlap.
func (w *backlogWatch) fullFor(id stack.TransportEndpointID) *acceptQueue {
	addr, _ := netip.AddrFromSlice(id.LocalAddress.AsSlice())
	w.mu.Lock()
	defer w.mu.Unlock()
	for q := range w.full {
		if q.local.Port() == id.LocalPort && (q.local.Addr() == addr || covers(q.local.Addr(), q.v6Only, addr)) {
			return q
		}
	}
	return nil
}

// note enters a queue that is full now, or strikes out one that is not.
func (w *backlogWatch) note(q *acceptQueue, full bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if full {
		if w.full == nil {
			w.full = make(map[*acceptQueue]bool)
		}
		w.full[q] = true
	} else {
		delete(w.full, q)
	}
	w.fulls.Store(int32(len(w.full)))
}

// finalACK reads whose handshake the packet could complete.
func finalACK(b []byte) (proto tcpip.NetworkProtocolNumber, id stack.TransportEndpointID, ok bool) {
	ip, payload, ok := splitIP(b)
	if !ok || ip.transport != tcp.ProtocolNumber || len(payload) < header.TCPMinimumSize {
		return 0, id, false
	}
	segment := header.TCP(payload)
	id = stack.TransportEndpointID{
		LocalAddress: ip.dst, LocalPort: segment.DestinationPort(),
		RemoteAddress: ip.src, RemotePort: segment.SourcePort(),
	}
	const handshake = header.TCPFlagSyn | header.TCPFlagRst | header.TCPFlagAck
	return ip.network, id, segment.Flags()&handshake == header.TCPFlagAck
}

// acceptQueue knows how many completed connections wait at one listener: the
// stack below reports each, and does not tell their number.
type acceptQueue struct {
	watch    *backlogWatch // nil until the listener listens
	room     int           // backlog + 1
	local    netip.AddrPort
	v6Only   bool
	ackDrops atomic.Uint64 // final ACKs that found it full

	mu      sync.Mutex // before watch.mu
	waiting int
	closed  bool
}

// open starts the counting; the stack may be closing at the same time.
func (q *acceptQueue) open(l *Listener, room int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.watch, q.room, q.local, q.v6Only = &l.h.stack.backlog, room, l.local, l.v6Only
}

// pushed notes that a connection has completed. It is called with locks of
// the stack held.
func (q *acceptQueue) pushed() { q.add(1) }

// length is how many connections wait, and how many may.
func (q *acceptQueue) length() (waiting, room int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting, q.room
}

// popped notes that a connection was accepted.
func (q *acceptQueue) popped() { q.add(-1) }

// close ends the counting; the connections that wait are gone.
func (q *acceptQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed && q.watch != nil && q.waiting >= q.room {
		q.watch.note(q, false)
	}
	q.closed = true
}

func (q *acceptQueue) add(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	before := q.waiting >= q.room
	q.waiting += n
	if after := q.waiting >= q.room; after != before {
		q.watch.note(q, after)
	}
}
