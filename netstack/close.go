package netstack

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Close ends the stack now: connections are reset, every blocked call wakes
// with net.ErrClosed, links are closed. It returns when all of the stack's
// goroutines, timers and links have ended. It is idempotent and may be called
// at any moment, also concurrently; each call waits for the end. It must not be
// called from inside a Link's Send or a Receiver's Deliver. The error is that
// of closing the links; a second call has none.
func (s *Stack) Close() error {
	return s.end(nil)
}

// end ends the stack with the given cause, or waits for the end that another
// call has begun.
func (s *Stack) end(cause error) error {
	open, err := s.beginEnd(cause)
	if err == nil {
		s.wait(context.Background(), s.done)
		return nil
	}
	s.drain.close(err)
	s.abortAll(open, err)
	err = s.teardown()
	close(s.done)
	return err
}

// beginEnd refuses new sockets from now on and returns the open ones with the
// error that ends them; nil if the end has begun before. A Settle that is under
// way must find its processors, so it is waited for; one that comes later sees
// that the stack is closing.
func (s *Stack) beginEnd(cause error) (open []socket, err error) {
	s.settle.Lock()
	defer s.settle.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil, nil
	}
	s.closing = true
	s.err = cause
	return s.openLocked(), s.endCauseLocked()
}

// abortAll resets every connection while the links still work. A link whose
// Send blocks, against its contract, would block this too, under the lock of
// the endpoint that sends; therefore it gets abortTime, after which closing
// the link has to wake it. The goroutine ends when all are aborted; teardown's
// wait for the endpoints is a wait for it.
//
// The order in which peers see the resets is not left to chance: first come
// the sockets in the application's hands, a listener with its queue, then the
// rest. Half-open connections end without one.
func (s *Stack) abortAll(open []socket, cause error) {
	ready := make(chan struct{}, 1)
	wake := func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	}
	stop := s.clock.AfterFunc(abortTime, wake)
	s.aborting.Add(1)
	s.start(func() {
		defer s.aborting.Done()
		for _, k := range open {
			k.endStack(cause)
		}
		s.abortEndpoints()
		s.gs.Close()
		wake()
	})
	s.wait(context.Background(), ready)
	stop()
}

// abortEndpoints resets all endpoints in the order of their addresses: gVisor
// keeps them in a map.
func (s *Stack) abortEndpoints() {
	type named struct {
		SocketInfo
		ep stack.TransportEndpoint
	}
	var list []named
	for _, ep := range s.gs.RegisteredEndpoints() {
		n := named{ep: ep}
		if e, ok := ep.(tcpip.Endpoint); ok {
			n.setAddresses(transportInfo(e))
		}
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b named) int { return a.compare(b.SocketInfo) })
	for _, n := range list {
		n.ep.Abort()
	}
}

// abortTime is how long Close waits for resets to be sent before it closes the
// links.
const abortTime = 500 * time.Millisecond

// teardown ends gVisor's stack. The order matters: the links are closed before
// gVisor takes locks that a running Deliver may want, and the TCP processors
// must have ended before the second round of aborts, because until then they
// may answer one more SYN with a new endpoint. Stack.Wait of gVisor is not
// used: it waits for endpoints one by one under a lock.
func (s *Stack) teardown() error {
	var errs []error
	for _, n := range s.nics {
		if n.link != nil {
			errs = append(errs, n.link.link.Close())
		}
	}
	s.aborting.Wait()
	s.gs.TransportProtocolInstance(tcp.ProtocolNumber).Wait()
	for _, e := range s.gs.RegisteredEndpoints() {
		e.Abort()
	}
	for _, n := range s.nics {
		if err := s.gs.RemoveNIC(n.id); err != nil {
			errs = append(errs, errors.New("netstack: interface "+n.name+": "+err.String()))
		}
	}
	s.pieces.end()
	if s.loop != nil {
		s.loop.end()
	}
	s.time.end()
	return errors.Join(errs...)
}

// start runs f on a goroutine of its own.
func (s *Stack) start(f func()) {
	if s.sched != nil {
		s.sched.Go(f)
		return
	}
	go f()
}

// linkDown ends the stack because a link has died. It comes from the link's
// own goroutine, which Close waits for, so the end needs one of its own. That
// goroutine ends when Done is closed.
func (s *Stack) linkDown(n *nic, err error) {
	s.mu.Lock()
	closing := s.closing
	s.mu.Unlock()
	if closing {
		return
	}
	if l := s.cfg.Logger; l != nil {
		l.Error("link died", slog.String("stack", s.cfg.Name), slog.String("interface", n.name), slog.Any("error", err))
	}
	end := func() { s.end(&LinkError{Interface: n.name, Err: err}) }
	if s.sched != nil {
		s.sched.Ready(func() { s.sched.Go(end) }) // the link's goroutine is none of the scheduler's
		return
	}
	go end()
}

// LinkError is the cause of a stack's end when one of its links has died.
type LinkError struct {
	Interface string // the interface's name
	Err       error  // what the link said
}

func (e *LinkError) Error() string {
	return "netstack: link of interface " + e.Interface + " died: " + e.Err.Error()
}

// Unwrap returns the link's own error.
func (e *LinkError) Unwrap() error { return e.Err }

// Done is closed when the stack has ended, by Close, Shutdown or the death of
// a link.
func (s *Stack) Done() <-chan struct{} {
	return s.done
}

// Err is the cause of the stack's end: nil while it lives and after Close and
// Shutdown, a *LinkError when a link has died. Once it is not nil, blocked and
// later calls fail with it too; Done may be a moment behind.
func (s *Stack) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
