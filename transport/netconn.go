package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// conn is a connection as package net knows it; see TCP.AsConn.
type conn struct {
	tcp           *TCP
	sock          *Socket
	local, remote net.Addr
	*adapter
}

// adapter is what all net.Conns of one socket share. The socket's mutex guards
// it; the end of the handle closes it.
type adapter struct {
	readLimit, writeLimit deadline
	writers               []*waiter // the first writes
}

// adapt returns the adapter of s.
func (s *Socket) adapt() *adapter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.adapter == nil {
		s.adapter = &adapter{readLimit: deadline{node: s.node}, writeLimit: deadline{node: s.node}}
	}
	return s.adapter
}

// close stops the timers. a may be nil.
func (a *adapter) close() {
	if a != nil {
		a.readLimit.close()
		a.writeLimit.close()
	}
}

var _ net.Conn = (*conn)(nil)

// AsConn returns the connection s as a net.Conn for code that is written
// against package net, such as crypto/tls. It makes s passive, its packets
// raw and exit_on_close false; s stays what it is otherwise, with its owner,
// whose end closes it.
//
// Differences to Receive and Send:
//   - Read returns io.EOF after the peer's end, every time, and Write goes on
//     working then; a reset is syscall.ECONNRESET, with or without
//     show_econnreset. Errors are *net.OpError values.
//   - Any number of goroutines may read; none gets syscall.EALREADY.
//   - Write hands its data to the network itself, after what Send had queued:
//     it blocks while the peer does not read, obeys the write deadline and not
//     send_timeout, and returns how much was written.
//   - Deadlines fail a call that could have succeeded at once, as package
//     net's do. They are of the node's clock.
//   - Close returns an error the second time.
//
// Differences to *net.TCPConn: there are no File, SyscallConn, ReadFrom and
// WriteTo; CloseRead and CloseWrite are there. Options are set with SetOpts.
// A Send or Receive at the same time is safe, but which of the two gets or
// sends a byte first is not defined. Several net.Conns of one socket share its
// deadlines.
//
// syscall.ENOTCONN for a listener and a connection that has ended, ErrClosed
// for a closed one.
func (t *TCP) AsConn(s *Socket) (net.Conn, error) {
	local, err := t.SockName(s)
	if err != nil {
		return nil, adapterError(err)
	}
	remote, err := t.PeerName(s)
	if err != nil {
		return nil, adapterError(err)
	}
	if err := t.SetOpts(s, Active(false), Packet(PacketRaw), ExitOnClose(false)); err != nil {
		return nil, adapterError(err)
	}
	return &conn{
		tcp: t, sock: s,
		local: net.TCPAddrFromAddrPort(local), remote: net.TCPAddrFromAddrPort(remote),
		adapter: s.adapt(),
	}, nil
}

// adapterError is what AsConn and AsListener answer for a handle that is
// closed or dead.
func adapterError(err error) error {
	switch {
	case errors.Is(err, syscall.EINVAL):
		return ErrClosed
	case errors.Is(err, syscall.EBADF):
		return syscall.ENOTCONN
	}
	return err
}

// opError wraps err as package net does.
func (c *conn) opError(op string, err error) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, ErrTimeout):
		err = os.ErrDeadlineExceeded
	case errors.Is(err, net.ErrClosed):
		err = net.ErrClosed
	case errors.As(err, &errno):
		err = os.NewSyscallError(op, errno)
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (n int, err error) {
	s := c.sock
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err = c.tryReadLocked(p); !errors.Is(err, syscall.EAGAIN) {
		return n, err
	}
	w, err := c.waiterLocked(&c.readLimit)
	if err != nil {
		return 0, c.opError("read", err)
	}
	defer c.leaveLocked(w)
	for {
		if n, err = c.tryReadLocked(p); !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		if err := w.over(); err != nil {
			return 0, c.opError("read", err)
		}
		s.mu.Unlock()
		w.wait()
		s.mu.Lock()
	}
}

// tryReadLocked reads what is there, syscall.EAGAIN if nothing is.
func (c *conn) tryReadLocked(p []byte) (n int, err error) {
	s := c.sock
	switch {
	case s.state == stateClosed:
		return 0, c.opError("read", net.ErrClosed)
	case c.readLimit.passed():
		return 0, c.opError("read", os.ErrDeadlineExceeded)
	case len(p) == 0:
		return 0, nil
	case s.conn == nil || s.state == stateDead:
		return 0, io.EOF
	case len(s.in.buf) > 0:
		n = copy(p, s.in.buf)
		s.in.skip(n)
		s.stat.received(n)
		return n, nil
	}
	if n, err = s.conn.TryRead(p); n > 0 {
		s.stat.received(n)
		return n, nil
	}
	if errors.Is(err, io.EOF) && s.failed != nil {
		err = s.failed // a Write met it first
	}
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return 0, syscall.EAGAIN
	case errors.Is(err, io.EOF):
		return 0, io.EOF
	}
	return 0, c.opError("read", err)
}

