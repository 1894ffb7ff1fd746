package netstack

import (
	"context"
	"net"
	"net/netip"
)

// PacketOptions are the settings of one UDP socket.
type PacketOptions struct {
	Local netip.AddrPort
}

// PacketConn is a UDP socket.
type PacketConn struct {
	net.Conn
	h handle
}

func (s *Stack) dialUDP(network string, remote netip.AddrPort, opts PacketOptions) (*PacketConn, error) {
	return nil, net.UnknownNetworkError(network)
}

var _ = context.Background
