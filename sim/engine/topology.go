package engine

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// topology is who there is and which addresses they have. Two ports are
// neighbours if they have addresses of the same prefix; a router is a node
// that hands packets on.
type topology struct {
	nodes  map[string]*node
	ports  []*Port // by host and interface
	byAddr map[netip.Addr]*Port
}

// node is a host or a router.
type node struct {
	name   string
	router bool
	silent bool    // a router that sends no ICMP
	ports  []*Port // by interface
	routes []Route // longest prefix first

	paused  bool
	arrived []keptPacket // while it is paused
	sent    []*transit   // while it is paused
}

// PortConfig describes a host's network interface.
type PortConfig struct {
	Host      string         // required
	Interface string         // required; unique in its host
	Addresses []netip.Prefix // at least one: address and length of the subnet's prefix
	Router    bool           // the same for all ports of a host
	Silent    bool           // a router that sends no ICMP of its own; of one port is of all
}

// Port is a network interface of a host or a router.
type Port struct {
	// Lost counts packets that found no path from here.
	Lost [dropReasons]uint64

	host, name string
	node       *node
	router     bool
	addresses  []netip.Prefix
	deliver    func(Packet)
}

// Host is the name of the port's host.
func (p *Port) Host() string { return p.host }

// Name is like "client/eth0".
func (p *Port) Name() string { return p.name }

// Receive sets who takes the packets that arrive, each with one reference;
// nil drops them, as for a host that is down. deliver is called by the
// goroutine that steps; it may Send.
func (p *Port) Receive(deliver func(Packet)) { p.deliver = deliver }

// AddPort adds an interface, and its host if that is new. Names that are
// missing or taken, addresses that are taken, and subnets that overlap
// without being equal are errors.
func (n *Network) AddPort(cfg PortConfig) (*Port, error) {
	if err := n.checkPort(cfg); err != nil {
		return nil, err
	}
	nd := n.nodes[cfg.Host]
	if nd == nil {
		nd = &node{name: cfg.Host, router: cfg.Router}
		n.nodes[cfg.Host] = nd
	}
	nd.silent = nd.silent || cfg.Silent
	p := &Port{
		host: cfg.Host, name: cfg.Host + "/" + cfg.Interface, node: nd,
		router: cfg.Router, addresses: slices.Clone(cfg.Addresses),
	}
	byName := func(a, b *Port) int { return strings.Compare(a.name, b.name) }
	nd.ports = append(nd.ports, p)
	slices.SortFunc(nd.ports, byName)
	n.ports = append(n.ports, p)
	slices.SortFunc(n.ports, byName)
	for _, a := range cfg.Addresses {
		n.byAddr[a.Addr()] = p
	}
	n.forgetWays()
	return p, nil
}

// RemoveHost takes back the ports, routes and name of a host or router, for who
// finds a mistake in it before anything has used them.
func (n *Network) RemoveHost(host string) {
	nd := n.nodes[host]
	if nd == nil {
		return
	}
	delete(n.nodes, host)
	n.ports = slices.DeleteFunc(n.ports, func(p *Port) bool { return p.node == nd })
	maps.DeleteFunc(n.byAddr, func(_ netip.Addr, p *Port) bool { return p.node == nd })
	n.forgetWays()
}

func (n *Network) checkPort(cfg PortConfig) error {
	if cfg.Host == "" || strings.ContainsAny(cfg.Host, "/>") {
		return fmt.Errorf("sim: PortConfig.Host is %q: it must be a name without / and >", cfg.Host)
	}
	if cfg.Interface == "" || strings.ContainsAny(cfg.Interface, "/>") {
		return fmt.Errorf("sim: the name of an interface of host %s is %q: it must be a name without / and >, like eth0", cfg.Host, cfg.Interface)
	}
	name := cfg.Host + "/" + cfg.Interface
	if nd := n.nodes[cfg.Host]; nd != nil {
		if nd.router != cfg.Router {
			return fmt.Errorf("sim: PortConfig.Router of %s is %v, but another port of the host says %v: a host is a router with all ports or with none", name, cfg.Router, nd.router)
		}
		if slices.ContainsFunc(nd.ports, func(p *Port) bool { return p.name == name }) {
			return fmt.Errorf("sim: there is a port %s already: give each interface of a host its own name", name)
		}
	}
	if len(cfg.Addresses) == 0 {
		return fmt.Errorf("sim: PortConfig.Addresses of %s is empty: give it an address with the length of its subnet's prefix, like 10.0.0.1/24", name)
	}
	for i, a := range cfg.Addresses {
		if err := n.checkAddress(name, a, cfg.Addresses[:i]); err != nil {
			return err
		}
	}
	return nil
}

