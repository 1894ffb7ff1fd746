package netstack

import (
	"context"
	"net"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/waiter"
)

// Listener is a listening TCP socket. It behaves as *net.TCPListener does on
// Linux and offers non-blocking calls besides.
//
// All methods may be called concurrently; blocked Accepts are served first
// come, first served. When Config.SocketsMax is reached, Accept answers
// ErrSystemLimit as soon as a connection waits; as with EMFILE in the kernel,
// the connection stays queued and a later Accept gets it.
type Listener struct {
	h     handle
	queue acceptQueue

	// Set by claim, before the caller has the listener; until then the
	// stack's mutex guards them.
	local   netip.AddrPort
	v6Only  bool
	claimed bool
}

var (
	_ net.Listener = (*Listener)(nil)
	_ socket       = (*Listener)(nil)
)

// Accept waits for the next connection; it is a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP(context.Background())
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptTCP waits for the next connection until the deadline, the end of ctx
// or Close.
func (l *Listener) AcceptTCP(ctx context.Context) (*Conn, error) {
	if err := l.h.enter(ctx, OpAccept); err != nil {
		return nil, err
	}
	var c *Conn
	err := l.h.in.do(ctx, func() (err error) {
		c, err = l.tryAccept()
		return err
	})
	return c, l.opError(opAccept, callAccept, err)
}

// TryAccept returns the oldest completed connection without waiting.
// syscall.EAGAIN means that there is none. Other errors are ErrSystemLimit,
// net.ErrClosed or a bare syscall.Errno. Deadlines do not apply.
func (l *Listener) TryAccept() (*Conn, error) {
	if err := l.h.enter(context.Background(), OpAccept); err != nil {
		return nil, err
	}
	c, err := l.tryAccept()
	if err != nil {
		return nil, l.h.in.blame(err)
	}
	return c, nil
}

// tryAccept counts the socket before it takes the connection off the queue,
// so that at the limit nothing is lost.
func (l *Listener) tryAccept() (*Conn, error) {
	if !l.queued() {
		return nil, errAgain
	}
	s := l.h.stack
	if err := s.acquireSocket(); err != nil {
		return nil, err
	}
	ep, queue, terr := l.h.ep.Accept(nil)
	if terr != nil {
		s.releaseSocket()
		return nil, tryError(terr)
	}
	c, err := newConn(s, l.h.network, ep, queue)
	if err != nil {
		return nil, err
	}
	l.queue.popped()
	s.setTCPDefaults(ep)
	c.local, c.remote = c.h.addrs(netip.Addr{})
	return c, nil
}

// queued reports whether a completed connection waits.
func (l *Listener) queued() bool {
	return l.h.ep.Readiness(waiter.ReadableEvents)&waiter.ReadableEvents != 0
}

// Notify is Conn.Notify for a listener: f is called when a connection waits.
func (l *Listener) Notify(f func()) { l.h.setNotify(f) }

// Close stops listening. Connections that nobody has accepted are reset;
// accepted ones live on. Blocked Accepts return net.ErrClosed; so does a
// second Close.
func (l *Listener) Close() error {
	if err := l.h.enter(context.Background(), OpClose); err != nil {
		return err
	}
	if !l.end(net.ErrClosed) {
		return l.opError(opClose, "", l.h.closed())
	}
	return nil
}

// SetDeadline sets the deadline of Accept, on the stack's clock; the zero
// time means none. A change wakes Accepts that wait. As in package net, the
// error of a closed listener is a bare net.ErrClosed.
func (l *Listener) SetDeadline(t time.Time) error {
	return l.h.setDeadlines(t, &l.h.in)
}

// Addr is the local address, a *net.TCPAddr, also after Close.
func (l *Listener) Addr() net.Addr { return tcpAddr(l.local) }

// AddrPort is Addr as a netip value.
func (l *Listener) AddrPort() netip.AddrPort { return l.local }

func (l *Listener) opError(op, call string, err error) error {
	return opError(op, l.h.network, nil, l.Addr(), sysError(call, err))
}

// endStack implements socket.
func (l *Listener) endStack(err error) { l.end(err) }

func (l *Listener) end(cause error) bool {
	l.queue.close()
	return l.h.close(cause, false)
}

// isListener implements socket.
func (l *Listener) isListener() bool { return true }
