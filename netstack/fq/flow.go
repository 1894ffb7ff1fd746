package fq

import (
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// none ends a chain of indices.
const none int32 = -1

// packetOverheadBytes is about what a packet takes besides its contents.
const packetOverheadBytes = 512

// flow is one queue: a chain of entries, and its place in the rounds.
type flow struct {
	first, last int32 // entries; none while empty
	next        int32 // the flow behind this one in its list
	listed      bool  // in one of the lists
	deficit     int   // bytes that it may still send
	bytes       int   // queued
	packetMax   int   // the largest packet since the queue was empty
	codel       codel
}

// entry is a packet in a queue. Entries that are not in use form a chain too,
// so a queue costs no allocation once there were as many packets before.
type entry struct {
	packet *netstack.Packet
	at     time.Duration // when it was queued
	bytes  int
	next   int32
}

// flowList is a chain of flows.
type flowList struct {
	first, last int32
}

// push appends p to f.
func (s *scheduler) push(f *flow, p *netstack.Packet, now time.Duration) {
	i := s.free
	if i == none {
		i = int32(len(s.entries))
		s.entries = append(s.entries, entry{})
	} else {
		s.free = s.entries[i].next
	}
	size := p.Len()
	s.entries[i] = entry{packet: p, at: now, bytes: size, next: none}
	if f.first == none {
		f.first, f.packetMax = i, 0
		s.stats.FlowsActive++
	} else {
		s.entries[f.last].next = i
	}
	f.last = i
	f.bytes += size
	f.packetMax = max(f.packetMax, size)
	s.stats.PacketsQueued++
	s.stats.BytesQueued += size
}

// pop takes the first packet of f.
func (s *scheduler) pop(f *flow) (e entry, ok bool) {
	i := f.first
	if i == none {
		return entry{}, false
	}
	e = s.entries[i]
	s.entries[i] = entry{next: s.free}
	s.free = i
	if f.first = e.next; f.first == none {
		s.stats.FlowsActive--
	}
	f.bytes -= e.bytes
	s.stats.PacketsQueued--
	s.stats.BytesQueued -= e.bytes
	return e, true
}

// append puts flow i at the end of l.
func (s *scheduler) append(l *flowList, i int32) {
	s.flows[i].next = none
	if l.first == none {
		l.first = i
	} else {
		s.flows[l.last].next = i
	}
	l.last = i
}

// shift takes the first flow off l.
func (s *scheduler) shift(l *flowList) int32 {
	i := l.first
	l.first = s.flows[i].next
	return i
}