// Write implements net.Conn. Concurrent writes do not mix.
func (c *conn) Write(p []byte) (n int, err error) {
	s := c.sock
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err = c.tryWriteLocked(nil, p)
	if errors.Is(err, syscall.EAGAIN) {
		n, err = c.writeRestLocked(p, n)
	}
	if err == nil {
		s.stat.sent(n)
	}
	return n, err
}

// writeRestLocked waits in the line of writers and writes what follows the
// first n bytes of p; it returns how much of p has been written in all.
func (c *conn) writeRestLocked(p []byte, n int) (int, error) {
	s := c.sock
	w, err := c.waiterLocked(&c.writeLimit)
	if err != nil {
		return n, c.opError("write", err)
	}
	c.writers = append(c.writers, w)
	defer c.leaveLocked(w)
	for {
		m, err := c.tryWriteLocked(w, p[n:])
		if n += m; !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		if err := w.over(); err != nil {
			return n, c.opError("write", err)
		}
		s.mu.Unlock()
		w.wait()
		s.mu.Lock()
	}
}

// tryWriteLocked writes what the network takes; syscall.EAGAIN if it is not
// the turn of w or if something is left.
func (c *conn) tryWriteLocked(w *waiter, p []byte) (n int, err error) {
	s := c.sock
	switch {
	case s.state == stateClosed:
		return 0, c.opError("write", net.ErrClosed)
	case c.writeLimit.passed():
		return 0, c.opError("write", os.ErrDeadlineExceeded)
	case s.queue.shut || s.conn == nil || s.state == stateDead:
		return 0, c.opError("write", syscall.EPIPE)
	case s.queue.bytes > 0 || (len(c.writers) > 0 && c.writers[0] != w):
		return 0, syscall.EAGAIN
	case len(p) == 0:
		return 0, nil
	}
	n, err = s.conn.TryWrite(p)
	switch {
	case err == nil || errors.Is(err, syscall.EAGAIN):
		return n, err
	case isReset(err) && s.failed == nil:
		s.failed = syscall.ECONNRESET
	}
	return n, c.opError("write", err)
}

// waiterLocked returns a waiter under limit that the socket wakes.
func (c *conn) waiterLocked(limit *deadline) (*waiter, error) {
	w, err := c.tcp.owner.newWaiter(Infinity)
	if err != nil {
		return nil, err
	}
	limit.add(w)
	c.sock.watchLocked(w)
	return w, nil
}

// leaveLocked undoes waiterLocked and lets the next writer go on.
func (c *conn) leaveLocked(w *waiter) {
	c.sock.unwatch(w)
	first := len(c.writers) > 0 && c.writers[0] == w
	c.writers = without(c.writers, w)
	w.done()
	if first && len(c.writers) > 0 {
		c.writers[0].wake()
	}
}

// Close implements net.Conn; it closes the socket as TCP.Close does.
func (c *conn) Close() error {
	if c.sock.Owner() == nil {
		return c.opError("close", net.ErrClosed)
	}
	return c.tcp.Close(c.sock)
}

// CloseRead shuts down the receiving side.
func (c *conn) CloseRead() error { return c.shutdown(ShutdownRead) }

// CloseWrite sends FIN after all that was written; reading goes on.
func (c *conn) CloseWrite() error { return c.shutdown(ShutdownWrite) }

func (c *conn) shutdown(how How) error {
	if err := c.tcp.Shutdown(c.sock, how); err != nil {
		return c.opError("close", err)
	}
	return nil
}

// LocalAddr implements net.Conn; it stays known after Close.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn; it stays known after Close.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn; a blocked Read notices.
func (c *conn) SetReadDeadline(t time.Time) error { return c.setLimit(&c.readLimit, t) }

// SetWriteDeadline implements net.Conn; a blocked Write notices.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setLimit(&c.writeLimit, t) }

func (c *conn) setLimit(limit *deadline, t time.Time) error {
	s := c.sock
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		return c.opError("set", net.ErrClosed)
	}
	limit.set(t)
	return nil
}
