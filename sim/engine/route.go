package engine

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// Route says by way of which router a destination is reached. Subnets of a
// node's own ports need none.
type Route struct {
	Destination netip.Prefix // 0.0.0.0/0 and ::/0 are everything
	Gateway     netip.Addr   // a router's address on a subnet of the node
}

// AddRoute adds a route to a host or a router. The longest prefix decides,
// then which was added first. Where no route matches, hosts and routers send
// along the shortest way through other routers, if there is one; a host
// otherwise sends to the first router, by name, of its port's subnet.
func (n *Network) AddRoute(host string, r Route) error {
	nd := n.nodes[host]
	if nd == nil {
		return fmt.Errorf("sim: AddRoute: there is no host %q: add its ports first", host)
	}
	if !r.Destination.IsValid() || r.Destination != r.Destination.Masked() {
		return fmt.Errorf("sim: Route.Destination %v of %s: it must be a prefix without host bits, like 10.1.0.0/16", r.Destination, host)
	}
	gateway := n.byAddr[r.Gateway]
	if gateway == nil || !gateway.router || gateway.node == nd ||
		r.Gateway.Is4() != r.Destination.Addr().Is4() ||
		!slices.ContainsFunc(nd.ports, func(p *Port) bool { return p.onLink(r.Gateway) }) {
		return fmt.Errorf("sim: Route.Gateway %v of %s: it must be an address, of the destination's family, of another node that is a router, on a subnet of %s", r.Gateway, host, host)
	}
	nd.routes = append(nd.routes, r)
	slices.SortStableFunc(nd.routes, func(a, b Route) int {
		return cmp.Compare(b.Destination.Bits(), a.Destination.Bits())
	})
	n.forgetWays()
	return nil
}

// hop is the address of the next node on the way from nd to dst, and the
// port that leads to it. With only set, no other port is taken, because the
// packet has left through that one.
func (nd *node) hop(dst netip.Addr, only *Port) (out *Port, next netip.Addr) {
	ports := nd.ports
	if only != nil {
		ports = []*Port{only}
	}
	bits := -1
	for _, p := range ports {
		for _, a := range p.addresses {
			if a.Contains(dst) && a.Bits() > bits {
				out, next, bits = p, dst, a.Bits()
			}
		}
	}
	for _, r := range nd.routes {
		if r.Destination.Bits() <= bits || !r.Destination.Contains(dst) {
			continue
		}
		for _, p := range ports {
			if p.onLink(r.Gateway) {
				return p, r.Gateway
			}
		}
	}
	return out, next
}

// defaultRouter is the first router on a subnet of p, of the family of dst.
func (t *topology) defaultRouter(p *Port, dst netip.Addr) *Port {
	for _, q := range t.ports {
		if !q.router || q.node == p.node {
			continue
		}
		for _, a := range q.addresses {
			if a.Addr().Is4() == dst.Is4() && p.onLink(a.Addr()) {
				return q
			}
		}
	}
	return nil
}

// outKey asks for the port through which a router sends to an address; ports
// are remembered.
type outKey struct {
	router *node
	dst    netip.Addr
}

// nextPort is the port through which a router sends to dst; nil if there is
// no way.
func (n *Network) nextPort(router *node, dst netip.Addr) *Port {
	key := outKey{router, dst}
	if out, ok := n.outs[key]; ok {
		return out
	}
	if len(n.outs) >= waysMax {
		clear(n.outs)
	}
	out, _ := router.hop(dst, nil)
	if out == nil {
		out, _ = n.toward(router, dst, nil)
	}
	n.outs[key] = out
	return out
}

// forgetWays is called when the topology has changed.
func (n *Network) forgetWays() {
	clear(n.ways)
	clear(n.outs)
}

// wayKey asks for the way from a port to an address; ways are remembered.
type wayKey struct {
	port *Port
	dst  netip.Addr
}

// way is the answer; its path is nil if there is none.
type way struct{ path *Path }

const waysMax = 1 << 16

// wayOf is the way to dst for a packet that leaves through port.
func (n *Network) wayOf(port *Port, dst netip.Addr) way {
	key := wayKey{port, dst}
	if w, ok := n.ways[key]; ok {
		return w
	}
	if len(n.ways) >= waysMax {
		clear(n.ways)
	}
	var w way
	if to := n.neighbour(port, dst); to != nil {
		w.path = n.pathOf(port, to)
	}
	n.ways[key] = w
	return w
}

// neighbour is the port that a packet for dst goes to next.
func (n *Network) neighbour(port *Port, dst netip.Addr) *Port {
	if !dst.IsValid() {
		return nil
	}
	out, next := port.node.hop(dst, port)
	if out == nil {
		_, next := n.toward(port.node, dst, port)
		if next == nil && !port.router {
			next = n.defaultRouter(port, dst)
		}
		return next
	}
	to := n.byAddr[next]
	if to == port {
		return nil
	}
	return to
}
