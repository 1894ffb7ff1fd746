package transport

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// Accept is Transport.Accept. Only the first of the waiting calls asks the
// network, so that they are served in their order; when it leaves, with a
// connection or without, the next one tries.
func (t *TCP) Accept(listener *Socket, timeout time.Duration) (*Socket, error) {
	if listener == nil {
		return nil, errNoSocket()
	}
	if err := checkTimeout(timeout); err != nil {
		return nil, err
	}
	l := listener
	l.mu.Lock()
	defer l.mu.Unlock()
	s, err := l.tryAcceptLocked(nil, t.owner)
	if !errors.Is(err, syscall.EAGAIN) {
		return s, err
	}
	w, err := t.owner.newWaiter(timeout)
	if err != nil {
		return nil, err
	}
	l.queueAcceptorLocked(w)
	defer l.dropAcceptorLocked(w)
	for {
		s, err := l.tryAcceptLocked(w, t.owner)
		if !errors.Is(err, syscall.EAGAIN) {
			return s, err
		}
		if err := w.over(); err != nil {
			return nil, err
		}
		l.mu.Unlock()
		w.wait()
		l.mu.Lock()
	}
}

// tryAcceptLocked takes a connection for the call of w, which is nil while it
// has not had to wait; syscall.EAGAIN if there is none, or others come first.
func (s *Socket) tryAcceptLocked(w *waiter, owner *Owner) (*Socket, error) {
	switch {
	case s.state == stateClosed:
		return nil, ErrClosed
	case !s.IsListener():
		return nil, syscall.EINVAL
	case len(s.acceptors) > 0 && s.acceptors[0] != w:
		return nil, syscall.EAGAIN
	}
	return s.acceptLocked(owner)
}

func (s *Socket) queueAcceptorLocked(w *waiter) {
	s.acceptors = append(s.acceptors, w)
	if len(s.acceptors) == 1 {
		s.watchLocked(w)
	}
}

// dropAcceptorLocked takes w out of the line; if it was the first, the next
// one has its turn.
func (s *Socket) dropAcceptorLocked(w *waiter) {
	first := s.acceptors[0] == w
	s.acceptors = without(s.acceptors, w)
	s.unwatch(w)
	w.done()
	if first && len(s.acceptors) > 0 {
		s.watchLocked(s.acceptors[0])
		s.acceptors[0].wake()
	}
}

// acceptLocked takes one connection for owner, syscall.EAGAIN if none waits.
// A connection that cannot be handed out because of the node's limit, or
// because owner has ended, is held for the next call.
func (s *Socket) acceptLocked(owner *Owner) (*Socket, error) {
	if s.held == nil {
		conn, err := s.listener.TryAccept()
		if errors.Is(err, net.ErrClosed) {
			return nil, ErrClosed
		}
		if err != nil {
			return nil, err
		}
		s.held = conn
	}
	if err := s.node.reserve(); err != nil {
		return nil, err
	}
	c := &Socket{node: s.node, kind: kindConnection, conn: s.held, set: s.set.inherited()}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.node.adopt(c)
	if !owner.own(c) {
		s.node.forget(c)
		return nil, ErrClosed
	}
	s.held = nil
	c.owner = owner
	// A peer that is gone already may make this fail; what it sent is still
	// to be read, so the connection is handed out all the same.
	_ = applySock(c.set.sock, c.conn.SetOption)
	c.pumpLocked()
	return c, nil
}
