package engine

import (
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Path is one direction between two neighbouring ports. A packet that enters
// it is judged by the faults, held and kept back as they say, waits for the
// transmitter, is sent, and arrives after the delay. Its methods belong to
// the goroutine that steps.
type Path struct {
	net      *Network
	name     string
	from, to *Port
	key      uint64 // of its name, for draws
	cfg      PathConfig
	count    Counters

	flows  map[fault.Flow]*flowState
	epochs uint64 // how often flows was emptied

	holdUntil time.Duration
	held      int // packets that wait for holdUntil

	queue     queue
	codel     codel
	transmit  transmitter
	sending   bool
	lastThere time.Duration // the latest arrival in order

	dropCoDel func(*transit) // made once, so that it costs nothing to hand on
}

// flowState is what a path knows of one flow.
type flowState struct {
	key   uint64 // for draws
	index uint64 // of the next packet
	back  []*transit
}

// flowsMax bounds what a path remembers. When it is full it forgets all
// flows; their packets are counted from another start then, so that no draw
// is repeated.
const flowsMax = 1 << 16

func newPath(n *Network, from, to *Port, cfg PathConfig) *Path {
	name := from.name + ">" + to.name
	p := &Path{
		net: n, name: name, from: from, to: to, cfg: cfg,
		key: hashString(0, name), flows: map[fault.Flow]*flowState{},
	}
	p.dropCoDel = func(tr *transit) { p.drop(tr, DropCoDel) }
	return p
}

// Name is like "client/eth0>server/eth0".
func (p *Path) Name() string { return p.name }

// Config is how the path is at present.
func (p *Path) Config() PathConfig { return p.cfg }

// Counters is a copy of what has been counted.
func (p *Path) Counters() Counters { return p.count }

// Configure changes the path for packets that are not being sent or on their
// way already; those that wait are sent at the new rate.
func (p *Path) Configure(cfg PathConfig) error {
	if err := cfg.check(); err != nil {
		return fmt.Errorf("path %s: %w", p.name, err)
	}
	p.cfg = cfg
	return nil
}

// flowOf returns the state of a flow, made when it is new.
func (p *Path) flowOf(f fault.Flow) *flowState {
	if s := p.flows[f]; s != nil {
		return s
	}
	if len(p.flows) >= flowsMax {
		clear(p.flows)
		p.epochs++
	}
	src, dst := f.Src.Addr().As16(), f.Dst.Addr().As16()
	h := hashBytes(hashBytes(uint64(f.Proto), src[:]), dst[:])
	s := &flowState{
		key:   mix(h ^ uint64(f.Src.Port())<<16 ^ uint64(f.Dst.Port())),
		index: p.epochs << 40,
	}
	p.flows[f] = s
	return s
}

// enter is where a packet comes onto the path. It takes over tr.
func (p *Path) enter(tr *transit) {
	now := p.net.events.Now()
	tr.path, tr.copy, tr.delay, tr.behind = p, 0, 0, 0
	tr.flow = p.flowOf(tr.seen.Flow)
	tr.seen.Now, tr.seen.From, tr.seen.To, tr.seen.Path = now, p.from.host, p.to.host, p.name
	tr.seen.Index = tr.flow.index
	tr.flow.index++
	p.count.Sent++
	p.count.Bytes += uint64(tr.size)

	var v fault.Verdict
	if p.net.judge != nil {
		v = p.net.judge.Judge(&tr.seen)
	}
	why := DropNone
	switch {
	case v.Drop:
		why = DropFault
	case p.cfg.MTU > 0 && tr.size > p.cfg.MTU:
		why = DropMTU
	}
	tr.id = p.net.trace.entered(tr, &v, why)
	if why != DropNone {
		p.count.Dropped[why]++
		if why == DropMTU {
			p.tooBig(tr)
		}
		p.net.free(tr)
	} else {
		p.start(tr, &v, now)
	}
}

// start applies what a verdict does to a packet that is not dropped.
func (p *Path) start(tr *transit, v *fault.Verdict, now time.Duration) {
	flow := tr.flow
	if len(v.Corrupt) > 0 {
		tr.replace(v.Flipped(tr.seen.Bytes))
	}
	if v.Hold > 0 {
		p.holdUntil = max(p.holdUntil, addTime(now, v.Hold))
	}
	var copies *transit
	for i := v.Copies; i > 0; i-- {
		c := p.net.copyOf(tr)
		c.copy, c.next = uint64(i), copies
		copies = c
	}
	p.count.Copied += uint64(max(v.Copies, 0))
	if v.Behind > 0 {
		tr.behind = v.Behind
		tr.stage = stageBehind
		tr.timer = p.net.events.set(addTime(now, v.Delay), 0, tr)
		flow.back = append(flow.back, tr)
	} else {
		tr.delay = v.Delay
		p.begin(tr)
	}
	for copies != nil {
		c := copies
		copies, c.next = c.next, nil
		c.delay = tr.delay
		p.begin(c)
	}
	if v.Behind == 0 && len(flow.back) > 0 {
		p.passed(flow)
	}
}

// passed notes that a packet of the flow went before those that are kept
// back, and lets those go that have seen enough of them.
func (p *Path) passed(flow *flowState) {
	kept := flow.back[:0]
	for _, tr := range flow.back {
		if tr.behind--; tr.behind > 0 {
			kept = append(kept, tr)
			continue
		}
		tr.timer.Stop()
		p.begin(tr)
	}
	clear(flow.back[len(kept):])
	flow.back = kept
}

// takeOut removes a packet whose time of being kept back is over.
func (s *flowState) takeOut(tr *transit) {
	for i, b := range s.back {
		if b == tr {
			s.back = append(s.back[:i], s.back[i+1:]...)
			return
		}
	}
}

// begin lets a packet onto the path, behind those that are held.
func (p *Path) begin(tr *transit) {
	now := p.net.events.Now()
	if p.held == 0 && now >= p.holdUntil {
		p.enqueue(tr)
		return
	}
	p.held++
	tr.stage = stageEnter
	p.net.events.set(p.holdUntil, 0, tr)
}

// enqueue gives a packet to the transmitter or, while that is busy, to the
// queue.
func (p *Path) enqueue(tr *transit) {
	now := p.net.events.Now()
	p.codel.maxPacket = max(p.codel.maxPacket, tr.size)
	if !p.sending {
		p.send(tr, now)
		return
	}
	if !p.cfg.Queue.admits(&p.queue, tr.size) {
		p.drop(tr, DropQueue)
		return
	}
	tr.queued = now
	p.queue.push(tr)
	p.count.PacketsHigh = max(p.count.PacketsHigh, p.queue.packets)
	p.count.BytesHigh = max(p.count.BytesHigh, p.queue.bytes)
}

func (p *Path) send(tr *transit, now time.Duration) {
	if p.cfg.BitsPerSecond == 0 {
		p.travel(tr, now)
		return
	}
	p.sending = true
	tr.stage = stageSent
	p.net.events.set(p.transmit.send(now, tr.size, p.cfg.BitsPerSecond), 0, tr)
}

// sent is called when the last bit of a packet has left.
func (p *Path) sent(tr *transit) {
	now := p.net.events.Now()
	p.travel(tr, now)
	p.sending = false
	for !p.sending {
		next := p.dequeue(now)
		if next == nil {
			return
		}
		p.send(next, now)
	}
}

func (p *Path) dequeue(now time.Duration) *transit {
	if !p.cfg.Queue.CoDel {
		return p.queue.pop()
	}
	return p.codel.dequeue(&p.queue, p.cfg.Queue, now, p.dropCoDel)
}

// travel sets the arrival of a packet whose last bit left at now.
func (p *Path) travel(tr *transit, now time.Duration) {
	delay := p.cfg.Delay
	if p.cfg.Jitter.Spread > 0 {
		d := newDraws(p.net.seed, p.key, tr.flow.key, tr.seen.Index, tr.copy)
		delay = max(delay+p.cfg.Jitter.draw(&d), 0)
	}
	there := max(addTime(now, delay), p.lastThere)
	if tr.delay > 0 {
		there = addTime(there, tr.delay) // may be overtaken, does not overtake
	} else {
		p.lastThere = there
	}
	tr.stage = stageArrived
	p.net.events.set(there, 0, tr)
}

// arrived hands a packet on at the far end.
func (p *Path) arrived(tr *transit) {
	if p.to.node.paused {
		p.to.node.keepArrived(tr)
		return
	}
	if !p.to.router && p.to.deliver == nil {
		p.drop(tr, DropNobody)
		return
	}
	p.count.Delivered++
	p.net.trace.delivered(tr, p.net.events.Now())
	if p.to.router {
		p.net.routed(tr, p.to)
		return
	}
	pkt := tr.pkt
	tr.pkt = nil
	p.net.free(tr)
	p.to.deliver(pkt)
}

func (p *Path) drop(tr *transit, why Drop) {
	p.count.Dropped[why]++
	p.net.trace.dropped(tr, p.net.events.Now(), why)
	p.net.free(tr)
}
