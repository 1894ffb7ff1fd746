package ladder

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// remark is what there is to say about one segment.
type remark struct {
	flags   Flags
	payload []byte
	step    Step
	heard   int64 // how many of the receiver's numbers it acknowledges for the first time
	probe   bool  // it is a keep-alive

	sender, receiver *end // before the sender's window is noted
}

// explain says what a segment does.
func (f *Flow) explain(r remark) string {
	finAcked := r.receiver.fin && !r.receiver.finAck && r.receiver.acked >= r.receiver.closing
	r.receiver.finAck = r.receiver.finAck || finAcked
	switch {
	case r.flags&RST != 0:
		return "reset: the connection is gone"
	case r.probe:
		return "asks whether the other side is there"
	case r.step.Again > 0 && r.step.Again == r.step.Next-r.step.Seq:
		return "sent once more"
	case r.flags&(SYN|ACK) == SYN|ACK:
		return "agrees, and asks back"
	case r.flags&SYN != 0:
		return "asks for a connection"
	case r.step.Again > 0:
		return fmt.Sprintf("%d bytes of data, %d of them once more", len(r.payload), r.step.Again)
	case len(r.payload) > 0 && r.flags&FIN != 0:
		return quote(r.payload) + ", and the end of its data"
	case len(r.payload) > 0:
		return quote(r.payload)
	case r.flags&FIN != 0:
		return "the end of its data"
	case finAcked:
		return "the end has been heard"
	case !f.established && r.heard > 0:
		f.established = true
		return "the connection stands"
	}
	return r.acknowledgement()
}

// acknowledgement says what a segment without content does.
func (r remark) acknowledgement() string {
	switch full := r.step.Window == 0; {
	case full && r.heard > 0:
		return bytesHaveArrived(r.heard) + ", and there is no room for more"
	case full:
		return "there is no room: wait"
	case r.heard > 0:
		return bytesHaveArrived(r.heard)
	case len(r.step.SACK) > 0:
		return fmt.Sprintf("waits for %d, has %s", r.step.Ack, ranges(r.step.SACK))
	case r.sender.window == r.step.Window && r.receiver.next > r.step.Ack:
		return fmt.Sprintf("waits for %d", r.step.Ack)
	case r.sender.window == r.step.Window:
		return "says the same again"
	}
	return "window update"
}

func bytesHaveArrived(n int64) string {
	if n == 1 {
		return "1 byte has arrived"
	}
	return fmt.Sprintf("%d bytes have arrived", n)
}

// ranges lists ranges by their first and last numbers.
func ranges(all []Range) string {
	text := ""
	for i, r := range all {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%d to %d", r.First, r.Next-1)
	}
	return text
}

const quoteBytesMax = 24

// quote shows a payload if it is short text, else its size.
func quote(payload []byte) string {
	if len(payload) > quoteBytesMax || !utf8.Valid(payload) {
		return fmt.Sprintf("%d bytes of data", len(payload))
	}
	return strconv.Quote(string(payload))
}
