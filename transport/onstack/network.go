package onstack

import (
	"context"
	"errors"
	"net/netip"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// New returns a Network named "netstack" whose sockets live on s. Closing s
// ends them; the Network itself holds nothing that needs closing.
func New(s *netstack.Stack) transport.Network { return Named(s, "netstack") }

// Named is New under another name: "tun" for a stack on a TUN device, "sim"
// for one in a simulation.
func Named(s *netstack.Stack, name string) transport.Network {
	return &network{stack: s, name: name}
}

// network is one stack as transport wants it.
type network struct {
	stack *netstack.Stack
	name  string
}

var _ transport.Network = (*network)(nil)

// backlogMax keeps absurd backlogs from wrapping around; it is the largest
// that fits the kernel's SYN bookkeeping too.
const backlogMax = 1 << 16

// Name returns the name given to Named.
func (n *network) Name() string { return n.name }

// Listen opens a listening socket; see transport.Network.
func (n *network) Listen(ctx context.Context, spec transport.ListenSpec) (transport.NetListener, error) {
	if spec.HasFD {
		return nil, noDescriptors(spec.FD)
	}
	local := spec.Local
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(wildcard(spec.Inet6), local.Port())
	}
	l, err := newListener(local.Addr().Is6(), spec)
	if err != nil {
		return nil, err
	}
	opts := netstack.ListenOptions{
		Backlog:   stackBacklog(spec.Backlog),
		ReuseAddr: spec.ReuseAddr,
		V6Only:    spec.V6Only,
	}
	if l.stack, err = n.stack.ListenTCP(ctx, local, opts); err != nil {
		return nil, mapError(err)
	}
	return l, nil
}

// Dial connects; see transport.Network.
func (n *network) Dial(ctx context.Context, spec transport.DialSpec) (transport.NetConn, error) {
	if spec.HasFD {
		return nil, noDescriptors(spec.FD)
	}
	c := &conn{inet6: spec.Remote.Addr().Is6()}
	c.reuseAddr.Store(spec.ReuseAddr)
	opts := netstack.DialOptions{
		Local:     spec.Local,
		ReuseAddr: spec.ReuseAddr,
		Control: func(s *netstack.Conn) error {
			c.stack = s
			if err := s.SetNoDelay(false); err != nil { // as in TryAccept
				return err
			}
			return c.setOptions(spec.Options)
		},
	}
	s, err := n.stack.DialTCP(ctx, spec.Remote, opts)
	if err != nil {
		return nil, mapError(err)
	}
	c.stack = s
	return c, nil
}

// noDescriptors refuses the option fd.
func noDescriptors(fd int) error {
	return &transport.OptionError{
		Name: "fd", Value: fd, Err: transport.ErrBadArg, Unsupported: true,
		Remedy: "a userspace stack has no descriptors; use the kernel's network to adopt one",
	}
}

// stackBacklog translates gen_tcp's backlog, where 0 lets one connection wait
// and a negative one means the system's most, as in listen(2), into the
// stack's, where these are -1 and 0.
func stackBacklog(backlog int) int {
	switch {
	case backlog == 0:
		return -1
	case backlog < 0:
		return 0
	}
	return min(backlog, backlogMax)
}

func wildcard(inet6 bool) netip.Addr {
	if inet6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// mapError translates the one error that the two packages name differently.
func mapError(err error) error {
	if errors.Is(err, netstack.ErrSystemLimit) {
		return transport.ErrSystemLimit
	}
	return err
}
