package engine

// tooBig answers a packet that is larger than the path's MTU. From a router
// the answer is sent back as any packet; between two hosts it is as if it
// came from the middle of the path, after Delay there and back.
func (p *Path) tooBig(tr *transit) {
	if p.cfg.NoTooBig {
		return
	}
	dst := tr.seen.Flow.Dst.Addr()
	from := p.cfg.TooBigFrom
	if !from.IsValid() && p.from.router {
		from = p.from.address(dst.Is6())
	}
	if !from.IsValid() || from.Is6() != dst.Is6() {
		from = dst
	}
	b := tooBigPacket(tr.seen.Bytes, from, p.cfg.MTU)
	if b == nil || p.from.node.silent {
		return
	}
	n := p.net
	if p.from.router {
		n.originate(p.from, b)
		return
	}
	answer := n.transitOf(b)
	back := n.pathOf(p.to, p.from)
	answer.port, answer.path = p.to, back
	answer.flow = back.flowOf(answer.seen.Flow)
	now := n.events.Now()
	answer.seen.Now, answer.seen.From, answer.seen.To, answer.seen.Path = now, p.to.host, p.from.host, back.name
	answer.seen.Index = answer.flow.index
	answer.flow.index++
	back.count.Sent++
	back.count.Bytes += uint64(answer.size)
	answer.id = n.trace.entered(answer, nil, DropNone)
	answer.stage = stageArrived
	n.events.set(addTime(now, p.cfg.Delay), 0, answer)
}

// transitOf is a packet of bytes that the network itself sends.
func (n *Network) transitOf(b []byte) *transit {
	n.mu.Lock()
	tr := n.transitLocked()
	n.mu.Unlock()
	tr.pkt = n.newPacket(b)
	tr.look()
	return tr
}
