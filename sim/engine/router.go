package engine

import "net/netip"

// routed hands on what arrived at a router's port, or answers it.
func (n *Network) routed(tr *transit, at *Port) {
	dst := tr.seen.Flow.Dst.Addr()
	tr.hops++
	tr.port = at
	if own := n.byAddr[dst]; own != nil && own.node == at.node {
		n.toRouter(tr, own)
		return
	}
	out := n.nextPort(at.node, dst)
	switch {
	case tr.hops >= tr.hopLimit():
		n.refuse(tr, at, DropHops, errHops)
	case out == nil:
		n.refuse(tr, at, DropNoRoute, errNoRoute)
	default:
		tr.port = out
		n.leave(tr)
	}
}

// toRouter takes what is for the router itself: it answers echo requests.
func (n *Network) toRouter(tr *transit, own *Port) {
	reply := echoReply(tr.seen.Bytes)
	if reply == nil || own.node.silent {
		n.lost(tr, DropNobody)
		return
	}
	n.free(tr)
	n.originate(own, reply)
}

// refuse drops a packet and tells its sender, from the address of the port at
// which it arrived.
func (n *Network) refuse(tr *transit, at *Port, why Drop, e icmpError) {
	var answer []byte
	if from := at.address(tr.seen.Flow.Dst.Addr().Is6()); from.IsValid() && !at.node.silent {
		answer = e.packet(tr.seen.Bytes, from)
	}
	n.lost(tr, why)
	if answer != nil {
		n.originate(at, answer)
	}
}

// originate sends a packet of a router's own: through the port that leads to
// its destination or, if none does, through from, where it gets lost.
func (n *Network) originate(from *Port, b []byte) {
	tr := n.transitOf(b)
	tr.port = from
	if out := n.nextPort(from.node, tr.seen.Flow.Dst.Addr()); out != nil {
		tr.port = out
	}
	n.leave(tr)
}

// toward finds the shortest way from a node to an address that none of its
// routes leads to, by way of other routers: the port through which it begins,
// and the one of the first router. The number of routers decides, then the
// names of their ports. With only set, it begins at that port.
func (t *topology) toward(nd *node, dst netip.Addr, only *Port) (out, next *Port) {
	type step struct {
		node      *node
		out, next *Port
	}
	seen := map[*node]bool{nd: true}
	for steps := []step{{node: nd}}; len(steps) > 0; steps = steps[1:] {
		s := steps[0]
		for _, p := range s.node.ports {
			if s.out == nil && only != nil && p != only {
				continue
			}
			for _, q := range t.ports {
				if !q.router || seen[q.node] || !p.onLinkOf(q, dst.Is4()) {
					continue
				}
				seen[q.node] = true
				to := step{q.node, s.out, s.next}
				if to.out == nil {
					to.out, to.next = p, q
				}
				if way, _ := q.node.hop(dst, nil); way != nil {
					return to.out, to.next
				}
				steps = append(steps, to)
			}
		}
	}
	return nil, nil
}

// onLinkOf reports whether a port's address of a family is on p's link.
func (p *Port) onLinkOf(q *Port, v4 bool) bool {
	for _, a := range q.addresses {
		if a.Addr().Is4() == v4 && p.onLink(a.Addr()) {
			return true
		}
	}
	return false
}
