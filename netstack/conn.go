package netstack

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Conn is a TCP connection. It behaves as *net.TCPConn does on Linux, down to
// the errors, and offers non-blocking calls besides.
//
// A Conn is made by a dial or an accept and lives until Close, Abort or the
// end of its stack. All methods may be called concurrently: Reads are served
// one at a time in the order of their arrival, and so are Writes, whose bytes
// never mix. Read and Write block until there is something to do, the
// deadline passes or the Conn is closed. Slices are borrowed for the call.
//
// What was received before the peer's reset can still be read; then Read
// answers ECONNRESET once, and io.EOF after that.
type Conn struct {
	h             handle
	local, remote netip.AddrPort // immutable once the caller has the Conn
}

var (
	_ net.Conn      = (*Conn)(nil)
	_ io.ReaderFrom = (*Conn)(nil)
	_ io.WriterTo   = (*Conn)(nil)
	_ socket        = (*Conn)(nil)
)

// newConn makes a Conn of ep, which the limit has counted.
func newConn(s *Stack, network string, ep tcpip.Endpoint, queue *waiter.Queue) (*Conn, error) {
	c := new(Conn)
	if err := c.h.open(s, c, network, ep, queue); err != nil {
		return nil, err
	}
	return c, nil
}

// Read reads what has arrived, at most len(p) bytes, and waits if there is
// nothing. The peer's FIN is io.EOF.
func (c *Conn) Read(p []byte) (int, error) {
	if err := c.h.enter(context.Background(), OpRead); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, c.opError(opRead, callRead, c.h.closed())
	}
	n, err := c.read(p)
	return n, c.opError(opRead, callRead, err)
}

// read is Read with a bare error. It is the gate's do, written out.
func (c *Conn) read(p []byte) (n int, err error) {
	g, ctx := &c.h.in, context.Background()
	t, err := g.enter(ctx)
	if err != nil {
		return 0, err
	}
	for {
		if n, err = c.tryRead(p); err != errAgain {
			break
		}
		if err = g.sleep(ctx, t); err != nil {
			break
		}
	}
	g.leave(t)
	return n, g.blame(err)
}

// Write hands all of p to the stack, waiting for room in the send buffer as
// often as necessary. n < len(p) comes with the error that ended it.
func (c *Conn) Write(p []byte) (n int, err error) {
	if err := c.h.enter(context.Background(), OpWrite); err != nil {
		return 0, err
	}
	n, err = c.write(p)
	return n, c.opError(opWrite, callWrite, err)
}

// write is Write with a bare error. It is the gate's do, written out.
func (c *Conn) write(p []byte) (n int, err error) {
	g, ctx := &c.h.out, context.Background()
	t, err := g.enter(ctx)
	if err != nil {
		return 0, err
	}
	for {
		var done int
		done, err = c.tryWrite(p[n:])
		n += done
		if err != errAgain {
			break
		}
		if err = g.sleep(ctx, t); err != nil {
			break
		}
	}
	g.leave(t)
	return n, g.blame(err)
}

// TryRead reads what has arrived, at most len(p) bytes, without waiting. Unless p
// is empty, n == 0 comes with syscall.EAGAIN (nothing yet), io.EOF (the peer's
// FIN), another bare syscall.Errno, or net.ErrClosed. Deadlines do not apply.
func (c *Conn) TryRead(p []byte) (n int, err error) {
	if err := c.h.enter(context.Background(), OpRead); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, c.h.closed()
	}
	if n, err = c.tryRead(p); err != nil {
		err = c.h.in.blame(err)
	}
	return n, err
}

// TryWrite hands over as much of p as the send buffer takes, without waiting.
// n < len(p) comes with syscall.EAGAIN, another bare syscall.Errno, or
// net.ErrClosed. Deadlines do not apply. A TryWrite beside a Write that waits
// may put its bytes between those of the Write.
func (c *Conn) TryWrite(p []byte) (n int, err error) {
	if err := c.h.enter(context.Background(), OpWrite); err != nil {
		return 0, err
	}
	if err := c.h.closed(); err != nil {
		return 0, err
	}
	if n, err = c.tryWrite(p); err != nil {
		err = c.h.out.blame(err)
	}
	return n, err
}

// Destinations and sources of the endpoint's calls are taken from pools: they
// cross an interface and would cost an allocation per call.
var (
	readTargets  = sync.Pool{New: func() any { return new(tcpip.SliceWriter) }}
	writeSources = sync.Pool{New: func() any { return new(bytes.Reader) }}
)

