package netstack

import (
	"fmt"
	"net/netip"
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	loopbackName = "lo"
	loopbackNIC  = tcpip.NICID(1)
)

// loopbackAddresses are the addresses of every stack's loopback interface.
var loopbackAddresses = []netip.Prefix{
	netip.PrefixFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8),
	netip.PrefixFrom(netip.IPv6Loopback(), 128),
}

// addInterfaces makes the interfaces, gives them their addresses and routes,
// and attaches the links last, when everything else is in place.
func (s *Stack) addInterfaces() error {
	lo := &nic{id: loopbackNIC, name: loopbackName, addresses: loopbackAddresses}
	if err := s.addInterface(lo, newLoopback(s.cfg.Interfaces, s.loop)); err != nil {
		return err
	}
	for i, c := range s.cfg.Interfaces {
		n := &nic{id: loopbackNIC + 1 + tcpip.NICID(i), name: c.name(i), addresses: slices.Clone(c.Addresses)}
		n.link = newLinkEndpoint(c.Link, func(err error) { s.linkDown(n, err) })
		n.link.timestamps = s.newTimestampGate(n)
		n.link.backlog, n.link.pings, n.link.pieces, n.link.nic = &s.backlog, &s.pings, &s.pieces, n.id
		if err := s.addInterface(n, n.link); err != nil {
			return err
		}
		n.link.direct = newDirectGate(s.gs, n)
	}
	s.gs.SetRouteTable(s.routes())
	for _, n := range s.nics[1:] {
		if err := n.link.link.Attach(n.link); err != nil {
			return fmt.Errorf("netstack: interface %s: attach: %w", n.name, err)
		}
	}
	return nil
}

func (s *Stack) addInterface(n *nic, ep stack.LinkEndpoint) error {
	n.mtu = int(ep.MTU())
	opts := stack.NICOptions{Name: n.name}
	if n.link != nil {
		opts.QDisc = n.link
	}
	if err := s.gs.CreateNICWithOptions(n.id, ep, opts); err != nil {
		return fmt.Errorf("netstack: interface %s: %s", n.name, err)
	}
	if info, ok := s.gs.SingleNICInfo(n.id); ok {
		n.stats = info.Stats
	}
	s.nics = append(s.nics, n)
	for _, p := range n.addresses {
		if err := s.gs.AddProtocolAddress(n.id, protocolAddress(p), stack.AddressProperties{}); err != nil {
			return fmt.Errorf("netstack: interface %s: address %s: %s", n.name, p, err)
		}
	}
	return nil
}

// InterfaceInfo describes an interface of a stack.
type InterfaceInfo struct {
	Name      string
	MTU       int // bytes
	Addresses []netip.Prefix
}

// Interfaces returns the stack's interfaces: the loopback, named "lo", and
// then those of Config in their order.
func (s *Stack) Interfaces() []InterfaceInfo {
	infos := make([]InterfaceInfo, len(s.nics))
	for i, n := range s.nics {
		infos[i] = InterfaceInfo{Name: n.name, MTU: n.mtu, Addresses: slices.Clone(n.addresses)}
	}
	return infos
}

// protocolAddress is p as gVisor has it.
func protocolAddress(p netip.Prefix) tcpip.ProtocolAddress {
	proto := ipv6.ProtocolNumber
	if p.Addr().Is4() {
		proto = ipv4.ProtocolNumber
	}
	return tcpip.ProtocolAddress{
		Protocol: proto,
		AddressWithPrefix: tcpip.AddressWithPrefix{
			Address:   tcpip.AddrFromSlice(p.Addr().AsSlice()),
			PrefixLen: p.Bits(),
		},
	}
}
