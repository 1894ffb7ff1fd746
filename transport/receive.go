package transport

import (
	"errors"
	"syscall"
	"time"
)

// receiveMax is the longest exact length that Receive takes, as in gen_tcp.
const receiveMax = 64 << 20

// Receive is Transport.Receive.
func (t *TCP) Receive(s *Socket, length int, timeout time.Duration) (Payload, error) {
	switch {
	case s == nil:
		return Payload{}, errNoSocket()
	case length < 0:
		return Payload{}, badArgument("length", length, "use 0 for what is there, or a number of bytes")
	}
	if err := checkTimeout(timeout); err != nil {
		return Payload{}, err
	}
	return s.receive(t.owner, length, timeout)
}

// receive reads for one caller.
func (s *Socket) receive(owner *Owner, length int, timeout time.Duration) (Payload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.tryReceiveLocked(nil, length)
	if !errors.Is(err, syscall.EAGAIN) {
		return p, err
	}
	w, err := owner.newWaiter(timeout)
	if err != nil {
		return Payload{}, err
	}
	s.reader = w
	s.watchLocked(w)
	defer s.dropReaderLocked(w)
	for {
		p, err := s.tryReceiveLocked(w, length)
		if !errors.Is(err, syscall.EAGAIN) {
			return p, err
		}
		if err := w.over(); err != nil {
			return Payload{}, err
		}
		s.mu.Unlock()
		w.wait()
		s.mu.Lock()
	}
}

// tryReceiveLocked takes what has arrived for the call of w, which is nil
// while it has not had to wait; syscall.EAGAIN if that is not enough.
func (s *Socket) tryReceiveLocked(w *waiter, length int) (Payload, error) {
	if err := s.mayReceiveLocked(length); err != nil {
		return Payload{}, err
	}
	if s.reader != w {
		return Payload{}, syscall.EALREADY
	}
	p, err := s.readLocked(length)
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		err = s.endReceiveLocked(err)
	}
	return p, err
}

func (s *Socket) dropReaderLocked(w *waiter) {
	s.reader = nil
	s.unwatch(w)
	w.done()
}

// mayReceiveLocked refuses what cannot succeed.
func (s *Socket) mayReceiveLocked(length int) error {
	switch {
	case s.state == stateClosed:
		return ErrClosed
	case s.IsListener():
		return syscall.ENOTCONN
	case s.state == stateDead:
		return s.recvEnd.answer()
	case s.set.active.on():
		return syscall.EINVAL
	case length != 0 && s.set.packet != PacketRaw:
		return syscall.EINVAL
	case length > receiveMax:
		return syscall.ENOMEM
	case s.recvEnd.over:
		return s.recvEnd.answer()
	}
	return nil
}

// readLocked returns one packet, or length bytes of raw data, if they have
// arrived, and syscall.EAGAIN if not. Any other error is that of the network,
// or syscall.EMSGSIZE for a packet that cannot be taken.
func (s *Socket) readLocked(length int) (Payload, error) {
	for {
		data, counted, need, err := s.in.cut(&s.set, length)
		if err != nil {
			return Payload{}, err
		}
		if counted >= 0 {
			s.stat.received(counted)
			return s.set.payload(data), nil
		}
		if s.conn == nil {
			return Payload{}, syscall.EAGAIN
		}
		if err := s.in.fill(s.conn, need); err != nil {
			return Payload{}, err
		}
	}
}

// endReceiveLocked notes the end of the incoming stream, met with err by a
// passive reader, and returns what the reader is told. What is left of an
// unfinished packet is discarded.
func (s *Socket) endReceiveLocked(err error) error {
	s.in.drop()
	if errors.Is(err, syscall.EMSGSIZE) {
		s.recvEnd.set(nil, syscall.ENOTCONN)
		s.sendEnd.set(nil, syscall.ENOTCONN)
		s.dieLocked()
		return syscall.EMSGSIZE
	}
	reason := s.endReasonLocked(err)
	if s.set.exitOnClose {
		s.recvEnd.set(nil, syscall.ENOTCONN)
		s.sendEnd.set(reason, syscall.ENOTCONN)
		s.dieLocked()
		return reason
	}
	s.recvEnd.set(nil, ErrClosed)
	return reason
}

// endReasonLocked is why the incoming stream has ended: the failure that a
// Send met before counts more than the end of file that follows it.
func (s *Socket) endReasonLocked(err error) error {
	if s.failed != nil {
		err = s.failed
	} else if !isEnd(err) {
		s.failed = err
	}
	return s.netReason(err)
}
