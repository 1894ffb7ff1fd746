package transport

import "math"

// lingerSecondsMax is the largest linger time that every system takes.
const lingerSecondsMax = math.MaxUint16

// setNetwork is tcp_module. Whether the node knows a name is for the node.
func setNetwork(p *parse, v any) bool {
	switch v := v.(type) {
	case Network:
		p.open.network, p.open.networkName = v, ""
		return true
	case Atom:
		p.open.network, p.open.networkName = nil, string(v)
		return v != ""
	}
	return false
}

// setReuseAddr is not inherited, so it is not noted in the settings.
func setReuseAddr(p *parse, v any) bool {
	on, ok := v.(bool)
	if !ok {
		return false
	}
	if p.open != nil {
		p.open.reuseAddr = on
		return true
	}
	p.change.sock = append(p.change.sock, SockOptValue{SockReuseAddr, boolInt(on)})
	return true
}

// setDevice is bind_to_device; interface names have at most 15 bytes on
// Linux, other systems allow few more.
func setDevice(p *parse, v any) bool {
	const nameMax = 255
	name, ok := v.(string)
	if !ok || len(name) > nameMax {
		return false
	}
	p.next.device = name
	p.change.device = true
	return true
}

// setActive starts a count at Listen and Connect, and adds to it in SetOpts.
func setActive(p *parse, v any) bool {
	p.change.active = true
	switch v := v.(type) {
	case bool:
		p.next.active = activeState{}
		if v {
			p.next.active.mode = activeTrue
		}
		return true
	case Atom:
		p.next.active = activeState{mode: activeOnce}
		return v == AtomOnce
	}
	n, ok := asIntIn(v, activeCountMin, activeCountMax)
	if !ok {
		return false
	}
	if p.open != nil {
		p.next.active = startedCount(n)
		return true
	}
	next, passive, ok := p.next.active.added(n)
	if passive {
		p.change.passives++
	}
	p.next.active = next
	return ok
}

func setPacket(p *parse, v any) bool {
	t, ok := asPacket(v)
	if ok {
		p.next.packet = t
	}
	return ok
}

func packetUnsupported(v any) bool {
	name, ok := v.(Atom)
	return ok && packetsNotSupported[name]
}

func setDelimiter(p *parse, v any) bool {
	n, ok := asIntIn(v, 0, 255)
	if ok {
		p.next.delimiter = byte(n)
	}
	return ok
}

// setBuffer: 0 means the least, 1.
func setBuffer(p *parse, v any) bool {
	n, ok := asIntIn(v, 0, math.MaxInt32)
	if ok {
		p.next.buffer = max(n, 1)
	}
	return ok
}

func setSendTimeout(p *parse, v any) bool {
	d, ok := asSendTimeout(v)
	if ok {
		p.next.sendTimeout = d
	}
	return ok
}

// setHighWatermark keeps low <= high.
func setHighWatermark(p *parse, v any) bool {
	n, ok := asIntIn(v, 0, math.MaxInt32)
	if ok {
		p.next.highWatermark = n
		p.next.lowWatermark = min(p.next.lowWatermark, n)
	}
	return ok
}

// setLowWatermark keeps low <= high.
func setLowWatermark(p *parse, v any) bool {
	n, ok := asIntIn(v, 0, math.MaxInt32)
	if ok {
		p.next.lowWatermark = n
		p.next.highWatermark = max(p.next.highWatermark, n)
	}
	return ok
}

func setLinger(p *parse, v any) bool {
	l, ok := v.(LingerValue)
	if !ok || l.Seconds < 0 || l.Seconds > lingerSecondsMax {
		return false
	}
	p.next.linger = l
	return true
}

func setTrafficClass(p *parse, v any) bool {
	n, ok := asIntIn(v, 0, 255)
	if !ok || (p.open == nil && !p.next.inet6) {
		return false
	}
	p.sock(SockTrafficClass, n)
	return true
}

// setRecvBuffer raises buffer to the receive buffer's size. A negative size
// is the network's smallest, as is 0.
func setRecvBuffer(p *parse, v any) bool {
	n, ok := asIntIn(v, math.MinInt32, math.MaxInt32)
	if ok {
		p.sock(SockRecvBuffer, max(n, 0))
		p.next.buffer = max(p.next.buffer, n)
	}
	return ok
}

func setSendBuffer(p *parse, v any) bool {
	n, ok := asIntIn(v, math.MinInt32, math.MaxInt32)
	if ok {
		p.sock(SockSendBuffer, max(n, 0))
	}
	return ok
}

func setDeliver(_ *parse, v any) bool { return v == Atom("term") }
