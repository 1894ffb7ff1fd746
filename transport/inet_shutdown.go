package transport

import "syscall"

// Shutdown ends one or both directions of a connection and returns at once;
// any owner may. ShutdownWrite lets queued data and then FIN follow, and Send
// answers ErrClosed from now on. ShutdownRead makes Receive answer ErrClosed
// when what has arrived is used up. The socket still has to be closed.
// ErrClosed when s is closed, syscall.ENOTCONN for a listener and when the
// connection has ended, ErrBadArg for any other how.
func (t *TCP) Shutdown(s *Socket, how How) error {
	switch {
	case s == nil:
		return errNoSocket()
	case how < ShutdownRead || how > ShutdownReadWrite:
		return badArgument("how", how, "use ShutdownRead, ShutdownWrite or ShutdownReadWrite")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == stateClosed:
		return ErrClosed
	case s.IsListener() || s.conn == nil || s.state == stateDead:
		return syscall.ENOTCONN
	}
	if how != ShutdownWrite {
		if err := s.conn.Shutdown(ShutdownRead); err != nil {
			return err
		}
		s.wakeWatchers()
	}
	if how != ShutdownRead && !s.queue.shut {
		if err := s.shutdownWriteLocked(); err != nil {
			return err
		}
	}
	s.pumpLocked()
	return nil
}

// shutdownWriteLocked ends the sending side, now or when the queue is empty.
func (s *Socket) shutdownWriteLocked() error {
	if s.queue.bytes == 0 {
		if err := s.conn.Shutdown(ShutdownWrite); err != nil {
			return err
		}
	}
	s.queue.shut, s.queue.fin = true, s.queue.bytes > 0
	s.sendEnd.set(nil, ErrClosed)
	return nil
}
