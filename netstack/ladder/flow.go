package ladder

// Flow follows one TCP connection packet by packet, as somebody who listens
// at one place between the two sides. It makes sequence numbers relative,
// finds what is sent again, and says in words what each segment does. A SYN
// with a new sequence number begins another connection of the same addresses;
// while one is open, only if it is answered, since a forged one changes nothing
// (RFC 5961, section 4). Its memory is bounded, whatever passes. The zero value
// is ready.
type Flow struct {
	ends        [2]end // by Side
	established bool
	next        *Flow // begun by a SYN that has no answer yet; nil without one
}

// end is what is known of one side's direction of a flow.
type end struct {
	known   bool
	initial uint32 // its first sequence number, that of its SYN
	next    int64  // the relative number after the last one it sent
	seen    spans  // the relative numbers that it sent
	acked   int64  // how far the other side has acknowledged it
	fin     bool   // it has sent its FIN
	finAck  bool   // and that was acknowledged
	closing int64  // the relative number after its FIN

	scale  uint8 // by which its window is to be shifted
	scales bool  // it offered window scaling
	window int64 // as it said last; below 0 before that
}

// Step is what Flow.Next says of one segment. Seq and Ack are relative to the
// SYN of their direction; where that was not seen, the first segment has
// number 1. They go on beyond 32 bits.
type Step struct {
	Seq, Ack int64
	Next     int64 // the number after the segment: a SYN, each byte and a FIN take one
	Window   int64 // bytes, scaled if the SYNs that agreed on a scale were seen
	Again    int64 // how many of its numbers were sent before
	SACK     []Range
	Text     string // what just happened
}

// Range is relative sequence numbers: First up to, not including, Next.
type Range struct{ First, Next int64 }

// Next takes the next segment, sent by side from. Packets that are no TCP
// segments have the zero Step.
func (f *Flow) Next(from Side, p Packet) Step {
	if p.Protocol != TCP || p.Fragment {
		return Step{}
	}
	s := p.Segment
	if next := f.opening(from, s); next != nil {
		return next.Next(from, p)
	}
	sender, receiver := &f.ends[from], &f.ends[from.other()]
	f.begin(sender, receiver, s)
	step := Step{Seq: sender.relative(s.Seq), Window: f.windowOf(sender, receiver, s)}
	step.Next = step.Seq + int64(len(p.Payload))
	if s.Flags&SYN != 0 {
		step.Next++
	}
	if s.Flags&FIN != 0 {
		step.Next++
	}
	if s.Flags&ACK != 0 {
		step.Ack = receiver.relative(s.Ack)
		for _, b := range s.SACK() {
			step.SACK = append(step.SACK, Range{receiver.relative(b.First), receiver.relative(b.Next)})
		}
	}
	heard := receiver.acknowledged(step.Ack)
	probe := sender.probes(s.Flags, step)
	step.Again = sender.sent(s.Flags, step)
	step.Text = f.explain(remark{
		flags: s.Flags, payload: p.Payload, step: step, heard: heard, probe: probe,
		sender: sender, receiver: receiver,
	})
	sender.window = step.Window
	return step
}

// opening returns the flow that a SYN begins while this one is open, nil for
// segments of this one. The answer to such a SYN makes this flow that one.
func (f *Flow) opening(from Side, s Segment) *Flow {
	if f.next != nil {
		asked := f.next.ends[from.other()]
		if s.Flags&ACK != 0 && s.Flags&(SYN|RST) != 0 && asked.known && s.Ack == asked.initial+1 {
			*f = *f.next
			return nil
		}
	}
	sender := f.ends[from]
	if s.Flags&(SYN|ACK) != SYN || !f.established || sender.known && s.Seq == sender.initial {
		return nil
	}
	if f.next == nil || s.Seq != f.next.ends[from].initial {
		f.next = &Flow{}
	}
	return f.next
}

// begin learns where the directions begin.
func (f *Flow) begin(sender, receiver *end, s Segment) {
	if s.Flags&SYN != 0 && !(f.established && sender.known) {
		if !sender.known || s.Seq != sender.initial {
			*sender = end{known: true, initial: s.Seq, window: -1}
		}
		sender.scale, sender.scales = s.Scale, s.Scales
	}
	if !sender.known {
		f.established = !receiver.known // it began before we listened
		*sender = end{known: true, initial: s.Seq - 1, acked: 1, next: 1, window: -1}
	}
	if s.Flags&ACK != 0 && !receiver.known {
		*receiver = end{known: true, initial: s.Ack - 1, acked: 1, next: 1, window: -1}
	}
}

// windowOf is the window that a segment offers. By RFC 7323, section 2.2, that
// of a SYN is never scaled, and others only if both sides offered to.
func (f *Flow) windowOf(sender, receiver *end, s Segment) int64 {
	if s.Flags&SYN == 0 && sender.scales && receiver.scales {
		return int64(s.Window) << sender.scale
	}
	return int64(s.Window)
}

// relative is the number n counted from the direction's first: the one of all
// that are equal in 32 bits that lies nearest to what was sent last.
func (e *end) relative(n uint32) int64 {
	return e.next + int64(int32(n-e.initial-uint32(e.next)))
}

// probes reports whether a segment carries nothing but a number that has been
// acknowledged: the keep-alive of RFC 9293, section 3.8.4.
func (e *end) probes(flags Flags, step Step) bool {
	return flags == ACK && step.Next-step.Seq <= 1 && step.Seq == e.next-1 && e.acked == e.next
}

// sent notes what a segment carries and returns how much of it was sent
// before.
func (e *end) sent(flags Flags, step Step) (again int64) {
	if flags&FIN != 0 {
		e.fin, e.closing = true, step.Next
	}
	e.next = max(e.next, step.Next)
	return e.seen.add(span{step.Seq, step.Next})
}

// acknowledged notes an acknowledgement and returns how many new numbers it
// covers.
func (e *end) acknowledged(ack int64) int64 {
	heard := max(0, ack-e.acked)
	e.acked += heard
	return heard
}
