package ladder

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Flow follows one TCP connection packet by packet. It makes sequence numbers
// relative and says in words what each segment does. The zero value is ready.
type Flow struct {
	ends        [2]end // by Side
	established bool
}

// end is what is known of one side's direction of a flow.
type end struct {
	known   bool
	initial uint32 // its first sequence number, that of its SYN
	next    uint32 // the relative number after the last byte it sent
	acked   uint32 // how far the other side has acknowledged it
	fin     bool   // it has sent its FIN
	finAck  bool   // and that was acknowledged
	closing uint32 // the relative number after its FIN
}

// Step is what Flow.Next says of one segment.
type Step struct {
	Seq, Ack uint32 // relative to the first of each direction
	Text     string // what just happened
}

// Next takes the next segment, sent by side from.
func (f *Flow) Next(from Side, p Packet) Step {
	sender, receiver := &f.ends[from], &f.ends[from.other()]
	s := p.Segment
	if !sender.known || s.Flags&SYN != 0 {
		*sender = end{known: true, initial: s.Seq}
	}
	if s.Flags&ACK != 0 && !receiver.known {
		*receiver = end{known: true, initial: s.Ack - 1}
	}
	step := Step{Seq: s.Seq - sender.initial}
	if s.Flags&ACK != 0 {
		step.Ack = s.Ack - receiver.initial
	}
	repeated := sender.sent(step.Seq, s.Flags, len(p.Payload))
	arrived := receiver.acknowledged(step.Ack)
	step.Text = f.explain(s.Flags, p.Payload, repeated, arrived, receiver)
	return step
}

// sent notes what a segment carries and reports whether it was sent before.
func (e *end) sent(seq uint32, flags Flags, payload int) (repeated bool) {
	after := seq + uint32(payload)
	if flags&SYN != 0 {
		after++
	}
	if flags&FIN != 0 {
		after++
		e.fin, e.closing = true, after
	}
	if after == seq {
		return false
	}
	if int32(after-e.next) <= 0 {
		return true
	}
	e.next = after
	return false
}

// acknowledged notes an acknowledgement and returns how many new numbers it
// covers.
func (e *end) acknowledged(ack uint32) uint32 {
	if int32(ack-e.acked) <= 0 {
		return 0
	}
	arrived := ack - e.acked
	e.acked = ack
	return arrived
}

// explain says what a segment does. arrived counts the numbers of the receiver
// that it acknowledges for the first time.
func (f *Flow) explain(flags Flags, payload []byte, repeated bool, arrived uint32, receiver *end) string {
	finAcked := receiver.fin && !receiver.finAck && receiver.acked == receiver.closing
	receiver.finAck = receiver.finAck || finAcked
	switch {
	case flags&RST != 0:
		return "reset: the connection is gone"
	case repeated:
		return "sent once more"
	case flags&(SYN|ACK) == SYN|ACK:
		return "agrees, and asks back"
	case flags&SYN != 0:
		return "asks for a connection"
	case len(payload) > 0 && flags&FIN != 0:
		return quote(payload) + ", and the end of its data"
	case len(payload) > 0:
		return quote(payload)
	case flags&FIN != 0:
		return "the end of its data"
	case finAcked:
		return "the end has been heard"
	case !f.established && arrived > 0:
		f.established = true
		return "the connection stands"
	case arrived == 1:
		return "1 byte has arrived"
	case arrived > 0:
		return fmt.Sprintf("%d bytes have arrived", arrived)
	}
	return "window update"
}

const quoteBytesMax = 24

// quote shows a payload if it is short text, else its size.
func quote(payload []byte) string {
	if len(payload) > quoteBytesMax || !utf8.Valid(payload) {
		return fmt.Sprintf("%d bytes of data", len(payload))
	}
	return strconv.Quote(string(payload))
}
