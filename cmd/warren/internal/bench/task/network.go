package task

import (
	"context"
	"net"
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
type Kernel struct{}

var _ Network = Kernel{}

// DialContext implements Network.
func (Kernel) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1}
	d.SetMultipathTCP(false)
	return d.DialContext(ctx, network, address)
}

// Listen implements Network.
func (Kernel) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	l := net.ListenConfig{KeepAlive: -1}
	l.SetMultipathTCP(false)
	return l.Listen(ctx, network, address)
}
