package netstack

import (
	"context"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// backlogDefault is ListenOptions.Backlog where that is 0: what Go takes from
// /proc/sys/net/core/somaxconn on a current Linux.
const backlogDefault = 4096

// ListenOptions are the settings of one listener.
type ListenOptions struct {
	// Backlog B lets B+1 completed connections wait for Accept, as listen(2)
	// on Linux does. SYNs beyond are dropped silently and counted; the
	// client's repetition succeeds once there is room. 0 means 4096, negative
	// means a backlog of 0 (one connection waits).
	Backlog int

	// ReuseAddr is SO_REUSEADDR: connections of an earlier listener, such as
	// those in TIME-WAIT, do not keep the port. Two listeners never share a
	// port. Listen sets it, as package net does.
	ReuseAddr bool

	// V6Only keeps IPv4 out of a listener on [::].
	V6Only bool

	// Control, if not nil, is called before the socket is bound; its error
	// fails the call. It may set options of l.
	Control func(l *Listener) error
}

// backlog is the number that the stack's accept queue is given: B+1.
func (o ListenOptions) backlog() int {
	switch {
	case o.Backlog == 0:
		return backlogDefault + 1
	case o.Backlog < 0:
		return 1
	}
	return o.Backlog + 1
}

// Listen opens a listening socket; the listener is a *Listener. network is
// "tcp", "tcp4" or "tcp6", and address has package net's meaning: an empty or
// unspecified host with "tcp" is every address of both families, port 0 a
// free port. ctx bounds the resolution of a name.
func (s *Stack) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	if err := s.enter(ctx, OpListen); err != nil {
		return nil, err
	}
	local, f, err := s.listenAddr(ctx, "tcp", network, address)
	if err != nil {
		return nil, opError(opListen, network, nil, nil, err)
	}
	opts := ListenOptions{ReuseAddr: true, V6Only: f == family6}
	l, err := s.listen(network, local, opts)
	if err != nil {
		return nil, opError(opListen, network, nil, tcpAddr(local), err)
	}
	return l, nil
}

// listenAddr is the one address that a socket of protocol want binds: of several
// it prefers IPv4, as package net does. An empty host, and with "tcp" or "udp"
// an unspecified one, becomes [::], which stands for both families.
func (s *Stack) listenAddr(ctx context.Context, want, network, address string) (netip.AddrPort, family, error) {
	protocol, f, err := parseNetwork(network)
	if err == nil && protocol != want {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return netip.AddrPort{}, f, err
	}
	candidates, err := s.resolve(ctx, protocol, f, address)
	if err != nil {
		return netip.AddrPort{}, f, err
	}
	at := candidates[0]
	for _, c := range candidates {
		if c.Addr().Is4() {
			at = c
			break
		}
	}
	if at.Addr().IsValid() && (!at.Addr().IsUnspecified() || f != familyAny) {
		return at, f, nil
	}
	if f == family4 {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()), f, nil
	}
	return netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port()), f, nil
}

// ListenTCP opens a listening socket on local. An invalid or [::] address is
// every address of both families (IPv6 alone with V6Only), 0.0.0.0 every IPv4
// address, port 0 a free port. It does not block.
func (s *Stack) ListenTCP(ctx context.Context, local netip.AddrPort, opts ListenOptions) (*Listener, error) {
	if err := s.enter(ctx, OpListen); err != nil {
		return nil, err
	}
	l, err := s.listen("tcp", local, opts)
	if err != nil {
		return nil, opError(opListen, "tcp", nil, tcpAddr(local), err)
	}
	return l, nil
}

// listen returns bare errors.
func (s *Stack) listen(network string, local netip.AddrPort, opts ListenOptions) (*Listener, error) {
	if err := checkZone(local.Addr()); err != nil {
		return nil, err
	}
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	}
	l := new(Listener)
	if err := s.newTCP(&l.h, l, network, local.Addr()); err != nil {
		return nil, err
	}
	if err := l.start(local, opts); err != nil {
		err = l.h.in.blame(err)
		l.end(net.ErrClosed)
		return nil, err
	}
	return l, nil
}

// start sets the options, binds and listens.
func (l *Listener) start(local netip.AddrPort, opts ListenOptions) error {
	ep := l.h.ep
	ep.SocketOptions().SetReuseAddress(opts.ReuseAddr)
	ep.SocketOptions().SetV6Only(opts.V6Only)
	if opts.Control != nil {
		if err := opts.Control(l); err != nil {
			return err
		}
	}
	if terr := ep.Bind(fullAddress(local)); terr != nil {
		l.h.stack.ports.tcp.failed(terr)
		return sysError(callBind, bindErrno(terr))
	}
	bound, _ := l.h.addrs(unspecifiedLike(local.Addr()))
	if err := l.claim(bound, opts.V6Only); err != nil {
		l.h.stack.ports.tcp.claimed(err)
		return sysError(callBind, err)
	}
	l.queue.open(l, opts.backlog())
	l.h.queued.Store(&l.queue)
	if terr := ep.Listen(opts.backlog()); terr != nil {
		return sysError(callListen, bindErrno(terr))
	}
	return nil
}

// newTCP makes a TCP endpoint of the family of a and opens h with it.
func (s *Stack) newTCP(h *handle, self socket, network string, a netip.Addr) error {
	if err := s.acquireSocket(); err != nil {
		return err
	}
	queue := new(waiter.Queue)
	ep, terr := s.gs.NewEndpoint(tcp.ProtocolNumber, networkProtocol(a), queue)
	if terr != nil {
		s.releaseSocket()
		return sysError(callSocket, errnoOf(terr))
	}
	return h.open(s, self, network, ep, queue)
}

// networkProtocol is the network protocol of a's family.
func networkProtocol(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Unmap().Is4() {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

// unspecifiedLike is the unspecified address of a's family.
func unspecifiedLike(a netip.Addr) netip.Addr {
	if a.Unmap().Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}
