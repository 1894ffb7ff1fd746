package attach

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// hostEnd is what the kernel's end of the device is to be given.
type hostEnd struct {
	addresses []netip.Prefix
	routes    []netip.Prefix // to stack addresses that lie in no prefix of the kernel's
}

// planHost decides what the kernel's end needs, given the addresses that the
// device has already.
func (c Config) planHost(present []netip.Prefix) (hostEnd, error) {
	end := hostEnd{addresses: slices.Clone(c.HostAddresses)}
	for _, p := range c.Addresses {
		if slices.ContainsFunc(present, func(q netip.Prefix) bool { return q.Addr() == p.Addr() }) {
			return hostEnd{}, fmt.Errorf("--addr %v: is the kernel's own address on device %s: choose another of the prefix for the stack", p, c.Device)
		}
		if c.hasHostAddress(p.Addr().Is4()) || covered(present, p.Addr()) || covered(end.addresses, p.Addr()) {
			continue
		}
		if host, ok := c.firstOther(p); ok {
			end.addresses = append(end.addresses, netip.PrefixFrom(host, p.Bits()))
		}
	}
	for _, p := range c.Addresses {
		if !covered(end.addresses, p.Addr()) && !covered(present, p.Addr()) {
			end.routes = append(end.routes, netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
		}
	}
	return end, nil
}

// hasHostAddress reports whether the user has chosen the kernel's address of
// the family.
func (c Config) hasHostAddress(v4 bool) bool {
	return slices.ContainsFunc(c.HostAddresses, func(p netip.Prefix) bool { return p.Addr().Is4() == v4 })
}

// firstOther is the first host address of p's prefix that the stack does not
// have itself.
func (c Config) firstOther(p netip.Prefix) (netip.Addr, bool) {
	for a := firstHost(p); a.IsValid() && p.Contains(a); a = a.Next() {
		if !slices.ContainsFunc(c.Addresses, func(q netip.Prefix) bool { return q.Addr() == a }) {
			return a, isHost(netip.PrefixFrom(a, p.Bits()))
		}
	}
	return netip.Addr{}, false
}

// firstHost is the first address of p's prefix that a host can have: the one
// after the network's own (in IPv6 the router anycast address of RFC 4291,
// section 2.6.1), or in a prefix of two addresses the first (RFC 3021, RFC
// 6164).
func firstHost(p netip.Prefix) netip.Addr {
	network := p.Masked().Addr()
	if p.Bits() >= network.BitLen()-1 {
		return network
	}
	return network.Next()
}

// isHost reports whether p's address is one that a host can have: neither the
// network's own nor, in IPv4, the broadcast address.
func isHost(p netip.Prefix) bool {
	a := p.Addr()
	if p.Bits() >= a.BitLen()-1 {
		return true
	}
	if a == p.Masked().Addr() {
		return false
	}
	return a.Is6() || p.Contains(a.Next())
}

func covered(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// presentAddresses are the kernel's addresses on the device of that name; none
// if there is no such device.
func presentAddresses(device string) []netip.Prefix {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return nil
	}
	addresses, err := i.Addrs()
	if err != nil {
		return nil
	}
	var prefixes []netip.Prefix
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
			prefixes = append(prefixes, p)
		}
	}
	return prefixes
}
