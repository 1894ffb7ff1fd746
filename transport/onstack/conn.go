package onstack

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// conn is a connection.
type conn struct {
	stack     *netstack.Conn
	inet6     bool
	reuseAddr atomic.Bool // kept to be read back: a connection does not use it
	closed    atomic.Bool
}

var _ transport.NetConn = (*conn)(nil)

// TryRead reads what has arrived; see transport.NetConn.
func (c *conn) TryRead(p []byte) (int, error) { return c.stack.TryRead(p) }

// TryWrite hands over what fits; see transport.NetConn.
func (c *conn) TryWrite(p []byte) (int, error) { return c.stack.TryWrite(p) }

// Notify registers f; see transport.NetSocket.
func (c *conn) Notify(f func()) { c.stack.Notify(f) }

// Local is the bound address.
func (c *conn) Local() (netip.AddrPort, error) {
	if c.closed.Load() {
		return netip.AddrPort{}, net.ErrClosed
	}
	return c.address(c.stack.LocalAddrPort()), nil
}

// Peer is the remote address, syscall.ENOTCONN once the connection is gone:
// getpeername(2) on Linux answers so in CLOSED, which there includes
// TIME-WAIT.
func (c *conn) Peer() (netip.AddrPort, error) {
	if c.closed.Load() {
		return netip.AddrPort{}, net.ErrClosed
	}
	switch c.stack.TCPInfo().State {
	case netstack.StateClosed, netstack.StateTimeWait:
		return netip.AddrPort{}, syscall.ENOTCONN
	}
	return c.address(c.stack.RemoteAddrPort()), nil
}

// address writes an IPv4 address of an IPv6 socket as the kernel does: mapped,
// RFC 4291 section 2.5.5.2.
func (c *conn) address(a netip.AddrPort) netip.AddrPort {
	if !c.inet6 || !a.Addr().Is4() {
		return a
	}
	return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
}

// Shutdown closes one or both directions.
func (c *conn) Shutdown(how transport.How) error {
	switch how {
	case transport.ShutdownRead:
		return c.stack.CloseRead()
	case transport.ShutdownWrite:
		return c.stack.CloseWrite()
	case transport.ShutdownReadWrite:
		// Reading first: FIN may be answered at once and leave nothing to
		// shut down.
		return errors.Join(c.stack.CloseRead(), c.stack.CloseWrite())
	}
	return syscall.EINVAL
}

// SetLinger is SO_LINGER; see transport.NetConn.
func (c *conn) SetLinger(sec int) error { return c.stack.SetLinger(sec) }

// Close gives the connection back; idempotent.
func (c *conn) Close() error {
	c.closed.Store(true)
	_ = c.stack.Close() // fails only when closed before
	return nil
}
