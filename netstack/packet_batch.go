package netstack

import "sync"

// packetBatch is a pooled slice of packets, so that a batch on its way to a
// Link or to a Receiver costs no allocation.
type packetBatch struct {
	pkts []*Packet
}

// batchKeepMax bounds the slices that go back to the pool.
const batchKeepMax = 1024

var batches = sync.Pool{New: func() any { return &packetBatch{pkts: make([]*Packet, 0, 64)} }}

func takeBatch() *packetBatch {
	return batches.Get().(*packetBatch)
}

// giveBack returns the slice, not the packets, to the pool.
func (b *packetBatch) giveBack() {
	if cap(b.pkts) > batchKeepMax {
		return
	}
	clear(b.pkts)
	b.pkts = b.pkts[:0]
	batches.Put(b)
}
