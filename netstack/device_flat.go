package netstack

import "sync"

// flatWriter writes packets in one piece each, of at most the MTU: it cuts what
// TCP has left to be cut and completes checksums.
type flatWriter struct {
	dev    flatDevice
	counts *offloadCounters
}

// flatDevice is the half of a VectorDevice that is written to.
type flatDevice interface {
	WritePackets(pkts [][]byte) (n int, err error)
	BatchSize() int
}

// flatBytesMax bounds what is gathered for one call of the device.
const flatBytesMax = 256 << 10

// write implements packetWriter.
func (w *flatWriter) write(pkts []*Packet) (n int) {
	f := flats.Get().(*flatPackets)
	defer f.giveBack()
	for len(pkts) > 0 {
		if pkts[0].gso.SegmentBytes > 0 {
			if w.cut(f, pkts[0]) {
				n++
			}
			pkts = pkts[1:]
			continue
		}
		taken := f.gather(pkts, w.dev.BatchSize())
		n += len(f.slices) - writeAll(w.dev, f.slices)
		pkts = pkts[taken:]
	}
	return n
}

// cut writes the segments of p and reports whether the device took them all.
func (w *flatWriter) cut(f *flatPackets, p *Packet) bool {
	if err := f.cutter.start(p); err != nil {
		return false
	}
	w.counts.cut.Add(1)
	lost := 0
	for f.cutter.size() > 0 {
		f.segments(w.dev.BatchSize())
		lost += writeAll(w.dev, f.slices)
	}
	return lost == 0
}

// writeAll writes packets, no more than the device takes in a call, and returns
// how many were lost.
func writeAll(dev flatDevice, flat [][]byte) (lost int) {
	for len(flat) > 0 {
		k, err := dev.WritePackets(flat)
		k = min(max(k, 0), len(flat))
		if err == nil || k == len(flat) {
			return lost + len(flat) - k // without an error there is no room for the rest
		}
		lost++ // the device refused packet k, which says nothing of the next
		flat = flat[k+1:]
	}
	return lost
}

var flats = sync.Pool{New: func() any { return new(flatPackets) }}

// flatPackets is scratch memory for packets in one piece each.
type flatPackets struct {
	bytes  []byte
	slices [][]byte
	cutter segmenter
}

// reset makes room for need bytes.
func (f *flatPackets) reset(need int) (free []byte) {
	if cap(f.bytes) < need {
		f.bytes = make([]byte, need)
	}
	f.slices = f.slices[:0]
	return f.bytes[:cap(f.bytes)]
}

// gather makes one slice of each of at most max packets before the next that is
// to be cut, and returns how many packets it has gone over. One whose checksum
// cannot be completed is left out.
func (f *flatPackets) gather(pkts []*Packet, max int) (taken int) {
	need := 0
	for _, p := range pkts[:min(len(pkts), max)] {
		if p.gso.SegmentBytes > 0 || taken > 0 && need+p.Len() > flatBytesMax {
			break
		}
		need += p.Len()
		taken++
	}
	free := f.reset(need)
	for _, p := range pkts[:taken] {
		if b := p.onlySegment(); b != nil && p.sum.State != ChecksumPartial {
			f.slices = append(f.slices, b)
			continue
		}
		n := p.CopyTo(free[:p.Len()])
		if completeChecksum(free[:n], p.sum) == nil {
			f.slices = append(f.slices, free[:n:n])
		}
		free = free[n:]
	}
	return taken
}

// segments makes a slice of each of the next segments of the packet being cut,
// at most max of them.
func (f *flatPackets) segments(max int) {
	size := f.cutter.size()
	count := min(max, flatBytesMax/size)
	free := f.reset(count * size)
	for range count {
		n := f.cutter.next(free)
		if n == 0 {
			return
		}
		f.slices = append(f.slices, free[:n:n])
		free = free[n:]
	}
}

// giveBack returns f to the pool, without the packets that it points to.
func (f *flatPackets) giveBack() {
	clear(f.slices[:cap(f.slices)])
	f.cutter = segmenter{}
	flats.Put(f)
}
