package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// packetLog makes packets of a trace's records. It reads each record once, so
// that asking again and again while a run goes on costs little. Whoever uses it
// takes care that one goroutine does so at a time.
type packetLog struct {
	hostOf   func(netip.Addr) string // the name of the host that has an address, or ""
	isRouter func(name string) bool

	read    int // records so far
	packets []*Packet
	byID    map[uint64]*Packet // by the numbers of all their records
	handed  *Packet            // arrived at a router by the last record: the next one says where it goes
	arrival time.Duration      // of handed
	flows   map[fault.Flow]*tcpFlow
}

func newPacketLog(hostOf func(netip.Addr) string, isRouter func(string) bool) *packetLog {
	return &packetLog{
		hostOf: hostOf, isRouter: isRouter,
		byID: map[uint64]*Packet{}, flows: map[fault.Flow]*tcpFlow{},
	}
}

// Packets lists what the world's hosts have sent so far, each packet once and in
// order, as far as all filters want it. It works on the trace, which must have
// kept everything; else it ends the test, and says what to do. A list does not
// grow when the world goes on; the next call also says of its packets what has
// become of them, so the lists of a world are for one goroutine at a time.
func (w *World) Packets(filters ...PacketFilter) Packets {
	p, err := w.AllPackets()
	w.check(err)
	return p.Where(filters...)
}

// AllPackets is Packets for programs: a trace that has not kept everything is an
// error.
func (w *World) AllPackets() (Packets, error) {
	records, complete := w.trace.All()
	if !complete {
		return Packets{}, w.incomplete(len(records))
	}
	w.topo.Lock()
	defer w.topo.Unlock()
	if w.seen == nil {
		w.seen = newPacketLog(w.net.Owner, w.net.IsRouter)
	}
	w.seen.update(records)
	return Packets{list: w.seen.packets}, nil
}

// incomplete says why the trace has not kept everything.
func (w *World) incomplete(kept int) error {
	if !w.cfg.Trace.Full {
		return errors.New("sim: the packets cannot be listed, because the trace does not keep them: set Config.Trace.Full, or leave Config.Trace empty")
	}
	return fmt.Errorf("sim: the packets cannot be listed, because the trace has kept %d of %d records: raise Config.Trace.Most", kept, w.trace.Len())
}

// update reads what has been added to records since the last call.
func (l *packetLog) update(records []engine.Record) {
	for i := l.read; i < len(records); i++ {
		l.add(&records[i])
	}
	l.read = len(records)
}

func (l *packetLog) add(r *engine.Record) {
	before := l.handed
	l.handed = nil
	if before != nil && before.Flow != r.Flow {
		before.Arrivals = append(before.Arrivals, l.arrival) // it was for the router, which answers
		before = nil
	}
	switch r.Kind {
	case engine.Entered, engine.Lost:
		p := before
		if p == nil {
			p = l.sent(r)
		}
		l.byID[r.Packet] = p
		p.touched(r)
		if r.Drop != engine.DropNone {
			p.Drop = r.Drop.String()
		}
	case engine.Dropped:
		if p := l.byID[r.Packet]; p != nil {
			p.Drop = r.Drop.String()
		}
	case engine.Delivered:
		if p := l.byID[r.Packet]; p != nil {
			l.arrived(p, r)
		}
	}
}

// sent makes the packet that a host has sent, or a router of its own accord.
func (l *packetLog) sent(r *engine.Record) *Packet {
	raw := fault.Packet{Bytes: r.Bytes}
	_ = raw.Decode() // what cannot be read stays zero
	from, _ := r.Hosts()
	p := &Packet{
		Number: r.Packet, At: r.At, From: from, To: l.hostOf(raw.Flow.Dst.Addr()),
		Path: r.Path, Flow: raw.Flow, Bytes: r.Bytes, Payload: raw.Payload, Fragment: raw.Fragment,
		Flags: raw.Flags, Seq: raw.Seq, Ack: raw.Ack,
		source: l.end(raw.Flow.Src), destination: l.end(raw.Flow.Dst),
	}
	if p.Flow.Proto == fault.TCP && !p.Fragment {
		l.readTCP(p)
	}
	l.packets = append(l.packets, p)
	return p
}

// arrived notes that a packet has come to the end of a path.
func (l *packetLog) arrived(p *Packet, r *engine.Record) {
	if _, to := r.Hosts(); l.isRouter(to) {
		l.handed, l.arrival = p, r.At
		return
	}
	p.Arrivals = append(p.Arrivals, r.At)
	if p.Flow.Proto == fault.TCP && !p.Fragment {
		l.acknowledged(p)
	}
}

// touched notes what faults did to the packet.
func (p *Packet) touched(r *engine.Record) {
	switch {
	case r.By == "" || r.By == p.By:
	case p.By == "":
		p.By = r.By
	default:
		p.By += "; " + r.By
	}
}

// end is an address and port as lines show it.
func (l *packetLog) end(a netip.AddrPort) string {
	name := l.hostOf(a.Addr())
	switch {
	case a.Port() == 0 && name == "":
		return a.Addr().String()
	case a.Port() == 0:
		return name
	case name == "":
		return a.String()
	}
	return fmt.Sprintf("%s:%d", name, a.Port())
}
