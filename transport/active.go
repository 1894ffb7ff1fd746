package transport

import (
	"errors"
	"syscall"
)

// readsLocked reports whether messages are to be delivered to the owner.
func (s *Socket) readsLocked() bool {
	return s.state != stateClosed && !s.IsListener() && s.set.active.on() && !s.told
}

// endUntoldLocked reports whether only the Closed message is missing: the end
// was reported to a Receive, and then the socket was made active.
func (s *Socket) endUntoldLocked() bool { return s.readsLocked() && s.recvEnd.over }

// deliverLocked sends the owner one message, if the socket is active and
// there is one; more asks to be called again.
func (s *Socket) deliverLocked() (more bool) {
	if !s.readsLocked() {
		return false
	}
	if s.recvEnd.over {
		s.endActiveLocked(ErrClosed)
		return false
	}
	if !s.owner.room(s) {
		s.stopped = true
		return false
	}
	p, err := s.readLocked(0)
	switch {
	case err == nil:
		s.messageLocked(p)
		return true
	case errors.Is(err, syscall.EAGAIN):
		return false
	case errors.Is(err, syscall.EMSGSIZE):
		s.endActiveLocked(syscall.EMSGSIZE)
	default:
		s.endActiveLocked(s.endReasonLocked(err))
	}
	return false
}

// messageLocked delivers one packet and counts it: after the last of a count
// the owner gets Passive, after the one of once nothing.
func (s *Socket) messageLocked(p Payload) {
	s.owner.push(Data{Socket: s, Payload: p})
	var passive bool
	if s.set.active, passive = s.set.active.delivered(); passive {
		s.owner.push(Passive{Socket: s})
	}
}

// endActiveLocked tells the owner that the stream has ended, once: Error
// first unless the reason is the ordinary one, then Closed. With
// exit_on_close, and after a malformed packet, that closes the handle; data
// that is still queued is sent nevertheless.
func (s *Socket) endActiveLocked(reason error) {
	s.told = true
	s.in.drop()
	if !errors.Is(reason, ErrClosed) {
		s.owner.push(Error{Socket: s, Err: reason})
	}
	s.owner.push(Closed{Socket: s})
	s.recvEnd.set(nil, ErrClosed)
	if s.set.exitOnClose || errors.Is(reason, syscall.EMSGSIZE) {
		s.closeLocked()
	}
}
