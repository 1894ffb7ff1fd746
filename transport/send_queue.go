package transport

import (
	"errors"
	"syscall"
)

// sendQueue is what Send has taken over and the network has not. It is
// bounded by the watermarks: a Send beyond them blocks with its payload in the
// queue. Payloads of Sends that timed out stay in it too, so that a caller who
// tries again and again would fill the memory but for queueBytesMax. The
// socket's mutex guards it.
type sendQueue struct {
	chunks  []chunk // chunks[head:] are queued
	head    int
	bytes   int
	shut    bool      // Shutdown has been asked for
	fin     bool      // and is to be done when the queue is empty
	senders []*sender // blocked, in the order of their calls
	spare   *sender   // of an earlier call
}

// chunk is a part of the queue, never an empty one.
type chunk struct {
	data []byte
	hold *buffer // where data is, if that comes back
	// lender is the blocked Send whose caller data belongs to, nil for memory
	// of ours. It takes back what is left when it returns; see reclaim.
	lender *sender
}

// sender is a blocked Send.
type sender struct {
	*waiter
	served bool
	err    error
}

// queueBytesMax is how long a queue may be for a Send to append to it; a higher
// high watermark raises it. An empty queue takes a payload of any size.
const queueBytesMax = 64 << 20

// chunkMax is up to which size small payloads are gathered in one write.
const chunkMax = 16 << 10

// chunkHoldMax is up to which size a chunk's memory is a buffer that comes back
// and may be almost twice as long.
const chunkHoldMax = 64 << 10

// ownChunk returns a chunk with a copy of data and room for n bytes in all.
func ownChunk(data []byte, n int) chunk {
	if n > chunkHoldMax {
		return chunk{data: append(make([]byte, 0, n), data...)}
	}
	b := takeBuffer(n)
	return chunk{data: b.bytes[:copy(b.bytes, data)], hold: b}
}

// put ends the use of c.
func (c *chunk) put() {
	c.hold.put()
	*c = chunk{}
}

// push appends c and takes it over; borrowed data is copied.
func (q *sendQueue) push(c chunk, borrowed bool) {
	switch {
	case len(c.data) == 0 || q.gather(c.data):
		c.put()
	case borrowed:
		q.append(ownChunk(c.data, len(c.data)))
	default:
		q.append(c)
	}
}

func (q *sendQueue) append(c chunk) {
	if q.head > 0 && len(q.chunks) == cap(q.chunks) {
		n := copy(q.chunks, q.chunks[q.head:])
		clear(q.chunks[n:])
		q.chunks, q.head = q.chunks[:n], 0
	}
	q.chunks = append(q.chunks, c)
	q.bytes += len(c.data)
}

// gather appends data to the last chunk, if both together are small.
func (q *sendQueue) gather(data []byte) bool {
	if q.head == len(q.chunks) {
		return false
	}
	last := &q.chunks[len(q.chunks)-1]
	n := len(last.data) + len(data)
	if n > chunkMax {
		return false
	}
	if last.lender != nil || cap(last.data) < n {
		grown := ownChunk(last.data, max(n, min(2*len(last.data), chunkMax)))
		last.put()
		*last = grown
	}
	last.data = append(last.data, data...)
	q.bytes += len(data)
	return true
}

// reclaim copies what is left of the payload that the caller of w has lent.
func (q *sendQueue) reclaim(w *sender) {
	for i := len(q.chunks) - 1; i >= q.head; i-- {
		if c := &q.chunks[i]; c.lender == w {
			*c = ownChunk(c.data, len(c.data))
			return // it lends one chunk
		}
	}
}

// writeTo hands queued data to the network until that takes no more. It
// answers an error that ends the connection.
func (q *sendQueue) writeTo(conn NetConn) error {
	for q.head < len(q.chunks) {
		c := &q.chunks[q.head]
		n, err := conn.TryWrite(c.data)
		q.bytes -= n
		if n == len(c.data) {
			c.put()
			q.head++
			continue
		}
		c.data = c.data[n:]
		if errors.Is(err, syscall.EAGAIN) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	q.empty()
	return nil
}

// chunksMin is how many chunks an empty queue has room for.
const chunksMin = 4

// empty makes the queue an empty one, when nothing in it is of use any more.
func (q *sendQueue) empty() {
	q.chunks, q.head = q.chunks[:0], 0
	if cap(q.chunks) > chunksMin {
		q.chunks = nil
	}
}

// enter adds a blocked Send that waits with w.
func (q *sendQueue) enter(w *waiter) *sender {
	s := q.spare
	if s == nil {
		s = new(sender)
	}
	q.spare = nil
	*s = sender{waiter: w}
	q.senders = append(q.senders, s)
	return s
}

// leave undoes enter, and leaves the queue without the caller's memory.
func (q *sendQueue) leave(s *sender) {
	q.reclaim(s)
	q.senders = without(q.senders, s)
	*s = sender{}
	q.spare = s
}

// serve lets all blocked senders go on with err.
func (q *sendQueue) serve(err error) {
	for _, w := range q.senders {
		if !w.served {
			w.served, w.err = true, err
			w.wake()
		}
	}
}

// fail drops the queue and tells the blocked senders why.
func (q *sendQueue) fail(err error) {
	q.drop()
	q.serve(err)
}

// drop discards what is queued.
func (q *sendQueue) drop() {
	for i := q.head; i < len(q.chunks); i++ {
		q.chunks[i].put()
	}
	q.empty()
	q.bytes, q.fin = 0, false
}

// wakeSenders makes the blocked senders look at the socket's state.
func (q *sendQueue) wakeSenders() {
	for _, w := range q.senders {
		w.wake()
	}
}
