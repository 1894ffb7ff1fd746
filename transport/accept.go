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
	var w *waiter
	for {
		switch {
		case l.state == stateClosed:
			return nil, ErrClosed
		case !l.IsListener():
			return nil, syscall.EINVAL
		}
		if len(l.acceptors) == 0 || l.acceptors[0] == w {
			s, err := l.acceptLocked(t.owner)
			if !errors.Is(err, syscall.EAGAIN) {
				return s, err
			}
		}
		if w == nil {
			var err error
			if w, err = l.node.newWaiter(t.owner, timeout); err != nil {
				return nil, err
			}
			l.queueAcceptorLocked(w)
			defer l.dropAcceptorLocked(w)
			continue
		}
		if err := w.over(); err != nil {
			return nil, err
		}
		l.mu.Unlock()
		w.wait()
		l.mu.Lock()
	}
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
