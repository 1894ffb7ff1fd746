package netstack

import (
	"bytes"
	"slices"
	"sync"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// loopbackQueue keeps what a stack with a Scheduler sends to itself until its
// clock has nothing else to do at this instant, and then delivers one packet at
// a time. Delivered at once, a packet would be processed beside the call that
// has sent it, and who is faster would be seen in what is sent next.
//
// Packets that were sent by then are delivered in the order of their flows, and
// each flow's in the order in which they were sent, because goroutines that send
// at one instant need not agree on who was first. Only what is sent to this
// stack's own sockets is kept, so their windows bound the queue, but for
// datagrams: loopbackMost bounds them all.
type loopbackQueue struct {
	deliver func(stack.PacketBufferList)
	time    *stackClock

	mu    sync.Mutex
	timer tcpip.Timer // delivers the next one; nil until there is one
	fresh []looped    // sent since batch was sorted
	batch []looped    // being delivered, the last first
	armed bool
	ended bool
}

// looped is a packet and what its flow is ordered by.
type looped struct {
	flow []byte
	pkt  *stack.PacketBuffer
}

// loopbackMost bounds a queue. What is sent beyond is lost, as on a link.
const loopbackMost = 100_000

// put takes a copy of a packet.
func (q *loopbackQueue) put(pb *stack.PacketBuffer) {
	body := pb.Data().ToBuffer()
	if size := pb.HeaderSize(); size > 0 { // TCP writes into the headers' memory again
		head := buffer.NewViewSize(size)
		copyHeaders(head.AsSlice(), pb)
		_ = body.Prepend(head) // as in linkEndpoint.outgoing
	}
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: body})
	p.NetworkProtocolNumber = pb.NetworkProtocolNumber
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended || len(q.fresh)+len(q.batch) >= loopbackMost {
		p.DecRef()
		return
	}
	q.fresh = append(q.fresh, looped{flowBytes(p), p})
	q.armLocked()
}

// armLocked sets the timer if there is something to deliver.
func (q *loopbackQueue) armLocked() {
	if q.armed || len(q.fresh)+len(q.batch) == 0 {
		return
	}
	q.armed = true
	if q.timer == nil {
		q.timer = q.time.AfterFunc(0, q.next)
	} else {
		q.timer.Reset(0)
	}
}

// next delivers the first packet. The timer calls it.
func (q *loopbackQueue) next() {
	q.mu.Lock()
	q.armed = false
	if len(q.batch) == 0 {
		slices.SortStableFunc(q.fresh, func(a, b looped) int { return bytes.Compare(a.flow, b.flow) })
		slices.Reverse(q.fresh)
		q.fresh, q.batch = q.batch, q.fresh
	}
	n := len(q.batch) - 1
	if n < 0 {
		q.mu.Unlock()
		return
	}
	p := q.batch[n].pkt
	q.batch[n] = looped{}
	q.batch = q.batch[:n]
	q.armLocked()
	q.mu.Unlock()
	var one stack.PacketBufferList
	one.PushBack(p)
	q.deliver(one)
	p.DecRef()
}

// end drops what is left and takes no more.
func (q *loopbackQueue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	for _, l := range slices.Concat(q.batch, q.fresh) {
		l.pkt.DecRef()
	}
	q.batch, q.fresh = nil, nil
}

// flowBytes are the protocol, the addresses and the ports of a packet; of
// fragments and of other protocols the first bytes behind the IP header.
func flowBytes(p *stack.PacketBuffer) []byte {
	size := header.IPv6MinimumSize
	if p.NetworkProtocolNumber == ipv4.ProtocolNumber {
		size = header.IPv4MinimumSize
	}
	b, ok := p.Data().PullUp(min(size+4, p.Data().Size()))
	if !ok || len(b) < size {
		return nil
	}
	if size == header.IPv4MinimumSize {
		return slices.Concat(b[9:10], b[12:])
	}
	return slices.Concat(b[6:7], b[8:])
}
