package sim

import (
	"fmt"
	"net/netip"
	"slices"
)

// Subnet is a range of addresses whose hosts and routers reach one another
// directly. Other subnets are reached by way of routers.
type Subnet struct {
	name     string
	prefixes []netip.Prefix
	last     []netip.Addr // given out, of each prefix
}

func newSubnet(name string, prefixes []netip.Prefix) *Subnet {
	s := &Subnet{name: name, prefixes: prefixes}
	for _, p := range prefixes {
		s.last = append(s.last, p.Addr())
	}
	return s
}

// Name is the subnet's name.
func (s *Subnet) Name() string { return s.name }

// Prefixes lists the subnet's prefixes, one of each family at most.
func (s *Subnet) Prefixes() []netip.Prefix { return slices.Clone(s.prefixes) }

// SubnetConfig describes a subnet.
type SubnetConfig struct {
	Name string // required; InterfaceConfig.Subnet refers to it

	// Prefixes are the subnet's, one of each family at most, such as
	// 10.1.0.0/24 and fd01::/64. None means the next free one of Family, of
	// 10.1.0.0/24, 10.1.1.0/24 ... and fd00:0:0:1::/64, fd00:0:0:2::/64 ...
	Prefixes []netip.Prefix
	Family   Family
}

// AddSubnet adds a subnet. Hosts and routers join it with
// InterfaceConfig.Subnet and are given its addresses from the first one on.
// A small test needs none: hosts that say nothing of subnets are all in one.
func (w *World) AddSubnet(cfg SubnetConfig) (*Subnet, error) {
	w.topo.Lock()
	defer w.topo.Unlock()
	p := &w.plan
	p.begin()
	if !isHostName(cfg.Name) {
		return nil, fmt.Errorf("sim: SubnetConfig.Name is %q: it must be letters, digits, dots and hyphens, like lan", cfg.Name)
	}
	if p.subnets[cfg.Name] != nil {
		return nil, fmt.Errorf("sim: there is a subnet %s already: give every subnet its own name", cfg.Name)
	}
	if err := cfg.Family.check(); err != nil {
		return nil, fmt.Errorf("%w, of subnet %s", err, cfg.Name)
	}
	prefixes := slices.Clone(cfg.Prefixes)
	if len(prefixes) == 0 {
		prefixes = p.freePrefixes(cfg.Family)
	}
	if prefixes == nil {
		return nil, fmt.Errorf("sim: no range of 10.0.0.0/8 is left for subnet %s: give it Prefixes of its own", cfg.Name)
	}
	if err := p.checkPrefixes(cfg.Name, prefixes); err != nil {
		return nil, err
	}
	s := newSubnet(cfg.Name, prefixes)
	p.subnets[s.name] = s
	p.order = append(p.order, s)
	return s, nil
}

// subnetsMost bounds the subnets without a prefix: 10.1.0.0/24 to
// 10.255.255.0/24.
const subnetsMost = 255 << 8

// freePrefixes are the next ones for a subnet that brings none; nil if none is
// left.
func (p *plan) freePrefixes(family Family) []netip.Prefix {
	for p.added < subnetsMost {
		n := p.added
		p.added++
		v4 := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(1 + n>>8), byte(n)}), 24)
		v6 := netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 6: byte((n + 1) >> 8), 7: byte(n + 1)}), 64)
		var list []netip.Prefix
		if family != IPv6 {
			list = append(list, v4)
		}
		if family != IPv4 {
			list = append(list, v6)
		}
		if !slices.ContainsFunc(list, func(a netip.Prefix) bool { return p.overlapping(a) != "" }) {
			return list
		}
	}
	return nil
}

// checkPrefixes wants them to be prefixes, of different families, and apart
// from those of other subnets.
func (p *plan) checkPrefixes(name string, prefixes []netip.Prefix) error {
	for i, a := range prefixes {
		switch other := p.overlapping(a); {
		case !a.IsValid() || a != a.Masked() || a.Addr().IsMulticast() || a.Addr().Is4In6():
			return fmt.Errorf("sim: prefix %v of subnet %s: it must be one of unicast addresses, without bits behind its length, like 10.1.0.0/24", a, name)
		case i > 0 && (i > 1 || a.Addr().Is4() == prefixes[0].Addr().Is4()):
			return fmt.Errorf("sim: prefix %v of subnet %s is the second of its family: a subnet has one of IPv4 and one of IPv6; add another subnet", a, name)
		case other != "":
			return fmt.Errorf("sim: prefix %v of subnet %s overlaps %s: choose ranges that lie apart", a, name, other)
		}
	}
	return nil
}

// overlapping names what has addresses of a prefix; "" if nobody has.
func (p *plan) overlapping(a netip.Prefix) string {
	for _, s := range p.order {
		for _, b := range s.prefixes {
			if a.Overlaps(b) {
				return fmt.Sprintf("%v of subnet %s", b, s.name)
			}
		}
	}
	for _, s := range []*Subnet{p.default4, p.default6} {
		if s.last[0] != s.prefixes[0].Addr() && a.Overlaps(s.prefixes[0]) {
			return fmt.Sprintf("%v, the subnet %s", s.prefixes[0], s.name)
		}
	}
	for _, b := range p.used {
		if a.Overlaps(b) && a != b {
			return fmt.Sprintf("%v of an interface", b)
		}
	}
	return ""
}
