package netstack

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"
)

// handle is what every socket of this package is made of: the stack's
// endpoint, a gate for each direction, and the callback that connects them.
// It is made with its endpoint and ends with close. There may be a hundred
// thousand of them, idle: a Conn is 320 bytes, which is a size of the allocator.
type handle struct {
	stack   *Stack
	ep      tcpip.Endpoint
	queue   *waiter.Queue
	network string // as package net prints it: "tcp", "udp4"
	self    socket // the socket that has this handle, as the stack knows it

	in  gate // reading, accepting
	out gate // writing, connecting

	entry  waiter.Entry // calls NotifyEvent
	notify atomic.Pointer[func()]
	queued atomic.Pointer[acceptQueue] // of a listener, else nil

	done     atomic.Bool // close has begun
	readShut atomic.Bool // of a Conn: CloseRead was called
}

var _ waiter.EventListener = (*handle)(nil)

const (
	inEvents  = waiter.ReadableEvents | waiter.EventRdHUp | waiter.EventHUp | waiter.EventErr
	outEvents = waiter.WritableEvents | waiter.EventHUp | waiter.EventErr
)

// NotifyEvent implements waiter.EventListener. It may be called on any goroutine
// with locks of the stack held, so all it does is to flag the gates and to call
// the function given to Notify.
func (h *handle) NotifyEvent(mask waiter.EventMask) {
	if mask&inEvents != 0 {
		if q := h.queued.Load(); q != nil && mask&waiter.EventHUp == 0 {
			q.pushed()
		}
		h.in.signal()
	}
	if mask&outEvents != 0 {
		h.out.signal()
	}
	h.call()
}

// call calls the function given to Notify.
func (h *handle) call() {
	if f := h.notify.Load(); f != nil {
		(*f)()
	}
}

// open makes h the handle of ep, counted by the limit already, and registers
// it as self. When it fails, because the stack has ended, ep is gone and the
// count given back.
func (h *handle) open(s *Stack, self socket, network string, ep tcpip.Endpoint, queue *waiter.Queue) error {
	h.stack, h.self, h.network, h.ep, h.queue = s, self, network, ep, queue
	h.in.stack, h.out.stack = s, s
	h.entry.Init(h, inEvents|outEvents)
	queue.EventRegister(&h.entry)
	if err := s.register(self); err != nil {
		h.close(err, true)
		return err
	}
	return nil
}

// enter is the start of every socket call.
func (h *handle) enter(ctx context.Context, op Op) error {
	return h.stack.enter(ctx, op)
}

func (s *Stack) enter(ctx context.Context, op Op) error {
	if s.sched == nil {
		return nil
	}
	return s.sched.Enter(ctx, op)
}

// close ends the socket: calls fail with cause from now on, sleepers wake,
// the endpoint is closed, or reset if abort is true. Only the first call does
// anything; it reports whether it was that.
func (h *handle) close(cause error, abort bool) bool {
	if !h.done.CompareAndSwap(false, true) {
		return false
	}
	h.in.close(cause)
	h.out.close(cause)
	if abort {
		h.ep.Abort()
	}
	h.ep.Close()
	h.queue.EventUnregister(&h.entry)
	h.stack.watchOrphan(h.ep, h.queue)
	h.stack.unregister(h.self)
	h.stack.releaseSocket()
	h.call()
	return true
}

// closed returns why calls fail, nil while the socket is open.
func (h *handle) closed() error {
	return h.in.closed()
}

// setNotify implements the sockets' Notify.
func (h *handle) setNotify(f func()) {
	if f == nil {
		h.notify.Store(nil)
		return
	}
	h.notify.Store(&f)
	first := func() {
		if h.notify.Load() == &f {
			f()
		}
	}
	if sched := h.stack.sched; sched != nil {
		sched.Ready(first)
		return
	}
	h.stack.clock.AfterFunc(0, first)
}

// control runs f, a change or a question to the endpoint, unless the socket
// is closed.
func (h *handle) control(f func() error) error {
	if err := h.enter(context.Background(), OpControl); err != nil {
		return err
	}
	if err := h.closed(); err != nil {
		return err
	}
	return f()
}

// addrs asks the endpoint for its ends. The remote end does not exist before
// a connection does.
func (h *handle) addrs(unspecified netip.Addr) (local, remote netip.AddrPort) {
	if f, err := h.ep.GetLocalAddress(); err == nil {
		local = addrPort(f, unspecified)
	}
	if f, err := h.ep.GetRemoteAddress(); err == nil {
		remote = addrPort(f, unspecified)
	}
	return local, remote
}

// setDeadlines changes the deadline of each gate.
func (h *handle) setDeadlines(t time.Time, gates ...*gate) error {
	return h.control(func() error {
		for _, g := range gates {
			if err := g.setDeadline(t); err != nil {
				return err
			}
		}
		return nil
	})
}
