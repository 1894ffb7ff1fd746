package netstack

import (
	"errors"
	"io"
	"syscall"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A packet is read into three pieces. All headers are in the first, and an
// acknowledgement takes no more; a packet of an ordinary MTU ends in the second.
// The third, from a ring, holds what is left of a joined one. Pieces that a
// packet does not reach are used for the next.
const (
	virtioHeadBytes = 128
	virtioBodyBytes = 2048

	// virtioCopyMax is up to which size what the third piece holds is copied
	// out of it, so that a packet does not pin many times its size.
	virtioCopyMax = chunkBytes / pinMax

	// virtioBatchMax is how many packets that wait already are delivered
	// together, so that the stack's processors are woken once for them and
	// acknowledge them together.
	virtioBatchMax = 16

	// virtioSkipMax is how many packets go by, after tries in vain, before the
	// next try: where packets come one by one, each try is a system call for
	// nothing.
	virtioSkipMax = 15
)

// VirtioTrier is a VirtioDevice that can be read without waiting. What has come
// while the packets before it were on their way through the stack is then
// delivered in batches.
type VirtioTrier interface {
	VirtioDevice

	// TryReadVirtio is ReadVirtio, but for that it answers syscall.EAGAIN at
	// once where there is no packet. Any other error ends the link.
	TryReadVirtio(header []byte, bufs [][]byte) (n int, err error)
}

// virtioReader reads packets with virtio headers straight into the stack's
// buffers.
type virtioReader struct {
	dev    VirtioDevice
	counts *offloadCounters

	header [virtioHeaderBytes]byte
	views  [3]*buffer.View
	bufs   [3][]byte // what the views show
	ring   chunkRing
	try    func(header []byte, bufs [][]byte) (int, error) // nil: always wait
	batch  [virtioBatchMax]*Packet
	skip   int // packets that are still to go by before the next try
	vain   int // how many those were after the last try
}

// run delivers packets until the device fails, and returns why it did.
func (d *virtioReader) run(r Receiver) error {
	if t, ok := d.dev.(VirtioTrier); ok {
		d.try = t.TryReadVirtio
	}
	d.prepare()
	defer d.release()
	for empty := 0; empty < emptyReadsMax; {
		n, err := d.dev.ReadVirtio(d.header[:], d.bufs[:])
		if err != nil {
			return err
		}
		empty++
		if n > 0 {
			empty = 0 // also if it is damaged: whoever sends such packets must not end the link
		}
		if d.batch[0] = d.take(n); d.batch[0] != nil {
			r.Deliver(d.batch[:1]) // at once: nobody waits for others to come
		}
		if err := d.deliverWaiting(r); err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// deliverWaiting delivers what waits in the device, until nothing does.
func (d *virtioReader) deliverWaiting(r Receiver) (err error) {
	switch {
	case d.try == nil:
		return nil
	case d.skip > 0:
		d.skip--
		return nil
	}
	found := 0
	for err == nil {
		var pkts []*Packet
		if pkts, err = d.waiting(); len(pkts) > 0 {
			found += len(pkts)
			r.Deliver(pkts)
		}
	}
	if found > 0 {
		d.vain = 0
	} else {
		d.vain = min(2*d.vain+1, virtioSkipMax)
	}
	d.skip = d.vain
	if errors.Is(err, syscall.EAGAIN) {
		return nil
	}
	return err
}

// waiting is a batch of packets that wait in the device, with the error that
// ended it before it was full.
func (d *virtioReader) waiting() ([]*Packet, error) {
	taken := 0
	for taken < virtioBatchMax {
		n, err := d.try(d.header[:], d.bufs[:])
		if err == nil && n < 1 {
			err = syscall.EAGAIN // a read that may wait counts empty packets
		}
		if err != nil {
			return d.batch[:taken], err
		}
		if p := d.take(n); p != nil {
			d.batch[taken] = p
			taken++
		}
	}
	return d.batch[:taken], nil
}

// take makes a packet of the n bytes just read; nil if it is empty, longer than
// any packet, or its header lies.
func (d *virtioReader) take(n int) *Packet {
	switch {
	case n < 1:
		return nil
	case n > packetBytesMax:
		d.counts.badHeaders.Add(1)
		return nil
	}
	head := d.bufs[0][:min(n, virtioHeadBytes)]
	p := wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: d.gather(n)}))
	if err := parseVirtio(d.header[:]).describe(p, head, n); err != nil {
		d.counts.badHeaders.Add(1)
		p.Release()
		return nil
	}
	if p.gso.SegmentBytes > 0 {
		d.counts.superIn.Add(1)
	}
	return d.counts.vouch(p)
}

// gather moves n bytes that were read into a buffer, and replaces the pieces
// that they fill.
func (d *virtioReader) gather(n int) (b buffer.Buffer) {
	for i, size := range [...]int{virtioHeadBytes, virtioBodyBytes} {
		if n <= 0 {
			return b
		}
		d.views[i].CapLength(min(n, size))
		_ = b.Append(d.views[i]) // fails for a frozen buffer only
		d.refill(i, buffer.NewViewSize(size))
		n -= size
	}
	switch {
	case n <= 0:
	case n < virtioCopyMax:
		_ = b.Append(buffer.NewViewWithData(d.bufs[2][:n]))
	default:
		lent := d.views[2].Clone()
		lent.CapLength(n)
		_ = b.Append(lent)
		d.refill(2, d.ring.take())
	}
	return b
}

func (d *virtioReader) prepare() {
	d.refill(0, buffer.NewViewSize(virtioHeadBytes))
	d.refill(1, buffer.NewViewSize(virtioBodyBytes))
	d.refill(2, d.ring.take())
}

func (d *virtioReader) refill(i int, v *buffer.View) {
	d.views[i], d.bufs[i] = v, v.AsSlice()
}

func (d *virtioReader) release() {
	d.views[0].Release()
	d.views[1].Release()
	d.ring.release()
	clear(d.views[:])
	clear(d.bufs[:])
	clear(d.batch[:])
}
