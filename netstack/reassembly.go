package netstack

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// ReassemblyStats count datagrams that came in fragments.
type ReassemblyStats struct {
	Waiting      int    // of which fragments are missing, now
	WaitingBytes int    // memory that their fragments take, now
	Completed    uint64 // put together
	TimedOut     uint64 // given up after 30 s (IPv4) or 60 s (IPv6)
	Overflowed   uint64 // given up because fragments took more than 4 MiB of a family
}

// reassemblyWatch knows which datagrams are being put together. The stack below
// does that and neither counts nor tells what it gives up, but for fragments
// that do not fit together; so the watch keeps the same books from the fragments
// as they arrive: what is missing of each datagram, its age, and the memory, by
// the stack's own measure.
type reassemblyWatch struct {
	gs    *stack.Stack
	clock Clock

	mu     sync.Mutex
	v4, v6 reassembly
}

// The limits of the stack below, in bytes: above the high one it gives up the
// oldest datagrams down to the low one.
const (
	reassemblyHigh = 4 << 20
	reassemblyLow  = 3 << 20
)

// reassembly are the books of one family.
type reassembly struct {
	lifetime time.Duration
	open     map[fragmentID]*partial
	order    []*partial // by age; those that are gone are skipped
	bytes    int

	completed, timedOut, overflowed uint64
}

// partial is a datagram of which fragments are missing.
type partial struct {
	id    fragmentID
	since time.Time
	parts []fragmentRange
	end   int // behind the last byte; 0 while that is not known
	bytes int
	gone  bool
}

// arriving notes a packet that is a fragment for this interface.
func (w *reassemblyWatch) arriving(p *Packet, nic tcpip.NICID) {
	if w == nil || !p.fragmented() {
		return
	}
	var buf [fragmentHeaderBytes]byte
	f, ok := parseFragment(buf[:p.CopyTo(buf[:])], p.Len())
	if !ok {
		return
	}
	network := ipv4.ProtocolNumber
	if f.ipv6 {
		network = ipv6.ProtocolNumber
	}
	if w.gs.CheckLocalAddress(0, network, f.dst) != nic {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.family(f.ipv6).add(f, w.clock.Now())
}

// family returns the books of one family; the caller holds w.mu.
func (w *reassemblyWatch) family(v6 bool) *reassembly {
	r := &w.v4
	if v6 {
		r = &w.v6
	}
	if r.open == nil {
		r.open = make(map[fragmentID]*partial)
		r.lifetime = ipv4.ReassembleTimeout
		if v6 {
			r.lifetime = ipv6.ReassembleTimeout
		}
	}
	return r
}

// stats returns the counters of both families.
func (w *reassemblyWatch) stats() (s ReassemblyStats) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock.Now()
	for _, v6 := range []bool{false, true} {
		r := w.family(v6)
		r.expire(now)
		s.Waiting += len(r.open)
		s.WaitingBytes += r.bytes
		s.Completed += r.completed
		s.TimedOut += r.timedOut
		s.Overflowed += r.overflowed
	}
	return s
}

// end forgets what will never be completed, because the stack has ended.
func (w *reassemblyWatch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range []*reassembly{&w.v4, &w.v6} {
		r.open, r.order, r.bytes = nil, nil, 0
	}
}

// add enters a fragment and does what the stack below does then.
func (r *reassembly) add(f fragment, now time.Time) {
	r.expire(now)
	d := r.open[f.fragmentID]
	if d == nil {
		d = &partial{id: f.fragmentID, since: now}
		r.open[f.fragmentID] = d
		r.order = append(r.order, d)
	}
	switch d.fit(f.fragmentRange) {
	case fitsNot:
		r.remove(d)
		return
	case fitsTwice:
		return
	}
	n := f.size + stack.PacketBufferStructSize
	d.bytes += n
	r.bytes += n
	if d.whole() {
		r.completed++
		r.remove(d)
	}
	if r.bytes > reassemblyHigh {
		for len(r.order) > 0 && r.bytes > reassemblyLow {
			r.overflowed++
			r.remove(r.order[0])
		}
	}
}

// expire gives up datagrams that are too old.
func (r *reassembly) expire(now time.Time) {
	for len(r.order) > 0 && now.Sub(r.order[0].since) >= r.lifetime {
		r.timedOut++
		r.remove(r.order[0])
	}
}

// remove takes a datagram off the books. What is first in order afterwards is
// open.
func (r *reassembly) remove(d *partial) {
	delete(r.open, d.id)
	r.bytes -= d.bytes
	d.gone = true
	for len(r.order) > 0 && r.order[0].gone {
		r.order[0] = nil
		r.order = r.order[1:]
	}
	if len(r.order) > 2*len(r.open)+64 { // mostly holes
		kept := make([]*partial, 0, len(r.open))
		for _, o := range r.order {
			if !o.gone {
				kept = append(kept, o)
			}
		}
		r.order = kept
	}
}

// fits is how a fragment goes with those that are there.
type fits uint8

const (
	fitsIn    fits = iota
	fitsTwice      // it is there already
	fitsNot        // it contradicts them, which gives up the datagram (RFC 8200, section 4.5)
)

// fit adds a fragment where it belongs.
func (d *partial) fit(f fragmentRange) fits {
	for _, p := range d.parts {
		switch {
		case p.first == f.first && p.end == f.end && (p.more == f.more || f.more):
			return fitsTwice
		case f.first < p.end && p.first < f.end, !f.more && p.end > f.end:
			return fitsNot
		}
	}
	if d.end > 0 && (!f.more || f.end > d.end) {
		return fitsNot
	}
	d.parts = append(d.parts, f)
	if !f.more {
		d.end = f.end
	}
	return fitsIn
}

// whole reports whether nothing is missing; the parts do not overlap.
func (d *partial) whole() bool {
	sum := 0
	for _, p := range d.parts {
		sum += p.end - p.first
	}
	return d.end > 0 && sum == d.end
}
