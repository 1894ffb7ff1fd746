package transport

import (
	"errors"
	"syscall"

	"github.com/seed-731cb71d/warren/transport/internal/framing"
)

// Send is Transport.Send. An empty queue takes a payload of any size at once.
// Otherwise Send returns when the queue is below the high watermark with the
// payload in it; if it is not, or while another Send waits, it waits until the
// queue is down to the low watermark. A queue of queueBytesMax takes nothing
// more: there a Send waits with its payload, which a timeout leaves unsent.
func (t *TCP) Send(s *Socket, data IOData) error {
	if s == nil {
		return errNoSocket()
	}
	payload, borrowed, err := flatten(data)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.maySendLocked(); err != nil {
		return err
	}
	if s.queue.bytes >= max(queueBytesMax, s.set.highWatermark) {
		if err := s.awaitRoomLocked(t.owner, chunk{}, false); err != nil {
			return err
		}
		if err := s.maySendLocked(); err != nil {
			return err
		}
	}
	c := chunk{data: payload}
	if s.set.packet == Packet1 || s.set.packet == Packet2 || s.set.packet == Packet4 {
		if c, err = framedChunk(s.set.packet, payload); err != nil {
			return syscall.EMSGSIZE
		}
		borrowed = false
	}
	s.stat.sent(len(c.data))
	switch {
	case s.queue.bytes == 0:
		return s.sendFirstLocked(c, borrowed)
	case s.queue.bytes+len(c.data) < s.set.highWatermark && len(s.queue.senders) == 0:
		s.queue.push(c, borrowed)
		return nil
	}
	return s.awaitRoomLocked(t.owner, c, borrowed)
}

// framedChunk returns payload with its length header.
func framedChunk(packet PacketType, payload []byte) (chunk, error) {
	const headerMax = 4
	c := ownChunk(nil, headerMax+len(payload))
	framed, err := framing.AppendHeader(c.data, framing.Type(packet), len(payload))
	if err != nil {
		c.put()
		return chunk{}, err
	}
	c.data = append(framed, payload...)
	return c, nil
}

// maySendLocked refuses what cannot succeed.
func (s *Socket) maySendLocked() error {
	switch {
	case s.state == stateClosed:
		return ErrClosed
	case s.IsListener():
		return syscall.ENOTCONN
	case s.sendEnd.over:
		return s.sendEnd.answer()
	}
	return nil
}

// sendFirstLocked writes to a connection with an empty queue and queues what
// the network does not take. Borrowed data is the caller's.
func (s *Socket) sendFirstLocked(c chunk, borrowed bool) error {
	n := 0
	if len(c.data) > 0 {
		var err error
		n, err = s.conn.TryWrite(c.data)
		if n < len(c.data) && err != nil && !errors.Is(err, syscall.EAGAIN) {
			c.put()
			reason := s.endSendLocked(err)
			s.sendEnd.once = nil // this call reports it
			return reason
		}
	}
	if n == len(c.data) {
		c.put()
		return nil
	}
	c.data = c.data[n:]
	s.queue.push(c, borrowed)
	s.flushHereLocked()
	return nil
}

// endSendLocked notes that the connection has failed with err, met while
// sending. Data that was received before can still be read; the reader then
// learns the reason.
func (s *Socket) endSendLocked(err error) (reason error) {
	if s.failed == nil {
		s.failed = err
	}
	reason = s.netReason(s.failed)
	s.sendEnd.set(reason, syscall.ENOTCONN)
	s.queue.fail(reason)
	if s.reader != nil {
		s.reader.wake()
	}
	if s.drain.on {
		s.giveBackLocked()
		return reason
	}
	s.pumpLocked()
	return reason
}

// awaitRoomLocked queues c and blocks a Send until the queue is down to the low
// watermark, at most for the option send_timeout. Borrowed data stays where it
// is for that long.
func (s *Socket) awaitRoomLocked(owner *Owner, c chunk, borrowed bool) error {
	w, err := owner.newWaiter(s.set.sendTimeout)
	if err != nil {
		s.queue.push(c, borrowed)
		return s.sendGivenUpLocked(err)
	}
	waiting := s.queue.enter(w)
	s.offer(w)
	defer func() {
		s.withdraw(w)
		s.queue.leave(waiting)
		w.done()
	}()
	if borrowed {
		c.lender = waiting
	}
	s.queue.push(c, false)
	for {
		switch {
		case waiting.served:
			return waiting.err
		case s.state != stateOpen:
			return ErrClosed
		}
		if err := w.over(); err != nil {
			return s.sendGivenUpLocked(err)
		}
		s.mu.Unlock()
		w.wait()
		s.help(w)
		s.mu.Lock()
	}
}

// sendGivenUpLocked is the end of a Send that found no room, because of err.
func (s *Socket) sendGivenUpLocked(err error) error {
	if errors.Is(err, ErrTimeout) && s.set.sendTimeoutClose {
		s.recvEnd.set(nil, syscall.ENOTCONN)
		s.sendEnd.set(nil, syscall.ENOTCONN)
		s.told = true // gen_tcp sends no tcp_closed here
		s.queue.drop()
		s.dieLocked()
	}
	return err
}

// flushLocked sends queued data until the network takes no more, and then
// does what waits for the queue: blocked senders go on, the sending side is
// shut down, the connection is given back.
func (s *Socket) flushLocked() {
	if s.conn == nil {
		return
	}
	before := s.queue.bytes
	if err := s.queue.writeTo(s.conn); err != nil {
		s.endSendLocked(err)
		return
	}
	if before > 0 && s.queue.bytes == 0 {
		s.wakeWatchers() // a net.Conn's writer waits for that
	}
	if s.queue.bytes <= s.set.lowWatermark {
		s.queue.serve(nil)
	}
	if s.queue.bytes > 0 {
		return
	}
	if s.queue.fin {
		s.queue.fin = false
		_ = s.conn.Shutdown(ShutdownWrite)
	}
	if s.drain.on {
		s.giveBackLocked()
	}
}
