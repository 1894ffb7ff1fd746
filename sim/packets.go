package sim

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Packet is one IP packet of a run and what became of it. All of it is to be
// read only.
//
// A packet is there once, as its sender put it on its first path, however many
// routers it passed and however often a fault copied it.
type Packet struct {
	Number uint64        // of its first record in the trace, see engine.Record.Packet
	At     time.Duration // when it was sent, in virtual time since the world's start
	From   string        // the host that sent it
	To     string        // the host that has its destination address, "" where nobody has
	Path   string        // that it was put on; the port's name where no path was found
	Flow   fault.Flow    // addresses and ports
	Bytes  []byte        // the whole packet as it was sent, before any fault

	// Of TCP, otherwise zero. Seq and Ack count from the connection's initial
	// sequence numbers, so that a SYN has 0 and the first byte of data 1;
	// they are as in the packet where the trace shows no SYN of it.
	Flags    fault.Flags
	Seq, Ack uint32
	Window   int  // in bytes, scaled where both SYNs asked for it
	Again    bool // a retransmission: it carries sequence numbers that were sent before
	Probe    bool // asks for an acknowledgement by data that was acknowledged: keep-alive, zero window

	Payload  []byte // what follows the TCP, UDP or ICMP header: a part of Bytes
	Fragment bool   // of a fragmented packet: no ports, all after the IP headers is payload

	Arrivals []time.Duration // when it, and copies that a fault made, reached the last host
	Drop     string          // why it, or a copy, did not: "" while nothing was dropped
	By       string          // the lines of the faults that touched it

	source, destination string // as lines show them
	ackBase             uint32 // what Ack counts from
}

// sequenceLength is how many sequence numbers the packet takes.
func (p *Packet) sequenceLength() uint32 {
	n := uint32(len(p.Payload))
	if p.Flags&fault.SYN != 0 {
		n++
	}
	if p.Flags&fault.FIN != 0 {
		n++
	}
	return n
}

// Packets is a list of packets in the order in which they were sent, as
// World.Packets gives it. Its methods return new lists and change nothing.
type Packets struct {
	list   []*Packet
	origin time.Duration // that times count from
	since  bool          // origin was given; else it is when the first was sent
}

// Where keeps the packets that all filters want.
func (p Packets) Where(filters ...PacketFilter) Packets {
	kept := make([]*Packet, 0, len(p.list))
	for _, packet := range p.list {
		if wanted(packet, filters) {
			kept = append(kept, packet)
		}
	}
	p.list = kept
	return p
}

// Since keeps the packets that were sent at the instant or later, and counts
// the times of the list from it. Since(0) counts from the world's start.
func (p Packets) Since(at time.Duration) Packets {
	p = p.Where(func(packet *Packet) bool { return packet.At >= at })
	p.origin, p.since = at, true
	return p
}

// First keeps the first n packets, or all where there are fewer.
func (p Packets) First(n int) Packets {
	p.list = p.list[:min(max(n, 0), len(p.list))]
	return p
}

// Last keeps the last n packets, or all where there are fewer.
func (p Packets) Last(n int) Packets {
	p.list = p.list[len(p.list)-min(max(n, 0), len(p.list)):]
	return p
}

// Len is the number of packets.
func (p Packets) Len() int { return len(p.list) }

// At is the packet at place i, counted from 0 or, below 0, from the end: At(-1)
// is the last one. A place that the list does not have panics with the list.
func (p Packets) At(i int) *Packet {
	at := i
	if at < 0 {
		at += len(p.list)
	}
	if at < 0 || at >= len(p.list) {
		panic(fmt.Sprintf("sim: there is no packet %d in a list of %d:\n%s", i, len(p.list), p))
	}
	return p.list[at]
}

// All yields the packets with their places.
func (p Packets) All() iter.Seq2[int, *Packet] {
	return func(yield func(int, *Packet) bool) {
		for i, packet := range p.list {
			if !yield(i, packet) {
				return
			}
		}
	}
}

// Times are the instants at which the packets were sent, counted from the
// first of them, or from the instant given to Since.
func (p Packets) Times() []time.Duration {
	times := make([]time.Duration, len(p.list))
	for i, packet := range p.list {
		times[i] = packet.At - p.start()
	}
	return times
}

// Gaps are the times between each packet and the one before it: one less than
// there are packets.
func (p Packets) Gaps() []time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(p.list); i++ {
		gaps = append(gaps, p.list[i].At-p.list[i-1].At)
	}
	return gaps
}

// start is the instant that times count from.
func (p Packets) start() time.Duration {
	if p.since || len(p.list) == 0 {
		return p.origin
	}
	return p.list[0].At
}

// String is one line for each packet, see Packet.String.
func (p Packets) String() string {
	var b strings.Builder
	for _, packet := range p.list {
		b.WriteString(packet.String())
		b.WriteByte('\n')
	}
	return b.String()
}
