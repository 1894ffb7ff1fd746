package netstack

import (
	"errors"

	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Close ends the stack now: connections are reset, every blocked call wakes
// with net.ErrClosed, links are closed. It returns when all of the stack's
// goroutines, timers and links have ended. It is idempotent and may be called
// at any moment, also concurrently; each call waits for the end.
func (s *Stack) Close() error {
	return s.end(nil)
}

// end ends the stack with the given cause, or waits for the end that another
// call has begun.
func (s *Stack) end(cause error) error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		<-s.done
		return nil
	}
	s.closing = true
	s.err = cause
	err := s.endCauseLocked()
	open := make([]socket, 0, len(s.sockets))
	for k := range s.sockets {
		open = append(open, k)
	}
	s.mu.Unlock()

	for _, k := range open {
		k.endStack(err)
	}
	closeErr := s.teardown()
	close(s.done)
	return closeErr
}

// teardown ends gVisor's stack. The order matters: aborting first lets the
// resets out; links are closed before gVisor takes locks that a running
// Deliver may want; only then can nothing new appear.
func (s *Stack) teardown() error {
	s.settle.Lock()
	defer s.settle.Unlock()
	s.gs.Close()
	var errs []error
	for _, n := range s.nics[1:] {
		errs = append(errs, n.link.link.Close())
	}
	s.gs.TransportProtocolInstance(tcp.ProtocolNumber).Wait()
	for _, e := range s.gs.RegisteredEndpoints() {
		e.Abort()
	}
	s.gs.Wait()
	return errors.Join(errs...)
}

// linkDown ends the stack because a link has died. It comes from the link's
// own goroutine, which Close waits for, so the end needs one of its own.
func (s *Stack) linkDown(n *nic, err error) {
	go s.end(err)
}

// Done is closed when the stack has ended, by Close, Shutdown or the death of
// a link.
func (s *Stack) Done() <-chan struct{} {
	return s.done
}

// Err is the cause of the stack's end: nil while it lives and after Close and
// Shutdown, the link's error when a link has died.
func (s *Stack) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
