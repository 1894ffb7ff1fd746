package sim

import (
	"fmt"
	"net/netip"
	"slices"
)

// plan knows the subnets and gives addresses to interfaces that bring none. It
// belongs to World.topo.
type plan struct {
	default4, default6 *Subnet

	subnets map[string]*Subnet
	order   []*Subnet // as they were added
	taken   map[netip.Addr]bool
	used    []netip.Prefix // of interfaces with addresses of their own
	added   int            // subnets that were added without a prefix
	undo    []func()       // takes back what the owner that is being added was given
}

// Family says which addresses an interface or a subnet is given that brings
// none.
type Family uint8

// The families. A host of both is dialled by name as RFC 8305 has it: IPv4 is
// tried beside IPv6 or the other way round, 300 ms after it.
const (
	IPv4      Family = iota // of hosts: of 10.0.0.0/16
	IPv6                    // of hosts: of fd00::/64
	DualStack               // one of each
)

const mtuDefault = 1500

// interfaces fills in what was left out.
func (p *plan) interfaces(owner string, given []InterfaceConfig, family Family) ([]InterfaceConfig, error) {
	p.begin()
	if err := family.check(); err != nil {
		return nil, fmt.Errorf("%w, of %s", err, owner)
	}
	n := len(p.used)
	p.undo = []func(){func() { p.used = p.used[:n] }}
	list := slices.Clone(given)
	if len(list) == 0 {
		list = []InterfaceConfig{{}}
	}
	for _, in := range list {
		for _, a := range in.Addresses {
			p.take(a.Addr())
			p.used = append(p.used, a.Masked())
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
		if err := p.address(owner, in, family); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// address gives an interface the next addresses of its subnet.
func (p *plan) address(owner string, in *InterfaceConfig, family Family) error {
	from := p.defaults(family)
	if in.Subnet != "" {
		s := p.subnets[in.Subnet]
		if s == nil {
			return fmt.Errorf("sim: InterfaceConfig.Subnet of %s/%s: there is no subnet %q%s", owner, in.Name, in.Subnet, suggestion(in.Subnet, p.names()))
		}
		from = []*Subnet{s}
	}
	if len(in.Addresses) > 0 {
		if in.Subnet != "" {
			return fmt.Errorf("sim: %s/%s has both InterfaceConfig.Subnet, %s, and Addresses: give one of them", owner, in.Name, in.Subnet)
		}
		return nil
	}
	for _, s := range from {
		for i, prefix := range s.prefixes {
			a, ok := p.free(s.last[i], prefix)
			if !ok {
				return fmt.Errorf("sim: no address is left for %s/%s in %v, subnet %s: give the subnet a shorter prefix", owner, in.Name, prefix, s.name)
			}
			before := s.last[i]
			p.undo = append(p.undo, func() { s.last[i] = before })
			s.last[i] = a
			in.Addresses = append(in.Addresses, netip.PrefixFrom(a, prefix.Bits()))
		}
	}
	return nil
}

// free takes the next free address of a prefix behind a; the last of an IPv4
// prefix is for broadcasts.
func (p *plan) free(a netip.Addr, prefix netip.Prefix) (netip.Addr, bool) {
	for a = a.Next(); p.taken[a]; {
		a = a.Next()
	}
	if !prefix.Contains(a) || a.Is4() && prefix.Bits() < 31 && !prefix.Contains(a.Next()) {
		return a, false
	}
	p.take(a)
	return a, true
}

// take notes that an address is given out.
func (p *plan) take(a netip.Addr) {
	if !p.taken[a] {
		p.taken[a] = true
		p.undo = append(p.undo, func() { delete(p.taken, a) })
	}
}

// takeBack undoes what interfaces has changed for the owner that is being added.
func (p *plan) takeBack() {
	for _, undo := range slices.Backward(p.undo) {
		undo()
	}
}

// begin makes the default subnets.
func (p *plan) begin() {
	if p.subnets != nil {
		return
	}
	p.taken = map[netip.Addr]bool{}
	p.subnets = map[string]*Subnet{}
	p.default4 = newSubnet("of hosts that name none", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")})
	p.default6 = newSubnet("of hosts that name none", []netip.Prefix{netip.MustParsePrefix("fd00::/64")})
}

// defaults are the subnets of hosts that name none.
func (p *plan) defaults(family Family) []*Subnet {
	switch family {
	case IPv4:
		return []*Subnet{p.default4}
	case IPv6:
		return []*Subnet{p.default6}
	}
	return []*Subnet{p.default4, p.default6}
}

// check refuses what is no family.
func (f Family) check() error {
	if f > DualStack {
		return fmt.Errorf("sim: Family is %d: it must be IPv4, IPv6 or DualStack", f)
	}
	return nil
}

// names lists the subnets that were added.
func (p *plan) names() []string {
	names := make([]string, len(p.order))
	for i, s := range p.order {
		names[i] = s.name
	}
	return names
}
