package netstack

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
)

// virtioWriter writes packets as the stack has made them, and leaves their
// segmentation and sums to the device. Should the device refuse that, it goes
// on as a flatWriter does, with nothing lost.
type virtioWriter struct {
	dev    VirtioDevice
	counts *offloadCounters
	plain  atomic.Bool // the device has refused a header: see WriteVirtio
}

var headed = sync.Pool{New: func() any { return new(headedPacket) }}

// headedPacket is scratch memory for one packet and its header.
type headedPacket struct {
	header [virtioHeaderBytes]byte
	bufs   [][]byte
}

// write implements packetWriter.
func (w *virtioWriter) write(pkts []*Packet) (n int) {
	h := headed.Get().(*headedPacket)
	for _, p := range pkts {
		if w.writeOne(h, p) {
			n++
		}
	}
	clear(h.bufs[:cap(h.bufs)])
	headed.Put(h)
	return n
}

// writeOne reports whether the device took p.
func (w *virtioWriter) writeOne(h *headedPacket, p *Packet) bool {
	helped := p.gso.SegmentBytes > 0 || p.sum.State == ChecksumPartial
	if helped && w.plain.Load() {
		return w.writePlain(p)
	}
	virtioOf(p).put(h.header[:])
	h.bufs = h.bufs[:0]
	for b := range p.Segments {
		h.bufs = append(h.bufs, b)
	}
	err := w.dev.WriteVirtio(h.header[:], h.bufs)
	switch {
	case err == nil:
		if p.gso.SegmentBytes > 0 {
			w.counts.superOut.Add(1)
		}
		return true
	case helped && errors.Is(err, syscall.EINVAL) && w.writePlain(p):
		w.counts.refusals.Add(1)
		w.plain.Store(true)
		return true
	}
	return false
}

// writePlain writes p as packets that need nothing of the device.
func (w *virtioWriter) writePlain(p *Packet) bool {
	flat := flatWriter{dev: plainVirtio{w.dev}, counts: w.counts}
	one := takeBatch()
	one.pkts = append(one.pkts, p)
	n := flat.write(one.pkts)
	one.giveBack()
	return n == 1
}

// plainVirtio is a VirtioDevice that is written to with empty headers.
type plainVirtio struct {
	VirtioDevice
}

var _ flatDevice = plainVirtio{}

// BatchSize is how many segments are cut at once.
func (plainVirtio) BatchSize() int { return 64 }

// WritePackets implements flatDevice.
func (d plainVirtio) WritePackets(pkts [][]byte) (n int, err error) {
	h := headed.Get().(*headedPacket)
	defer func() {
		clear(h.bufs[:cap(h.bufs)])
		headed.Put(h)
	}()
	clear(h.header[:])
	for _, p := range pkts {
		h.bufs = append(h.bufs[:0], p)
		if err := d.WriteVirtio(h.header[:], h.bufs); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
