package netstack

import (
	"net"
	"sync"
)

// packetWriter hands packets to a device and returns how many of them it took.
// It borrows their references, and may be called concurrently.
type packetWriter interface {
	write(pkts []*Packet) (n int)
}

// senderHelpsFrom is how many packets wait before a sender writes them itself,
// where the device's Write never waits. Fewer are the writer's, so that the sender
// of large ones goes on with the next on another processor, and who reads at the
// other end is woken once for several. More would be a queue: a thousand connections
// would take the time in it for the path's.
const senderHelpsFrom = 16

// atOnceMax is the length of packets that a sender writes itself where nothing is
// before them: an Ethernet frame's, as a question, an answer and an
// acknowledgement have it.
const atOnceMax = 1500

// deviceWriter writes packets to a device: a goroutine does, from a queue that
// drops when it is full or, where queueMax is negative, from one that senders
// help to empty.
type deviceWriter struct {
	out      packetWriter
	queueMax int

	writing sync.Mutex // held while packets are written, before mu
	spare   []*Packet  // an empty queue, protected by writing

	mu     sync.Mutex
	wake   sync.Cond // signalled when the queue gets its first packet, and on closing
	queue  []*Packet
	lost   int // packets that the device refused, not yet counted by a Send
	closed bool
	idle   func() // set with closed; called when all is written, for a Close that waits
}

// enqueue takes what the queue has room for and drops the rest. What the device
// has refused since the last call is counted with this one: the stack counts
// what Send does not take, and a Link cannot say it otherwise.
func (w *deviceWriter) enqueue(pkts []*Packet) (int, error) {
	if n, ok := w.writeAtOnce(pkts); ok {
		return n, nil
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		releaseAll(pkts)
		return 0, net.ErrClosed
	}
	waiting, n := len(w.queue), len(pkts)
	if w.queueMax > 0 {
		n = min(n, w.queueMax-waiting)
	}
	w.queue = append(w.queue, pkts[:n]...)
	late := min(w.lost, n)
	w.lost -= late
	w.mu.Unlock()
	switch {
	case w.queueMax < 0 && waiting+n > senderHelpsFrom:
		w.writeQueue()
	case waiting == 0 && n > 0:
		w.wake.Signal()
	}
	releaseAll(pkts[n:])
	return n - late, nil
}

// writeAtOnce writes a single packet that is not large, where nothing is before it:
// a question or its answer does not wait for another goroutine. ok is false where
// it is the queue's.
func (w *deviceWriter) writeAtOnce(pkts []*Packet) (n int, ok bool) {
	if w.queueMax > 0 || len(pkts) != 1 || pkts[0].Len() > atOnceMax || !w.writing.TryLock() {
		return 0, false
	}
	defer w.writing.Unlock()
	w.mu.Lock()
	ok = len(w.queue) == 0 && !w.closed
	w.mu.Unlock()
	if ok {
		n = w.out.write(pkts)
		releaseAll(pkts)
	}
	return n, ok
}

// run writes until the queue is closed and empty, and no sender writes any more
// what it took from it.
func (w *deviceWriter) run() {
	for w.awaitPackets() {
		w.writeQueue()
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle()
}

// awaitPackets waits until there is something to write. false is the end.
func (w *deviceWriter) awaitPackets() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) == 0 && !w.closed {
		w.wake.Wait()
	}
	return len(w.queue) > 0
}

// writeQueue writes what is in the queue, in its order.
func (w *deviceWriter) writeQueue() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	batch := w.queue
	w.queue = w.spare
	w.mu.Unlock()
	lost := len(batch) - w.out.write(batch)
	releaseAll(batch)
	clear(batch)
	w.spare = batch[:0]
	if lost > 0 {
		w.mu.Lock()
		w.lost += lost
		w.mu.Unlock()
	}
}

// close lets nothing more into the queue. With flush it gives the writer a
// little time to empty it.
func (w *deviceWriter) close(flush bool) {
	done := make(chan struct{})
	end := sync.OnceFunc(func() { close(done) })
	w.mu.Lock()
	w.closed = true
	w.idle = end
	w.mu.Unlock()
	w.wake.Broadcast()
	if flush {
		stop := systemClock{}.AfterFunc(deviceFlush, end)
		<-done
		stop()
	}
}

// drop gives up what is still queued after the writer has ended, once no sender
// writes any more.
func (w *deviceWriter) drop() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	releaseAll(w.queue)
	w.queue = nil
}
