//go:build linux || darwin || freebsd

package transport

import (
	"io"
	"net/netip"
	"syscall"
)

// kernelConn is a connected descriptor.
type kernelConn struct{ kernelSocket }

var _ NetConn = (*kernelConn)(nil)

// transferMax bounds one read or write: some systems refuse 2 GiB and more.
const transferMax = 1 << 30

// TryRead is read(2). An empty p reads nothing and is no error.
func (c *kernelConn) TryRead(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	p = p[:min(len(p), transferMax)]
	err = c.with(func(fd int) (err error) {
		n, err = syscall.Read(fd, p)
		for err == syscall.EINTR {
			n, err = syscall.Read(fd, p)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TryWrite is write(2), repeated until p is gone or the kernel refuses: only
// a refusal makes the poller report when there is room again.
func (c *kernelConn) TryWrite(p []byte) (n int, err error) {
	err = c.with(func(fd int) error {
		for n < len(p) {
			m, err := syscall.Write(fd, p[n:min(len(p), n+transferMax)])
			if err == syscall.EINTR {
				continue
			}
			if err != nil {
				return err
			}
			n += m
		}
		return nil
	})
	return n, err
}

// Peer is getpeername(2).
func (c *kernelConn) Peer() (addr netip.AddrPort, err error) {
	err = c.with(func(fd int) error {
		addr, err = peerAddr(fd)
		return err
	})
	return addr, err
}

// Shutdown is shutdown(2).
func (c *kernelConn) Shutdown(how How) error {
	direction, ok := map[How]int{
		ShutdownRead:      syscall.SHUT_RD,
		ShutdownWrite:     syscall.SHUT_WR,
		ShutdownReadWrite: syscall.SHUT_RDWR,
	}[how]
	if !ok {
		return syscall.EINVAL
	}
	return c.with(func(fd int) error { return syscall.Shutdown(fd, direction) })
}

// SetLinger sets SO_LINGER for sec 0 alone. With any other value close(2)
// must return at once, and only without SO_LINGER it does: Linux waits in
// close(2) even on a non-blocking descriptor.
func (c *kernelConn) SetLinger(sec int) error {
	linger := syscall.Linger{}
	if sec == 0 {
		linger.Onoff = 1
	}
	return c.with(func(fd int) error {
		return syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &linger)
	})
}
