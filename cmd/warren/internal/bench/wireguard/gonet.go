package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// gonetPair is gVisor with nothing but what it brings itself: two stacks, its
// pipe between them, which delivers in the sender's call, and its adapter to
// package net.
type gonetPair struct {
	driving, serving *stack.Stack
}

var _ task.Network = (*gonetPair)(nil)

const gonetNIC tcpip.NICID = 1

// openGonet makes the pair. Like that of wireguard-go it ends with the process.
func openGonet(raw json.RawMessage) (task.Network, io.Closer, error) {
	s, err := readSpec(raw)
	if err != nil {
		return nil, nil, err
	}
	near, far := pipe.New("", "", uint32(s.MTU))
	driving, err := gonetStack(near, tcpip.AddrFrom4(drivingAddr.As4()))
	if err != nil {
		return nil, nil, err
	}
	serving, err := gonetStack(far, tcpip.AddrFrom4(servingAddr.As4()))
	if err != nil {
		return nil, nil, err
	}
	return &gonetPair{driving, serving}, nil, nil
}

// vouching is a link on which no checksum is computed or verified, as on ours.
type vouching struct{ *pipe.Endpoint }

func (vouching) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityTXChecksumOffload | stack.CapabilityRXChecksumOffload
}

func gonetStack(link *pipe.Endpoint, own tcpip.Address) (*stack.Stack, error) {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocolCUBIC},
	})
	sack := tcpip.TCPSACKEnabled(true)
	if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack); err != nil {
		return nil, fmt.Errorf("switching SACK on: %s", err)
	}
	if err := s.CreateNIC(gonetNIC, vouching{link}); err != nil {
		return nil, fmt.Errorf("making an interface: %s", err)
	}
	at := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: own, PrefixLen: 24}}
	if err := s.AddProtocolAddress(gonetNIC, at, stack.AddressProperties{}); err != nil {
		return nil, fmt.Errorf("giving it address %s: %s", own, err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: gonetNIC}})
	return s, nil
}

// DialContext implements task.Network.
func (p *gonetPair) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	at, err := gonetAddr(address)
	if err != nil {
		return nil, err
	}
	return gonet.DialContextTCP(ctx, p.driving, at, ipv4.ProtocolNumber)
}

// Listen implements task.Network. Whatever host the address has, it is the
// serving stack's.
func (p *gonetPair) Listen(_ context.Context, _, address string) (net.Listener, error) {
	at, err := gonetAddr(address)
	if err != nil {
		return nil, err
	}
	l, err := gonet.ListenTCP(p.serving, at, ipv4.ProtocolNumber)
	if err != nil {
		return nil, err
	}
	return &gonetListener{TCPListener: l}, nil
}

// gonetListener says net.ErrClosed after Close, where the adapter speaks of an
// invalid state.
type gonetListener struct {
	*gonet.TCPListener
	closed atomic.Bool
}

func (l *gonetListener) Accept() (net.Conn, error) {
	c, err := l.TCPListener.Accept()
	if err != nil && l.closed.Load() {
		return nil, net.ErrClosed
	}
	return c, err
}

func (l *gonetListener) Close() error {
	l.closed.Store(true)
	return l.TCPListener.Close()
}

// gonetAddr is the serving stack's address with the port of address.
func gonetAddr(address string) (tcpip.FullAddress, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return tcpip.FullAddress{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return tcpip.FullAddress{}, fmt.Errorf("address %q: port: %w", address, err)
	}
	return tcpip.FullAddress{NIC: gonetNIC, Addr: tcpip.AddrFrom4(servingAddr.As4()), Port: uint16(n)}, nil
}
