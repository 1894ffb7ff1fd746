package netstack

import (
	"fmt"
	"net"
	"runtime"
	"sync"
)

const (
	// pipeQueueMax bounds each direction of a pipe, in packets other than TCP
	// segments. A real device's queue holds about as many.
	pipeQueueMax = 1024

	// pipeSegmentsMax bounds the TCP segments in each direction. It is so large
	// because a pipe need not lose what receive windows have admitted: the
	// windows of a thousand connections are a thousand times one window, and
	// the data is in the senders' buffers anyway, so waiting here costs nothing.
	pipeSegmentsMax = 32768

	// pipeYieldsMax is how often a pump lets others run before it delivers
	// acknowledgements that nothing follows.
	pipeYieldsMax = 4

	// ipv4MTUMin is the smallest MTU that every host must be able to
	// receive (RFC 791, section 3.1, "Total Length").
	ipv4MTUMin = 576
	// ipv6MTUMin is IPv6's minimum link MTU (RFC 8200, section 5).
	ipv6MTUMin = 1280
	linkMTUMax = 65535
)

// Pipe returns two joined links: what is sent into one comes out of the
// other. mtu is in bytes, 576 (1280 where an IPv6 address is to be used) to
// 65535; New refuses a link outside of that. TCP sends up to 64 KiB per packet
// whatever the MTU, and no checksum is computed or verified, because nothing
// can damage a packet on the way.
//
// Each direction has a queue of 32768 TCP segments and 1024 other packets and,
// once attached, one goroutine that delivers from it. A full queue drops. A
// bare TCP acknowledgement in the queue gives way to a packet of the same
// connection that acknowledges as much. A side that is not attached yet keeps
// what arrives, as far as the queue goes. Closing one side is pulling the plug:
// what the other side sends from then on is dropped, and its stack lives on,
// with all that it has received.
//
// A stack that has no links but pipes, undecorated, has defaults of its own for
// TCP: no RACK-TLP, an RTOMin of 1 s, a SendBuffer of 256 KiB and a
// ReceiveBuffer of 1 MiB that do not grow.
func Pipe(mtu int) (a, b Link) {
	ends := newPipeEnds(mtu)
	return ends[0], ends[1]
}

func newPipeEnds(mtu int) [2]*pipeEnd {
	x, y := newPipeEnd(mtu), newPipeEnd(mtu)
	x.far, y.far = y, x
	return [2]*pipeEnd{x, y}
}

// pipeEnd is one side of a Pipe. It owns the queue towards its own receiver
// and the goroutine that empties it, which Attach starts, Close ends and Close
// waits for.
type pipeEnd struct {
	mtu int
	far *pipeEnd

	mu       sync.Mutex
	wake     sync.Cond // signalled when the queue gets its first packet, and on closing
	queue    pipeQueue
	receiver Receiver
	closed   bool

	pump sync.WaitGroup
}

var _ Link = (*pipeEnd)(nil)

func newPipeEnd(mtu int) *pipeEnd {
	e := &pipeEnd{mtu: mtu}
	e.wake.L = &e.mu
	e.queue.open()
	return e
}

// MTU implements Link.
func (e *pipeEnd) MTU() int { return e.mtu }

// Offload implements Link.
func (e *pipeEnd) Offload() Offload {
	return Offload{SegmentBytesMax: superPacketMax, TxChecksum: true, RxChecksum: true}
}

// Attach implements Link.
func (e *pipeEnd) Attach(r Receiver) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return fmt.Errorf("netstack: attach to pipe: %w", net.ErrClosed)
	case e.receiver != nil:
		return fmt.Errorf("netstack: attach to pipe: it already belongs to a stack; use the other end or a new Pipe")
	}
	e.receiver = r
	e.pump.Add(1)
	go e.run(r)
	return nil
}

// Send implements Link.
func (e *pipeEnd) Send(pkts []*Packet) (int, error) {
	e.mu.Lock()
	closed := e.closed
	e.mu.Unlock()
	if closed {
		releaseAll(pkts)
		return 0, net.ErrClosed
	}
	return e.far.enqueue(pkts)
}

// enqueue takes what the queue has room for and drops the rest.
func (e *pipeEnd) enqueue(pkts []*Packet) (int, error) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		releaseAll(pkts)
		return 0, nil
	}
	sleeps := e.queue.empty()
	n := 0
	for n < len(pkts) && e.queue.put(pkts[n]) {
		n++
	}
	e.mu.Unlock()
	if sleeps && n > 0 {
		e.wake.Signal()
	}
	releaseAll(pkts[n:])
	return n, nil
}

// run delivers until this end is closed.
func (e *pipeEnd) run(r Receiver) {
	defer e.pump.Done()
	for batch := e.next(); batch != nil; batch = e.next() {
		r.Deliver(batch.pkts)
		batch.giveBack()
	}
}

// next waits for packets and takes all of them; nil once the end is closed.
//
// Acknowledgements wait a little longer, for the answer that says the same: the
// application that is about to write it was woken just before they were sent.
// Yielding instead of a timer costs a machine that is busy nothing, and one that
// is idle a microsecond.
func (e *pipeEnd) next() *packetBatch {
	e.mu.Lock()
	defer e.mu.Unlock()
	for yields := 0; !e.closed; {
		switch {
		case e.queue.empty():
			e.wake.Wait()
		case e.queue.patient() && yields < pipeYieldsMax:
			yields++
			e.mu.Unlock()
			runtime.Gosched()
			e.mu.Lock()
		default:
			return e.queue.take()
		}
	}
	return nil
}

// Close implements Link.
func (e *pipeEnd) Close() error {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		batch := e.queue.take()
		releaseAll(batch.pkts)
		batch.giveBack()
	}
	e.mu.Unlock()
	e.wake.Broadcast()
	e.pump.Wait()
	return nil
}

// releaseAll drops packets.
func releaseAll(pkts []*Packet) {
	for _, p := range pkts {
		p.Release()
	}
}
