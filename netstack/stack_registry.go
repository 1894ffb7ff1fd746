package netstack

import (
	"cmp"
	"maps"
	"net"
	"slices"
)

// socket is what the stack knows of a socket in the application's hands: a
// Conn, a Listener, a PacketConn, a dial in progress.
type socket interface {
	// endStack ends the socket because its stack has ended with err
	// (net.ErrClosed after Close): the endpoint is aborted, every waiter
	// wakes, later calls fail. The stack calls it once, holding no lock; it
	// may coincide with the application's own Close. It must not wait for
	// the peer, and may call unregister.
	endStack(err error)

	// isListener reports whether Shutdown closes the socket at once, by
	// endStack(net.ErrClosed), instead of waiting for its owner to close it.
	isListener() bool
}

// register notes an open socket, so that Close and Shutdown find it. It fails
// once the stack is closing, with net.ErrClosed or the cause of its end, and
// for listeners once Shutdown has begun.
func (s *Stack) register(k socket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return s.endCauseLocked()
	}
	if s.draining && k.isListener() {
		return net.ErrClosed
	}
	s.opened++
	s.sockets[k] = s.opened
	s.joinLocked(k)
	return nil
}

// openLocked returns the open sockets, oldest first.
func (s *Stack) openLocked() []socket {
	return slices.SortedFunc(maps.Keys(s.sockets), func(a, b socket) int {
		return cmp.Compare(s.sockets[a], s.sockets[b])
	})
}

// unregister forgets a socket that its owner has closed. Doing so twice has
// no effect.
func (s *Stack) unregister(k socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.sockets[k]; ok {
		delete(s.sockets, k)
		s.leaveLocked(k)
	}
}

// endCauseLocked is the error for calls into an ended stack.
func (s *Stack) endCauseLocked() error {
	if s.err != nil {
		return s.err
	}
	return net.ErrClosed
}
