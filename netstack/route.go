package netstack

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
)

var (
	everyIPv4 = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	everyIPv6 = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
)

// routes is the routing table: loopback first, then what Config.Routes says or
// its default.
func (s *Stack) routes() []tcpip.Route {
	table := onLinkRoutes(s.nics[:1])
	if s.cfg.Routes == nil {
		table = append(table, onLinkRoutes(s.nics[1:])...)
		for _, every := range []netip.Prefix{everyIPv4, everyIPv6} {
			if n := s.firstOf(every.Addr().Is4()); n != nil {
				table = append(table, route(every, n, netip.Addr{}))
			}
		}
		return table
	}
	for _, r := range s.cfg.Routes {
		n := s.nicByName(r.Interface)
		if r.Interface == "" {
			n = s.firstOf(r.Destination.Addr().Is4())
		}
		table = append(table, route(r.Destination, n, r.Gateway))
	}
	return table
}

// onLinkRoutes are the routes to the prefixes that the interfaces' addresses
// lie in.
func onLinkRoutes(nics []*nic) []tcpip.Route {
	var table []tcpip.Route
	for _, n := range nics {
		for _, p := range n.addresses {
			table = append(table, route(p.Masked(), n, netip.Addr{}))
		}
	}
	return table
}

func route(to netip.Prefix, n *nic, gateway netip.Addr) tcpip.Route {
	subnet := protocolAddress(to).AddressWithPrefix.Subnet()
	r := tcpip.Route{Destination: subnet, NIC: n.id}
	if gateway.IsValid() {
		r.Gateway = tcpip.AddrFromSlice(gateway.AsSlice())
	}
	return r
}

// firstOf is the first interface with a link that has an address of the
// family, or nil.
func (s *Stack) firstOf(v4 bool) *nic {
	for _, n := range s.nics[1:] {
		for _, p := range n.addresses {
			if p.Addr().Is4() == v4 {
				return n
			}
		}
	}
	return nil
}

// nicByName is the interface of that name, or nil.
func (s *Stack) nicByName(name string) *nic {
	for _, n := range s.nics {
		if n.name == name {
			return n
		}
	}
	return nil
}
