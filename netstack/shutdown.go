package netstack

import (
	"context"
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// drainInterval is how often Shutdown looks whether all has been sent.
const drainInterval = 10 * time.Millisecond

// Shutdown ends the stack when it has nothing more to do: it closes the
// listeners at once, resetting what waits in their backlogs, waits until the
// application has closed its other sockets and their data has been
// acknowledged, and then does what Close does. Dialling stays possible in the
// meantime, listening does not. When ctx ends first, the stack is closed with
// what is open, and Shutdown returns ctx.Err(). A stack that has ended
// otherwise makes it return the cause of that.
func (s *Stack) Shutdown(ctx context.Context) error {
	if err := s.enter(ctx, OpClose); err != nil {
		return err
	}
	for _, k := range s.beginDrain() {
		k.endStack(net.ErrClosed)
	}
	var stop func() bool
	err := s.drain.do(ctx, func() error {
		if s.drained() {
			return nil
		}
		stop = s.clock.AfterFunc(drainInterval, s.drain.signal)
		return errAgain
	})
	if stop != nil {
		stop()
	}
	if closeErr := s.Close(); err == nil {
		return closeErr
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.Err()
}

// beginDrain refuses new listeners from now on and returns the open ones.
func (s *Stack) beginDrain() []socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	var listeners []socket
	for _, k := range s.openLocked() {
		if k.isListener() {
			listeners = append(listeners, k)
		}
	}
	return listeners
}

// drained reports whether the application has closed its sockets and the peers
// have acknowledged what these sent. A connection that only waits for its
// peer's FIN, or for the end of TIME-WAIT, has nothing to lose.
func (s *Stack) drained() bool {
	s.mu.Lock()
	open := len(s.sockets)
	s.mu.Unlock()
	if open > 0 {
		return false
	}
	for ep := range s.endpoints() {
		e, ok := ep.(*tcp.Endpoint)
		if !ok {
			continue
		}
		switch e.EndpointState() {
		case tcp.StateFinWait1, tcp.StateClosing, tcp.StateLastAck:
			return false
		}
	}
	return true
}
