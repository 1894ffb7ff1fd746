package netstack

import (
	"io"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// virtioReadSizes are the pieces that a packet is read into, one after the
// other. Those that it does not reach are used for the next one, so an
// acknowledgement takes 128 bytes and no packet pins more than about five times
// its size. Together they hold the largest IPv6 packet. All headers are in the
// first.
var virtioReadSizes = [...]int{128, 512, 2048, 8192, 16384, 16384, packetBytesMax - 43648}

// virtioReader reads packets with virtio headers straight into the stack's
// buffers.
type virtioReader struct {
	dev    VirtioDevice
	counts *offloadCounters

	header [virtioHeaderBytes]byte
	views  [len(virtioReadSizes)]*buffer.View
	bufs   [len(virtioReadSizes)][]byte
	one    [1]*Packet
}

// run delivers packets until the device fails, and returns why it did.
func (d *virtioReader) run(r Receiver) error {
	for i := range d.views {
		d.refill(i)
	}
	defer d.release()
	for empty := 0; empty < emptyReadsMax; {
		n, err := d.dev.ReadVirtio(d.header[:], d.bufs[:])
		if err != nil {
			return err
		}
		empty++
		if p := d.take(n); p != nil {
			empty = 0
			d.one[0] = p
			r.Deliver(d.one[:])
		}
	}
	return io.ErrNoProgress
}

// take makes a packet of the n bytes just read; nil if it is empty or its
// header lies.
func (d *virtioReader) take(n int) *Packet {
	if n < 1 || n > packetBytesMax {
		return nil
	}
	head := d.bufs[0][:min(n, len(d.bufs[0]))]
	var b buffer.Buffer
	for i, left := 0, n; left > 0; i++ {
		v := d.views[i]
		v.CapLength(min(left, virtioReadSizes[i]))
		left -= v.Size()
		_ = b.Append(v) // fails for a frozen buffer only
		d.refill(i)
	}
	p := wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: b}))
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

// refill gives place i a fresh buffer.
func (d *virtioReader) refill(i int) {
	d.views[i] = buffer.NewViewSize(virtioReadSizes[i])
	d.bufs[i] = d.views[i].AsSlice()
}

func (d *virtioReader) release() {
	for i, v := range d.views {
		v.Release()
		d.views[i], d.bufs[i] = nil, nil
	}
}
