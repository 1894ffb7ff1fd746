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
	chunks  [][]byte
	bytes   int
	shut    bool      // Shutdown has been asked for
	fin     bool      // and is to be done when the queue is empty
	senders []*sender // blocked, in the order of their calls
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

// push appends data; borrowed data is copied.
func (q *sendQueue) push(data []byte, borrowed bool) {
	if len(data) == 0 {
		return
	}
	q.bytes += len(data)
	if n := len(q.chunks); n > 0 && len(q.chunks[n-1])+len(data) <= chunkMax {
		q.chunks[n-1] = append(q.chunks[n-1], data...)
		return
	}
	if borrowed {
		data = append([]byte(nil), data...)
	}
	q.chunks = append(q.chunks, data)
}

// writeTo hands queued data to the network until that takes no more. It
// answers an error that ends the connection.
func (q *sendQueue) writeTo(conn NetConn) error {
	for len(q.chunks) > 0 {
		n, err := conn.TryWrite(q.chunks[0])
		q.bytes -= n
		if n == len(q.chunks[0]) {
			q.chunks[0] = nil
			q.chunks = q.chunks[1:]
			continue
		}
		q.chunks[0] = q.chunks[0][n:]
		if errors.Is(err, syscall.EAGAIN) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	q.chunks = nil
	return nil
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
	q.chunks, q.bytes, q.fin = nil, 0, false
}

// wakeSenders makes the blocked senders look at the socket's state.
func (q *sendQueue) wakeSenders() {
	for _, w := range q.senders {
		w.wake()
	}
}
