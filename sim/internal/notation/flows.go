package notation

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Flows makes the numbers of TCP segments relative to the first of each side.
// It is shown all packets in the order in which they were sent. A SYN on the
// addresses and ports of an earlier connection begins a new one, unless it
// repeats that connection's own, or is a stray one while that is open.
type Flows struct {
	// PlainClock, if not nil, tells ends whose timestamps count from 0: those
	// that choose them by hand.
	PlainClock func(netip.Addr) bool

	all  []*Flow
	last map[[2]netip.AddrPort]*Flow // the newest of each pair, the lower end first
}

// Flow is one TCP connection, established or not.
type Flow struct {
	Number int // from 1, in the order of their first packets
	ends   [2]flowEnd
}

// flowEnd is one side's direction.
type flowEnd struct {
	addr       netip.AddrPort
	known      bool
	first      uint32 // its first sequence number
	next       uint32 // the number after the highest that it sent
	clock      uint32 // its first timestamp
	clockKnown bool
	sent       bool // one of its packets was seen
	ended      bool // FIN or RST was
}

// flowsMax bounds how many connections are remembered; later ones take the
// numbers of the last.
const flowsMax = 200_000

// See notes a packet and returns its flow; nil for what is not TCP.
func (f *Flows) See(p *Packet) *Flow {
	if !p.isTCP() {
		return nil
	}
	flow := f.Find(p.Src, p.Dst)
	if flow == nil || flow.restarts(p) {
		flow = f.begin(p.Src, p.Dst)
	}
	flow.note(p)
	return flow
}

// pairOf is the key of both directions.
func pairOf(a, b netip.AddrPort) [2]netip.AddrPort {
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return [2]netip.AddrPort{a, b}
}

// Find returns the newest flow between two ends; nil if there is none.
func (f *Flows) Find(a, b netip.AddrPort) *Flow { return f.last[pairOf(a, b)] }

// begin starts a flow.
func (f *Flows) begin(src, dst netip.AddrPort) *Flow {
	if f.last == nil {
		f.last = map[[2]netip.AddrPort]*Flow{}
	}
	flow := &Flow{Number: min(len(f.all)+1, flowsMax)}
	flow.ends[0].addr, flow.ends[1].addr = src, dst
	for i := range flow.ends {
		e := &flow.ends[i]
		e.clockKnown = f.PlainClock != nil && f.PlainClock(e.addr.Addr())
	}
	if len(f.all) < flowsMax {
		f.all = append(f.all, flow)
		f.last[pairOf(src, dst)] = flow
	}
	return flow
}

// Begin starts a flow between two ends, in which src counts from first.
func (f *Flows) Begin(src, dst netip.AddrPort, first uint32) *Flow {
	flow := f.begin(src, dst)
	e, _ := flow.sides(src)
	e.known, e.first, e.next = true, first, first
	e.clockKnown = true // its timestamps count from 0
	return flow
}

// sides are the ends of the flow as a sender sees them.
func (fl *Flow) sides(src netip.AddrPort) (sender, receiver *flowEnd) {
	if fl.ends[1].addr == src && fl.ends[0].addr != src {
		return &fl.ends[1], &fl.ends[0]
	}
	return &fl.ends[0], &fl.ends[1]
}

// strayBytes is how far from the present number a SYN may be to count as a
// stray one of an open connection, a forged one say, and not as a new beginning;
// and how far ahead of it other segments may be without being forged.
const strayBytes = 1 << 24

// restarts reports whether p begins another connection on the same ends.
func (fl *Flow) restarts(p *Packet) bool {
	sender, receiver := fl.sides(p.Src)
	if p.TCP.Flags&(fault.SYN|fault.ACK|fault.RST) != fault.SYN || !sender.sent || p.TCP.Seq == sender.first {
		return false
	}
	open := receiver.sent && !sender.ended && !receiver.ended
	near := p.TCP.Seq-sender.next+strayBytes < 2*strayBytes
	return !open || !near
}

// note keeps what a packet says of its side, and of the other one's first
// number where its own packets were not seen.
func (fl *Flow) note(p *Packet) {
	sender, receiver := fl.sides(p.Src)
	s := &p.TCP
	after := s.Seq + uint32(len(s.Payload))
	if s.Flags&fault.SYN != 0 {
		after++
	}
	if s.Flags&fault.FIN != 0 {
		after++
	}
	// A reset that does not fit exactly ends nothing, RFC 5961 section 3.
	fits := !sender.known || s.Seq == sender.next
	sender.ended = sender.ended || s.Flags&fault.FIN != 0 || s.Flags&fault.RST != 0 && fits
	if !sender.known {
		sender.known, sender.first, sender.next = true, s.Seq, after
	} else if ahead := after - sender.next; ahead > 0 && ahead < strayBytes {
		sender.next = after
	}
	sender.sent = true
	if s.Flags&fault.ACK != 0 && !receiver.known {
		receiver.known, receiver.first, receiver.next = true, s.Ack-1, s.Ack
	}
	if i := slices.IndexFunc(s.Options, isTimestamp); i >= 0 && !sender.clockKnown {
		sender.clock, sender.clockKnown = s.Options[i].Val, true
	}
}

func isTimestamp(o Option) bool { return o.Kind == kindTimestamp && o.Data == nil }

// Relative is the segment of p with numbers that count from the first of each
// side. The payload is that of p.
func (fl *Flow) Relative(p *Packet) Segment {
	return fl.shift(&p.TCP, p.Src, func(n, first uint32) uint32 { return n - first })
}

// Absolute is the reverse of Relative, for a segment that src sends. What it
// acknowledges must have been seen.
func (fl *Flow) Absolute(s Segment, src netip.AddrPort) (Segment, error) {
	_, receiver := fl.sides(src)
	if s.Flags&fault.ACK != 0 && !receiver.known {
		return s, fmt.Errorf("it acknowledges something, but %v has sent nothing yet whose numbers could be meant: inject the packet later, or give plain numbers with abs", receiver.addr)
	}
	return fl.shift(&s, src, func(n, first uint32) uint32 { return n + first }), nil
}

// shift applies f to each number with the first of the side that it counts.
func (fl *Flow) shift(s *Segment, src netip.AddrPort, f func(n, first uint32) uint32) Segment {
	sender, receiver := fl.sides(src)
	out := *s
	out.Seq = f(s.Seq, sender.first)
	if s.Flags&fault.ACK != 0 {
		out.Ack = f(s.Ack, receiver.first)
	}
	out.Options = slices.Clone(s.Options)
	for i := range out.Options {
		o := &out.Options[i]
		if o.Data != nil {
			continue
		}
		switch o.Kind {
		case kindTimestamp:
			o.Val = f(o.Val, sender.clock)
			if s.Flags&fault.ACK != 0 {
				o.Ecr = f(o.Ecr, receiver.clock)
			}
		case kindSACK:
			o.Blocks = slices.Clone(o.Blocks)
			for j := range o.Blocks {
				o.Blocks[j] = [2]uint32{f(o.Blocks[j][0], receiver.first), f(o.Blocks[j][1], receiver.first)}
			}
		}
	}
	return out
}

// Next is the number after the highest that src has sent, relative to its
// first; false if it has sent nothing.
func (fl *Flow) Next(src netip.AddrPort) (uint32, bool) {
	sender, _ := fl.sides(src)
	return sender.next - sender.first, sender.known
}
