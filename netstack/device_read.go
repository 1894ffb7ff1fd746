package netstack

import "io"

// deviceReader reads packets straight into the stack's buffers.
type deviceReader struct {
	dev    VectorDevice
	mtu    int
	counts *offloadCounters
	joiner coalescer

	pkts  []*Packet // the buffers that bufs point into
	bufs  [][]byte
	sizes []int
}

// run delivers packets until the device fails, and returns why it did.
func (d *deviceReader) run(r Receiver) error {
	size := d.dev.BatchSize()
	d.pkts = make([]*Packet, size)
	d.bufs = make([][]byte, size)
	d.sizes = make([]int, size)
	defer d.release()
	for i := range d.pkts {
		d.refill(i)
	}
	for empty := 0; ; {
		n, err := d.dev.ReadPackets(d.bufs, d.sizes)
		batch := takeBatch()
		for i := range min(n, size) {
			if p := d.take(i); p != nil {
				batch.pkts = append(batch.pkts, p)
				empty = -1
			}
		}
		empty++
		if batch.pkts = d.join(batch.pkts); len(batch.pkts) > 0 {
			r.Deliver(batch.pkts)
		}
		batch.giveBack()
		if err != nil {
			return err
		}
		if empty == emptyReadsMax {
			return io.ErrNoProgress
		}
	}
}

// join joins TCP segments of a batch, and drops what is damaged.
func (d *deviceReader) join(pkts []*Packet) []*Packet {
	if len(pkts) > 1 {
		received := len(pkts)
		pkts = d.joiner.coalesce(pkts)
		d.counts.joined.Add(uint64(received - len(pkts)))
	}
	whole := pkts[:0]
	for _, p := range pkts {
		if p = d.counts.vouch(p); p != nil {
			whole = append(whole, p)
		}
	}
	clear(pkts[len(whole):])
	return whole
}

// take returns packet i of the batch just read, or nil if it is empty. A small
// one is copied, and its buffer used for the next read.
func (d *deviceReader) take(i int) *Packet {
	n := d.sizes[i]
	switch {
	case n < 1 || n > len(d.bufs[i]):
		return nil
	case n < len(d.bufs[i])/pinMax:
		p := NewPacket(n)
		for b := range p.Segments {
			copy(b, d.bufs[i])
		}
		return p
	}
	p := d.pkts[i]
	p.Truncate(n)
	d.refill(i)
	return p
}

// refill gives place i a fresh buffer.
func (d *deviceReader) refill(i int) {
	d.pkts[i] = NewPacket(d.mtu)
	for b := range d.pkts[i].Segments {
		d.bufs[i] = b
	}
}

func (d *deviceReader) release() {
	releaseAll(d.pkts)
	d.pkts, d.bufs = nil, nil
}

// singleDevice is an ordinary device as a VectorDevice: one packet per call.
type singleDevice struct {
	io.ReadWriteCloser
}

var _ VectorDevice = singleDevice{}

func (d singleDevice) BatchSize() int { return 1 }

func (d singleDevice) ReadPackets(bufs [][]byte, sizes []int) (int, error) {
	n, err := d.Read(bufs[0])
	sizes[0] = n
	return min(n, 1), err
}

// WritePackets writes all it can: an error drops one packet, not those after
// it.
func (d singleDevice) WritePackets(pkts [][]byte) (n int, err error) {
	for _, p := range pkts {
		if _, e := d.Write(p); e != nil {
			err = e
			continue
		}
		n++
	}
	return n, err
}
