//go:build linux || darwin || freebsd

package transport

import (
	"context"
	"syscall"
)

// dialAttemptsMax bounds how often Dial tries again after the kernel has
// connected a socket to itself.
const dialAttemptsMax = 3

// Dial connects, waiting on the calling goroutine. When ctx ends first its
// error is returned and the socket is closed.
func (n *kernelNetwork) Dial(ctx context.Context, spec DialSpec) (NetConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if spec.HasFD {
		return n.adoptConn(spec)
	}
	if !spec.Remote.IsValid() {
		return nil, syscall.EINVAL
	}
	for range dialAttemptsMax {
		c, err := n.dialOnce(ctx, spec)
		if err != nil {
			return nil, err
		}
		if local, err := c.Local(); err != nil || local != spec.Remote || spec.Local.Port() != 0 {
			return c, nil
		}
		// Nobody listens there, but the kernel chose the destination's port
		// as the local one and the SYN met its own sender (RFC 9293
		// section 3.5, simultaneous open). A reset frees the port at once.
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	return nil, syscall.ECONNREFUSED
}

func (n *kernelNetwork) dialOnce(ctx context.Context, spec DialSpec) (*kernelConn, error) {
	inet6 := familyOf(spec.Remote.Addr(), false)
	fd, err := openSocket(inet6)
	if err != nil {
		return nil, err
	}
	c := &kernelConn{kernelSocket{network: n, fd: fd, inet6: inet6}}
	if err := n.connect(ctx, c, spec); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (n *kernelNetwork) connect(ctx context.Context, c *kernelConn, spec DialSpec) error {
	if err := n.prepare(c.fd, c.inet6, spec.ReuseAddr, spec.Options); err != nil {
		return err
	}
	if err := bindLocal(c.fd, c.inet6, spec); err != nil {
		return err
	}
	remote, err := toSockaddr(spec.Remote, c.inet6)
	if err != nil {
		return err
	}
	switch err := syscall.Connect(c.fd, remote); err {
	case nil, syscall.EISCONN:
		return nil
	case syscall.EINPROGRESS, syscall.EINTR, syscall.EALREADY:
		return c.awaitConnected(ctx)
	default:
		return err
	}
}

// bindLocal binds to spec.Local where it says something. The port of an
// address alone is left to be chosen by connect(2), which knows the
// destination and can share ports between destinations.
func bindLocal(fd int, inet6 bool, spec DialSpec) error {
	if !spec.Local.Addr().IsValid() && spec.Local.Port() == 0 {
		return nil
	}
	if spec.Local.Port() == 0 {
		if err := deferPortChoice(fd); err != nil {
			return err
		}
	}
	local, err := toSockaddr(spec.Local, inet6)
	if err != nil {
		return err
	}
	return syscall.Bind(fd, local)
}

// awaitConnected waits for the end of a connect(2) in progress. On a loopback
// it has often come already.
func (c *kernelConn) awaitConnected(ctx context.Context) error {
	if connected, err := c.connectResult(); connected || err != nil {
		return err
	}
	wake := make(chan struct{}, 1)
	c.Notify(func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	defer c.Notify(nil)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		}
		connected, err := c.connectResult()
		if connected || err != nil {
			return err
		}
	}
}

// connectResult tells how a connect(2) ended, false and nil while it has not.
func (c *kernelConn) connectResult() (connected bool, err error) {
	err = c.with(func(fd int) error {
		code, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
		if err != nil {
			return err
		}
		if code != 0 {
			return syscall.Errno(code)
		}
		_, err = syscall.Getpeername(fd)
		connected = err == nil
		if err == syscall.ENOTCONN || err == syscall.EINVAL {
			return syscall.EAGAIN
		}
		return err
	})
	if err == syscall.EAGAIN {
		err = nil
	}
	return connected, err
}

// adoptConn takes over a connected descriptor, and leaves it open when it is
// none.
func (n *kernelNetwork) adoptConn(spec DialSpec) (NetConn, error) {
	inet6, err := inspectSocket(spec.FD)
	if err != nil {
		return nil, err
	}
	if _, err := syscall.Getpeername(spec.FD); err != nil {
		return nil, err
	}
	if err := setKernelOptions(spec.FD, inet6, spec.Options); err != nil {
		return nil, err
	}
	if err := adopt(spec.FD); err != nil {
		return nil, err
	}
	return &kernelConn{kernelSocket{network: n, fd: spec.FD, inet6: inet6}}, nil
}
