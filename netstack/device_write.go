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

// deviceWriter writes packets to a device, from a bounded queue or at once.
type deviceWriter struct {
	out      packetWriter
	queueMax int

	mu     sync.Mutex
	wake   sync.Cond // signalled when the queue gets its first packet, and on closing
	queue  []*Packet
	lost   int // packets that the device refused, not yet counted by a Send
	closed bool
	idle   func() // called once the writer has ended, for a Close that waits
}

// enqueue takes what the queue has room for and drops the rest. What the device
// has refused since the last call is counted with this one: the stack counts
// what Send does not take, and a Link cannot say it otherwise.
func (w *deviceWriter) enqueue(pkts []*Packet) (int, error) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		releaseAll(pkts)
		return 0, net.ErrClosed
	}
	waiting := len(w.queue)
	n := min(len(pkts), w.queueMax-waiting)
	w.queue = append(w.queue, pkts[:n]...)
	late := min(w.lost, n)
	w.lost -= late
	w.mu.Unlock()
	if waiting == 0 && n > 0 {
		w.wake.Signal()
	}
	releaseAll(pkts[n:])
	return n - late, nil
}

// run writes until the queue is closed and empty.
func (w *deviceWriter) run() {
	var spare []*Packet
	for {
		w.mu.Lock()
		for len(w.queue) == 0 && !w.closed {
			w.wake.Wait()
		}
		batch := w.queue
		w.queue = spare
		idle := w.idle
		w.mu.Unlock()
		if len(batch) == 0 {
			if idle != nil {
				idle()
			}
			return
		}
		lost := len(batch) - w.out.write(batch)
		w.mu.Lock()
		w.lost += lost
		w.mu.Unlock()
		releaseAll(batch)
		clear(batch)
		spare = batch[:0]
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

// drop gives up what is still queued after the writer has ended.
func (w *deviceWriter) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	releaseAll(w.queue)
	w.queue = nil
}
