package fq

import (
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// dropBatchMax is the number of packets that one search for the fattest queue
// may cost it (RFC 8290, section 4.1).
const dropBatchMax = 64

// scheduler is FQ-CoDel without a goroutine: packets go in with their queue
// and the time, and come out in fair order. Link guards it with its mutex.
type scheduler struct {
	control        control
	quantumBytes   int
	packetsMax     int
	memoryBytesMax int

	flows   []flow
	fresh   flowList // RFC 8290's new queues, which go first
	old     flowList
	entries []entry
	free    int32 // first of the entries not in use
	stats   Stats
}

// newScheduler returns empty queues; cfg was checked.
func newScheduler(cfg Config, mtu int) *scheduler {
	s := &scheduler{
		control:        control{target: cfg.target(), interval: cfg.interval(), mtuBytes: mtu},
		quantumBytes:   cfg.quantumBytes(),
		packetsMax:     cfg.packetsMax(),
		memoryBytesMax: cfg.memoryBytesMax(),
		flows:          make([]flow, cfg.queues()),
		fresh:          flowList{none, none},
		old:            flowList{none, none},
		free:           none,
	}
	for i := range s.flows {
		s.flows[i].first = none
	}
	return s
}

// enqueue takes over p (RFC 8290, section 4.1).
func (s *scheduler) enqueue(p *netstack.Packet, queue int32, now time.Duration) {
	f := &s.flows[queue]
	s.push(f, p, now)
	s.stats.Accepted++
	if !f.listed {
		f.listed = true
		f.deficit = s.quantumBytes
		s.append(&s.fresh, queue)
		s.stats.FlowsNew++
	}
	for s.overfull() {
		s.dropFattest()
	}
}

func (s *scheduler) overfull() bool {
	return s.stats.PacketsQueued > s.packetsMax || s.memoryBytes() > s.memoryBytesMax
}

// memoryBytes is the memory of what is queued.
func (s *scheduler) memoryBytes() int {
	return s.stats.BytesQueued + s.stats.PacketsQueued*packetOverheadBytes
}

// dropFattest drops from the head of the queue with the most bytes: half of
// them, but no more than 64 packets, so that the search pays for itself under
// an attack (RFC 8290, section 4.1).
func (s *scheduler) dropFattest() {
	f := s.fattest()
	half := f.bytes / 2
	for n := 0; n < dropBatchMax && (n == 0 || f.bytes > half); n++ {
		e, ok := s.pop(f)
		if !ok {
			return
		}
		e.packet.Release()
		s.stats.DropsLimit++
	}
}

// fattest is the queue with the most bytes. It is asked only when there is a
// packet somewhere.
func (s *scheduler) fattest() *flow {
	var found *flow
	for _, l := range [...]flowList{s.fresh, s.old} {
		for i := l.first; i != none; i = s.flows[i].next {
			if f := &s.flows[i]; found == nil || f.bytes > found.bytes {
				found = f
			}
		}
	}
	return found
}

// dequeue gives out the next packet in fair order, nil if there is none (RFC
// 8290, section 4.2).
func (s *scheduler) dequeue(now time.Duration) (p *netstack.Packet, size int) {
	for {
		l := &s.fresh
		if l.first == none {
			l = &s.old
		}
		if l.first == none {
			return nil, 0
		}
		i := l.first
		f := &s.flows[i]
		if f.deficit <= 0 {
			f.deficit += s.quantumBytes
			s.append(&s.old, s.shift(l))
			continue
		}
		if p := s.controlled(f, now); p != nil {
			size := p.Len()
			f.deficit -= size
			return p, size
		}
		s.retire(l, s.shift(l))
	}
}

// retire takes an empty flow out of l. One that was new waits among the old
// ones first: else a flow that sends a packet whenever it is empty would always
// be new, and starve them.
func (s *scheduler) retire(l *flowList, i int32) {
	if l == &s.fresh {
		s.append(&s.old, i)
		return
	}
	s.flows[i].listed = false
}

// release drops all that is queued and returns the number of packets.
func (s *scheduler) release() (packets int) {
	for i := range s.flows {
		for e, ok := s.pop(&s.flows[i]); ok; e, ok = s.pop(&s.flows[i]) {
			e.packet.Release()
			packets++
		}
	}
	s.entries, s.free = nil, none
	return packets
}
