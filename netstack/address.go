package netstack

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"

	"gvisor.dev/gvisor/pkg/tcpip"
)

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// broadcast4 is the limited broadcast address (RFC 919, section 7).
var broadcast4 = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// broadcastOf is the directed broadcast address of p's network (RFC 919, section
// 7). Networks of two addresses have none (RFC 3021), nor has IPv6.
func broadcastOf(p netip.Prefix) (a netip.Addr, ok bool) {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return a, false
	}
	b := p.Addr().As4()
	host := uint32(1)<<(32-p.Bits()) - 1
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])|host)
	return netip.AddrFrom4(b), true
}

// family is the set of address families that a network's name allows.
type family uint8

const (
	familyAny family = iota // "tcp", "udp"
	family4                 // "tcp4", "udp4"
	family6                 // "tcp6", "udp6"
)

// parseNetwork splits a network's name into protocol and families.
func parseNetwork(network string) (protocol string, f family, err error) {
	switch network {
	case "tcp", "udp":
		return network, familyAny, nil
	case "tcp4", "udp4":
		return network[:3], family4, nil
	case "tcp6", "udp6":
		return network[:3], family6, nil
	}
	return "", familyAny, net.UnknownNetworkError(network)
}

// allows reports whether a is of an allowed family. IPv4-mapped IPv6
// addresses are IPv4, as in package net.
func (f family) allows(a netip.Addr) bool {
	switch f {
	case family4:
		return a.Unmap().Is4()
	case family6:
		return !a.Unmap().Is4()
	}
	return true
}

// lookupNetwork is the family in the words of Resolver.
func (f family) lookupNetwork() string {
	switch f {
	case family4:
		return "ip4"
	case family6:
		return "ip6"
	}
	return "ip"
}

// resolve resolves "host:port" to the addresses it may mean, in the order
// in which they are to be tried. An empty host gives the invalid address,
// which stands for all addresses or, in a dial, for the loopback.
func (s *Stack) resolve(ctx context.Context, protocol string, f family, address string) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := parsePort(ctx, protocol, service)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return []netip.AddrPort{netip.AddrPortFrom(netip.Addr{}, port)}, nil
	}
	addrs, err := s.hostAddrs(ctx, f, host)
	if err != nil {
		return nil, err
	}
	var usable []netip.AddrPort
	for _, a := range addrs {
		if f.allows(a) {
			usable = append(usable, netip.AddrPortFrom(a.Unmap(), port))
		}
	}
	if len(usable) == 0 {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	return usable, nil
}

// hostAddrs resolves host, an address or a name.
func (s *Stack) hostAddrs(ctx context.Context, f family, host string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return s.lookup(ctx, f, host)
	}
	if err := checkZone(a); err != nil {
		return nil, err
	}
	return []netip.Addr{a}, nil
}

// checkZone refuses addresses with a zone: interfaces of a stack are chosen by
// its routes.
func checkZone(a netip.Addr) error {
	if a.Zone() == "" {
		return nil
	}
	return &net.AddrError{
		Err:  "IPv6 zones are not supported: leave out %" + a.Zone() + " and let Config.Routes choose the interface",
		Addr: a.String(),
	}
}

// parsePort reads a port number, or a service's name as net.LookupPort does.
func parsePort(ctx context.Context, protocol, service string) (uint16, error) {
	port, err := strconv.Atoi(service)
	if err != nil && service != "" {
		port, err = net.DefaultResolver.LookupPort(ctx, protocol, service)
		if err != nil {
			return 0, err
		}
	}
	if port < 0 || port > 65535 {
		return 0, &net.AddrError{Err: "invalid port", Addr: service}
	}
	return uint16(port), nil
}

// fullAddress is a in the stack's terms; the invalid and the unspecified
// address mean every address.
func fullAddress(a netip.AddrPort) tcpip.FullAddress {
	f := tcpip.FullAddress{Port: a.Port()}
	if ip := a.Addr().Unmap(); ip.IsValid() && !ip.IsUnspecified() {
		f.Addr = tcpip.AddrFromSlice(ip.AsSlice())
	}
	return f
}

// addrPort is the reverse of fullAddress; no address becomes the given
// unspecified one.
func addrPort(f tcpip.FullAddress, unspecified netip.Addr) netip.AddrPort {
	ip, ok := netip.AddrFromSlice(f.Addr.AsSlice())
	if !ok {
		ip = unspecified
	}
	return netip.AddrPortFrom(ip.Unmap(), f.Port)
}

// tcpAddr is a as package net shows it. A nil *net.TCPAddr would be a non-nil
// net.Addr, so an address that does not exist is a plain nil.
func tcpAddr(a netip.AddrPort) net.Addr {
	if a == (netip.AddrPort{}) {
		return nil
	}
	return net.TCPAddrFromAddrPort(a)
}

func udpAddr(a netip.AddrPort) net.Addr {
	if a == (netip.AddrPort{}) {
		return nil
	}
	return net.UDPAddrFromAddrPort(a)
}

// addrFor is a as package net shows it for "tcp" or "udp".
func addrFor(protocol string, a netip.AddrPort) net.Addr {
	if protocol == "udp" {
		return udpAddr(a)
	}
	return tcpAddr(a)
}
