package transport

// mailbox is the queue of messages of one owner: first in, first out, but for
// selective receive, which takes the oldest message of one socket. The
// owner's mutex guards it.
//
// Its limit is kept by those who fill it (see Owner.room): a full
// mailbox stops the reading of active sockets, and no message is ever lost.
type mailbox struct {
	messages []Message // messages[head:] are waiting
	head     int
	bytes    int // sum of messageBytes
}

// messageOverhead is what a message counts for beside its data, so that a
// flood of empty packets fills the mailbox too.
const messageOverhead = 64

// messageBytes is what m counts for in its mailbox.
func messageBytes(m Message) int {
	if d, ok := m.(Data); ok {
		return messageOverhead + len(d.Payload.Data)
	}
	return messageOverhead
}

func (b *mailbox) len() int { return len(b.messages) - b.head }

// push appends m.
func (b *mailbox) push(m Message) {
	b.messages = append(b.messages, m)
	b.bytes += messageBytes(m)
	if d, ok := m.(Data); ok {
		d.Socket.mailed++
	}
}

// take removes and returns the oldest message of s, or of any socket if s is
// nil; ok is false when there is none.
func (b *mailbox) take(s *Socket) (m Message, ok bool) {
	for i := b.head; i < len(b.messages); i++ {
		if m := b.messages[i]; s == nil || m.From() == s {
			b.removeAt(i)
			return m, true
		}
	}
	return nil, false
}

// removeAt removes messages[i] and keeps the order of the others.
func (b *mailbox) removeAt(i int) {
	m := b.messages[i]
	b.bytes -= messageBytes(m)
	if d, ok := m.(Data); ok {
		d.Socket.mailed--
	}
	copy(b.messages[b.head+1:i+1], b.messages[b.head:i])
	b.messages[b.head] = nil
	b.head++
	if b.head == len(b.messages) {
		b.messages, b.head = b.messages[:0], 0
		if cap(b.messages) > 1024 {
			b.messages = nil
		}
	} else if b.head > 64 && b.head > len(b.messages)/2 {
		n := copy(b.messages, b.messages[b.head:])
		clear(b.messages[n:])
		b.messages, b.head = b.messages[:n], 0
	}
}

// moveTo moves the messages of s for which pick holds to another mailbox, in
// order; a nil mailbox drops them.
func (b *mailbox) moveTo(to *mailbox, s *Socket, pick func(Message) bool) {
	kept := b.messages[:b.head]
	for _, m := range b.messages[b.head:] {
		if m.From() != s || !pick(m) {
			kept = append(kept, m)
			continue
		}
		b.bytes -= messageBytes(m)
		if _, ok := m.(Data); ok {
			s.mailed--
		}
		if to != nil {
			to.push(m)
		}
	}
	clear(b.messages[len(kept):])
	b.messages = kept
}

func isData(m Message) bool { _, ok := m.(Data); return ok }

func isClosed(m Message) bool { _, ok := m.(Closed); return ok }
