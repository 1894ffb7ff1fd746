package task

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
)

// Network is what a workload needs of a network. *net.Dialer, *net.ListenConfig
// and *netstack.Stack have these methods.
type Network interface {
	// DialContext connects to address and blocks until that is done.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Listen opens a listener; port 0 is a free one.
	Listen(ctx context.Context, network, address string) (net.Listener, error)
}

// Kernel is the network of the operating system. Keep-alive is off, because it
// costs three system calls per connection that a stack with its defaults does
// not make, and so is MPTCP, which Go's listeners would offer.
type Kernel struct {
	// SocketBytes is the size of the send and receive buffer of each
	// connection. 0 leaves it to the system, which lets them grow. With a
	// thousand busy connections Linux then comes to the end of what TCP may
	// have (net.ipv4.tcp_mem) and stalls.
	SocketBytes int

	// Congestion is the congestion control of each connection ("cubic"); ""
	// leaves it to the system. Linux only.
	Congestion string
}

var _ Network = Kernel{}

// DialContext implements Network.
func (k Kernel) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1, Control: k.control}
	d.SetMultipathTCP(false)
	c, err := d.DialContext(ctx, network, address)
	if err == nil && k.SocketBytes > 0 {
		err = k.bound(c)
	}
	return c, err
}

// Listen implements Network.
func (k Kernel) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1, Control: k.control}
	config.SetMultipathTCP(false)
	l, err := config.Listen(ctx, network, address)
	if err != nil || k.SocketBytes == 0 {
		return l, err
	}
	return boundListener{l, k}, nil
}

// CheckCongestion returns an error for a congestion control that the system does
// not have. One that only this process may not use is none: in a namespace of its
// own it may.
func CheckCongestion(name string) error {
	if name == "" {
		return nil
	}
	l, err := Kernel{Congestion: name}.Listen(context.Background(), "tcp", "127.0.0.1:0")
	var refused *net.OpError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil
	case errors.As(err, &refused):
		return refused.Err // without the address, which means nothing
	case err != nil:
		return err
	}
	return l.Close()
}

// control prepares a socket; what a listener accepts inherits it.
func (k Kernel) control(_, _ string, c syscall.RawConn) (err error) {
	if k.Congestion == "" {
		return nil
	}
	if failed := c.Control(func(fd uintptr) { err = setCongestion(fd, k.Congestion) }); failed != nil {
		return failed
	}
	if err != nil {
		return fmt.Errorf("congestion control %q: %w: give one of net.ipv4.tcp_available_congestion_control", k.Congestion, err)
	}
	return nil
}

// bound sets the buffers of c, or closes it.
func (k Kernel) bound(c net.Conn) error {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	if err := errors.Join(t.SetReadBuffer(k.SocketBytes), t.SetWriteBuffer(k.SocketBytes)); err != nil {
		return errors.Join(err, c.Close())
	}
	return nil
}

// boundListener sets the buffers of what it accepts.
type boundListener struct {
	net.Listener
	kernel Kernel
}

// Accept implements net.Listener.
func (l boundListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = l.kernel.bound(c)
	}
	return c, err
}
