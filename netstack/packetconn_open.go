package netstack

import (
	"context"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// PacketOptions are the settings of one UDP socket.
type PacketOptions struct {
	// Local is, for DialUDP, the address and port to bind first; zero parts
	// choose. ListenUDP has it as an argument.
	Local netip.AddrPort

	// ReuseAddr is SO_REUSEADDR: several sockets may be bound to one port;
	// the one bound last receives.
	ReuseAddr bool

	// V6Only keeps IPv4 out of a socket on [::].
	V6Only bool
}

// ListenPacket opens a UDP socket; it is a *PacketConn. network is "udp",
// "udp4" or "udp6", and address has package net's meaning: see Listen.
func (s *Stack) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	if err := s.enter(ctx, OpListen); err != nil {
		return nil, err
	}
	local, f, err := s.listenAddr(ctx, "udp", network, address)
	if err != nil {
		return nil, opError(opListen, network, nil, nil, err)
	}
	p, err := s.openUDP(network, netip.AddrPort{}, PacketOptions{Local: local, V6Only: f == family6})
	if err != nil {
		return nil, opError(opListen, network, nil, udpAddr(local), err)
	}
	return p, nil
}

// ListenUDP opens a UDP socket on local, with ListenTCP's meaning of it.
// opts.Local is ignored. It does not block.
func (s *Stack) ListenUDP(ctx context.Context, local netip.AddrPort, opts PacketOptions) (*PacketConn, error) {
	if err := s.enter(ctx, OpListen); err != nil {
		return nil, err
	}
	opts.Local = local
	if !local.Addr().IsValid() {
		opts.Local = netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	}
	p, err := s.openUDP("udp", netip.AddrPort{}, opts)
	if err != nil {
		return nil, opError(opListen, "udp", nil, udpAddr(local), err)
	}
	return p, nil
}

// DialUDP opens a UDP socket connected to remote: it sends to and receives
// from that address only. It does not block.
func (s *Stack) DialUDP(ctx context.Context, remote netip.AddrPort, opts PacketOptions) (*PacketConn, error) {
	if err := s.enter(ctx, OpDial); err != nil {
		return nil, err
	}
	p, err := s.dialUDP("udp", toLocal(remote, familyAny), opts)
	if err != nil {
		return nil, opError(opDial, "udp", udpAddr(opts.Local), udpAddr(remote), err)
	}
	return p, nil
}

func (s *Stack) dialUDP(network string, remote netip.AddrPort, opts PacketOptions) (*PacketConn, error) {
	if err := checkDial(remote, opts.Local); err != nil {
		return nil, err
	}
	return s.openUDP(network, remote, opts)
}

// openUDP returns bare errors.
func (s *Stack) openUDP(network string, remote netip.AddrPort, opts PacketOptions) (*PacketConn, error) {
	if err := checkZone(opts.Local.Addr()); err != nil {
		return nil, err
	}
	if err := s.acquireSocket(); err != nil {
		return nil, err
	}
	like := remote.Addr()
	if !like.IsValid() {
		like = opts.Local.Addr()
	}
	queue := new(waiter.Queue)
	ep, terr := s.gs.NewEndpoint(udp.ProtocolNumber, networkProtocol(like), queue)
	if terr != nil {
		s.releaseSocket()
		return nil, sysError(callSocket, errnoOf(terr))
	}
	p := &PacketConn{dialled: remote.IsValid()}
	if err := p.h.open(s, p, network, ep, queue); err != nil {
		return nil, err
	}
	if err := p.start(remote, opts); err != nil {
		err = p.h.in.blame(err)
		p.h.close(net.ErrClosed, false)
		return nil, err
	}
	p.local, p.remote = p.h.addrs(unspecifiedLike(like))
	return p, nil
}

// start sets the options, binds and, given a remote address, connects. As
// package net does it allows broadcasts.
func (p *PacketConn) start(remote netip.AddrPort, opts PacketOptions) error {
	ep := p.h.ep
	ep.SocketOptions().SetReuseAddress(opts.ReuseAddr)
	ep.SocketOptions().SetV6Only(opts.V6Only)
	ep.SocketOptions().SetBroadcast(true)
	if opts.Local.Addr().IsValid() || opts.Local.Port() != 0 {
		if terr := ep.Bind(fullAddress(opts.Local)); terr != nil {
			p.h.stack.ports.udp.failed(terr)
			return sysError(callBind, bindErrno(terr))
		}
	}
	if !remote.IsValid() {
		return nil
	}
	if terr := ep.Connect(fullAddress(remote)); terr != nil {
		p.h.stack.ports.udp.failed(terr)
		return sysError(callConnect, connectUDPErrno(terr))
	}
	return nil
}
