package netstack

import (
	"net"
	"sync"
)

// deviceWriter writes packets to a device, from a bounded queue or at once.
type deviceWriter struct {
	dev      VectorDevice
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
		lost := len(batch) - w.write(batch)
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

// write hands packets to the device, each in one piece, as many per call as it
// takes, and returns how many it took.
func (w *deviceWriter) write(pkts []*Packet) (n int) {
	f := flats.Get().(*flatPackets)
	defer f.giveBack()
	for len(pkts) > 0 {
		flat := f.join(pkts[:min(len(pkts), w.dev.BatchSize())])
		pkts = pkts[len(flat):]
		for len(flat) > 0 {
			k, err := w.dev.WritePackets(flat)
			k = min(max(k, 0), len(flat))
			n += k
			if err == nil || k == len(flat) {
				break
			}
			flat = flat[k+1:] // the device refused packet k, which says nothing of the next
		}
	}
	return n
}

var flats = sync.Pool{New: func() any { return new(flatPackets) }}

// flatPackets is scratch memory for packets in one piece each.
type flatPackets struct {
	bytes  []byte
	slices [][]byte
}

// join makes one slice of each packet: a packet of one segment is used in
// place, others are copied together.
func (f *flatPackets) join(pkts []*Packet) [][]byte {
	need := 0
	for _, p := range pkts {
		need += p.Len()
	}
	if cap(f.bytes) < need {
		f.bytes = make([]byte, need)
	}
	f.slices = f.slices[:0]
	free := f.bytes[:cap(f.bytes)]
	for _, p := range pkts {
		if b := p.onlySegment(); b != nil {
			f.slices = append(f.slices, b)
			continue
		}
		n := p.CopyTo(free[:p.Len()])
		f.slices = append(f.slices, free[:n:n])
		free = free[n:]
	}
	return f.slices
}

// giveBack returns f to the pool, without the packets that it points to.
func (f *flatPackets) giveBack() {
	clear(f.slices)
	flats.Put(f)
}