// isBroadcast reports whether a is the last address of an IPv4 subnet with more
// than two (RFC 919; RFC 3021 for those of two).
func isBroadcast(a netip.Prefix) bool {
	if !a.Addr().Is4() || a.Bits() > 30 {
		return false
	}
	next := a.Addr().Next()
	return !next.IsValid() || !a.Contains(next)
}

// checkAddress wants a to be new, and its subnet equal to or apart from all
// others; before are the port's own addresses up to a.
func (n *Network) checkAddress(name string, a netip.Prefix, before []netip.Prefix) error {
	if !a.IsValid() || a.Addr().IsUnspecified() || a.Addr().IsMulticast() || a.Addr().Is4In6() || a.Addr().Zone() != "" {
		return fmt.Errorf("sim: address %v of %s: it must be a unicast IPv4 or IPv6 address with a prefix length, like 10.0.0.1/24", a, name)
	}
	if isBroadcast(a) {
		return fmt.Errorf("sim: address %v of %s is its subnet's broadcast address: give another one of the subnet", a, name)
	}
	if other := n.byAddr[a.Addr()]; other != nil {
		return fmt.Errorf("sim: address %v of %s belongs to %s already: every address may be given once", a.Addr(), name, other.name)
	}
	for _, b := range before {
		if a.Addr() == b.Addr() {
			return fmt.Errorf("sim: address %v stands twice among those of %s: give each once", a.Addr(), name)
		}
		if err := checkSubnets(name, a, name, b); err != nil {
			return err
		}
	}
	for _, p := range n.ports {
		for _, b := range p.addresses {
			if err := checkSubnets(name, a, p.name, b); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkSubnets(aName string, a netip.Prefix, bName string, b netip.Prefix) error {
	if a.Overlaps(b) && a.Bits() != b.Bits() {
		return fmt.Errorf("sim: subnet %v of %s overlaps %v of %s: use one prefix length for both, or ranges that lie apart", a.Masked(), aName, b.Masked(), bName)
	}
	return nil
}

// Port finds an interface by the names of host and interface; nil if there
// is none.
func (n *Network) Port(host, iface string) *Port {
	if nd := n.nodes[host]; nd != nil {
		for _, p := range nd.ports {
			if p.name == host+"/"+iface {
				return p
			}
		}
	}
	return nil
}

// Owner is the name of the host or router that has an address; "" if nobody
// has.
func (n *Network) Owner(a netip.Addr) string {
	if p := n.byAddr[a]; p != nil {
		return p.host
	}
	return ""
}

// Has reports whether there is a host or router of that name.
func (n *Network) Has(name string) bool { return n.nodes[name] != nil }

// Names lists the hosts and routers, sorted.
func (n *Network) Names() []string { return slices.Sorted(maps.Keys(n.nodes)) }

// IsRouter reports whether there is a router of that name.
func (n *Network) IsRouter(name string) bool {
	nd := n.nodes[name]
	return nd != nil && nd.router
}

// reaches reports whether two ports have a subnet in common.
func (p *Port) reaches(to *Port) bool {
	if p == to {
		return false
	}
	return slices.ContainsFunc(to.addresses, func(a netip.Prefix) bool { return p.onLink(a.Addr()) })
}

// onLink reports whether addr is of one of the port's subnets.
func (p *Port) onLink(addr netip.Addr) bool {
	return slices.ContainsFunc(p.addresses, func(a netip.Prefix) bool { return a.Contains(addr) })
}

// address is the port's first address of a family; zero if it has none.
func (p *Port) address(v6 bool) netip.Addr {
	for _, a := range p.addresses {
		if a.Addr().Is6() == v6 {
			return a.Addr()
		}
	}
	return netip.Addr{}
}