func (c *Conn) tryRead(p []byte) (int, error) {
	dst := readTargets.Get().(*tcpip.SliceWriter)
	*dst = p
	res, terr := c.h.ep.Read(dst, tcpip.ReadOptions{})
	*dst = nil
	readTargets.Put(dst)
	if terr != nil {
		err := tryError(terr)
		if err == errAgain && c.h.readShut.Load() {
			err = io.EOF
		}
		return 0, err
	}
	c.h.ep.ModerateRecvBuf(res.Count)
	return res.Count, nil
}

// tryWrite writes until everything is written or the endpoint wants no more.
// A bytes.Reader serves the endpoint well: asked for nothing it answers
// nothing, and not EOF, while data is left.
func (c *Conn) tryWrite(p []byte) (n int, err error) {
	src := writeSources.Get().(*bytes.Reader)
	defer func() {
		src.Reset(nil)
		writeSources.Put(src)
	}()
	for n < len(p) {
		src.Reset(p[n:])
		done, terr := c.h.ep.Write(src, tcpip.WriteOptions{})
		n += int(done)
		if terr != nil {
			return n, tryError(terr)
		}
	}
	return n, nil
}

// Notify registers f, replacing the function before; nil removes it. f is
// called after each change that a Try method would notice (data, room, FIN,
// error, Close), perhaps more often, and once soon after Notify. It runs on
// any goroutine, with locks of the stack held: it must neither block nor call
// any method of this package.
func (c *Conn) Notify(f func()) { c.h.setNotify(f) }

// Close gives the connection back and does not wait. Data that was written
// is still sent, then FIN. If received data has not been read, or after
// SetLinger(0), the connection is reset instead. Blocked calls return
// net.ErrClosed; so does a second Close.
func (c *Conn) Close() error {
	return c.end(false)
}

// Abort resets the connection (RST) and closes it. Data not yet sent is lost.
func (c *Conn) Abort() error {
	return c.end(true)
}

func (c *Conn) end(abort bool) error {
	if err := c.h.enter(context.Background(), OpClose); err != nil {
		return err
	}
	if !c.h.close(net.ErrClosed, abort) {
		return c.opError(opClose, "", c.h.closed())
	}
	return nil
}

// CloseRead ends reading: what has arrived can still be read, then Read
// answers io.EOF instead of waiting. As shutdown(SHUT_RD) on Linux it tells
// the peer nothing.
func (c *Conn) CloseRead() error {
	err := c.h.control(func() error {
		if !c.connected() {
			return syscall.ENOTCONN
		}
		c.h.readShut.Store(true)
		c.h.in.signal()
		c.h.call()
		return nil
	})
	return c.opError(opClose, callShutdown, err)
}

// CloseWrite sends FIN after the data written so far. Reading goes on.
func (c *Conn) CloseWrite() error {
	err := c.h.control(func() error {
		return tryError(c.h.ep.Shutdown(tcpip.ShutdownWrite))
	})
	return c.opError(opClose, callShutdown, err)
}

// SetDeadline sets the deadlines of Read and Write, on the stack's clock; the
// zero time means none. A change wakes calls that wait. A deadline in the
// past fails calls before they try.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.h.in, &c.h.out)
}

// SetReadDeadline is SetDeadline for Read alone.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.h.in)
}

// SetWriteDeadline is SetDeadline for Write alone.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.setDeadlines(t, &c.h.out)
}

func (c *Conn) setDeadlines(t time.Time, gates ...*gate) error {
	if err := c.h.setDeadlines(t, gates...); err != nil {
		return opError(opSet, c.h.network, nil, c.LocalAddr(), err)
	}
	return nil
}

// LocalAddr is the local address, a *net.TCPAddr, also after Close.
func (c *Conn) LocalAddr() net.Addr { return tcpAddr(c.local) }

// RemoteAddr is the peer's address, a *net.TCPAddr, also after Close.
func (c *Conn) RemoteAddr() net.Addr { return tcpAddr(c.remote) }

// LocalAddrPort is LocalAddr as a netip value.
func (c *Conn) LocalAddrPort() netip.AddrPort { return c.local }

// RemoteAddrPort is RemoteAddr as a netip value.
func (c *Conn) RemoteAddrPort() netip.AddrPort { return c.remote }

// opError wraps err as *net.TCPConn does.
func (c *Conn) opError(op, call string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return opError(op, c.h.network, c.LocalAddr(), c.RemoteAddr(), sysError(call, err))
}

// endStack implements socket.
func (c *Conn) endStack(err error) { c.h.close(err, true) }

// isListener implements socket.
func (c *Conn) isListener() bool { return false }
