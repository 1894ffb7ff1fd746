package sim

import (
	"fmt"
	"net/netip"
)

// plan gives addresses to hosts that bring none.
type plan struct {
	taken        map[netip.Addr]bool
	last4, last6 netip.Addr
}

// Family says which addresses a host is given that brings none.
type Family uint8

// The families. A host of both is dialled by name as RFC 8305 has it: IPv4 is
// tried beside IPv6 or the other way round, 300 ms after it.
const (
	IPv4      Family = iota // of 10.0.0.0/16
	IPv6                    // of fd00::/64
	DualStack               // one of each
)

const mtuDefault = 1500

// interfaces fills in what was left out.
func (p *plan) interfaces(given []InterfaceConfig, family Family) []InterfaceConfig {
	if p.taken == nil {
		p.taken = map[netip.Addr]bool{}
		p.last4, p.last6 = defaultSubnet4.Addr(), defaultSubnet6.Addr()
	}
	list := append([]InterfaceConfig(nil), given...)
	if len(list) == 0 {
		list = []InterfaceConfig{{}}
	}
	for _, in := range list {
		for _, a := range in.Addresses {
			p.taken[a.Addr()] = true
		}
	}
	for i := range list {
		in := &list[i]
		if in.Name == "" {
			in.Name = fmt.Sprint("eth", i)
		}
		if in.MTU == 0 {
			in.MTU = mtuDefault
		}
		if len(in.Addresses) == 0 {
			in.Addresses = p.addresses(family)
		}
	}
	return list
}

// addresses are the next free ones of the default subnets.
func (p *plan) addresses(family Family) (list []netip.Prefix) {
	if family != IPv6 {
		p.last4 = p.free(p.last4)
		list = append(list, netip.PrefixFrom(p.last4, defaultSubnet4.Bits()))
	}
	if family != IPv4 {
		p.last6 = p.free(p.last6)
		list = append(list, netip.PrefixFrom(p.last6, defaultSubnet6.Bits()))
	}
	return list
}

// free takes the next free address behind a.
func (p *plan) free(a netip.Addr) netip.Addr {
	for a = a.Next(); p.taken[a]; {
		a = a.Next()
	}
	p.taken[a] = true
	return a
}
