package transport

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// buffer is memory for data on its way to a receiver or to the network, of a
// size that others need too. Whoever is done with one puts it back; one that is
// never put back is left to the garbage collector, and so are those that lie
// unused.
type buffer struct {
	bytes []byte // all of it; its length is that of the class
	class int8   // index into buffers, -1: of none

	// lease tells the times apart that the buffer is handed out: a Payload
	// holds the number of its own, and who gives that back ends it.
	lease atomic.Uint64
}

// The classes of buffers are powers of two from bufferMin to bufferMax bytes.
const (
	bufferMinBits = 9
	bufferMaxBits = 20
	bufferMin     = 1 << bufferMinBits
	bufferMax     = 1 << bufferMaxBits
)

// buffers are those that wait for use, by class.
var buffers [bufferMaxBits - bufferMinBits + 1]sync.Pool

// takeBuffer returns a buffer of at least n bytes with any content, and of
// less than twice as many unless n is below bufferMin. Above bufferMax it has
// n bytes and does not come back.
func takeBuffer(n int) *buffer {
	if n > bufferMax {
		return &buffer{bytes: make([]byte, n), class: -1}
	}
	class := max(bits.Len(uint(max(n, 1)-1)), bufferMinBits) - bufferMinBits
	if b, ok := buffers[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{bytes: make([]byte, bufferMin<<class), class: int8(class)}
}

// put gives b back. Nobody has it any more, and no Payload has its present
// lease. b may be nil.
func (b *buffer) put() {
	if b != nil && b.class >= 0 {
		buffers[b.class].Put(b)
	}
}

// end ends the lease, if that is still the present one, and gives b back. b
// may be nil.
func (b *buffer) end(lease uint64) {
	if b != nil && b.lease.CompareAndSwap(lease, lease+1) {
		b.put()
	}
}
