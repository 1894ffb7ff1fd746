package tuntest

import (
	"net"
	"sync"

	"github.com/seed-731cb71d/warren/tun"
)

// queue is one direction of a Pair: a ring of packets. Its buffers are kept
// for the packets to come.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	ring    [QueuePacketsMax][]byte
	first   int // index of the oldest packet
	count   int
	dropped int

	readerClosed bool
	writerClosed bool
	popFault     fault
	pushFault    fault
}

// fault is an error to be returned a number of times; times < 0: always.
type fault struct {
	err   error
	times int
}

// take returns the error if one is due.
func (f *fault) take() error {
	if f.err == nil || f.times == 0 {
		return nil
	}
	if f.times > 0 {
		f.times--
	}
	return f.err
}

func newQueue() *queue {
	q := new(queue)
	q.changed.L = &q.mu
	return q
}

// push copies p to the end of the ring.
func (q *queue) push(p []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.writerClosed:
		return net.ErrClosed
	case q.readerClosed:
		return tun.ErrGone
	}
	if err := q.pushFault.take(); err != nil {
		return err
	}
	if q.count == len(q.ring) {
		q.dropped++
		return nil
	}
	slot := &q.ring[(q.first+q.count)%len(q.ring)]
	*slot = append((*slot)[:0], p...)
	q.count++
	q.changed.Signal()
	return nil
}

// pop waits for the oldest packet and copies it into p, which is long enough.
func (q *queue) pop(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.readerClosed {
			return 0, net.ErrClosed
		}
		if err := q.popFault.take(); err != nil {
			return 0, err
		}
		if q.count > 0 {
			n := copy(p, q.ring[q.first])
			q.first = (q.first + 1) % len(q.ring)
			q.count--
			return n, nil
		}
		if q.writerClosed {
			return 0, tun.ErrGone
		}
		q.changed.Wait()
	}
}

func (q *queue) closeReader() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.readerClosed = true
	q.ring = [QueuePacketsMax][]byte{}
	q.count = 0
	q.changed.Broadcast()
}

func (q *queue) closeWriter() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writerClosed = true
	q.changed.Broadcast()
}

func (q *queue) failPops(err error, times int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.popFault = fault{err, times}
	q.changed.Broadcast()
}

func (q *queue) failPushes(err error, times int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pushFault = fault{err, times}
}

func (q *queue) droppedCount() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}
