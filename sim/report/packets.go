package report

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// packet is one packet of a run on one path, with what became of it.
type packet struct {
	*engine.Record           // Entered or Lost
	from, to       string    // the hosts at the ends of its path; to is "" for Lost
	arrivals       []arrival // of it and its copies, in order

	read ladder.Packet
	bad  error        // why it could not be read
	flow *flow        // nil if it could not be read
	side ladder.Side  // of its sender in the flow
	step *ladder.Step // nil for what is no TCP segment
}

// arrival is the end of a packet's way, or of a copy's.
type arrival struct {
	copy uint64
	at   time.Duration
	drop engine.Drop // DropNone: it was delivered
}

// flow is one conversation as it is seen on one link; with routers between its
// ends it has one on each link of its way.
type flow struct {
	id    int
	key   flowKey
	link  [2]string // the hosts at the link's ends, by side
	ends  [2]netip.AddrPort
	proto uint8
	state ladder.Flow
	count int // packets
}

// flowKey is the same for both directions.
type flowKey struct {
	low, high         netip.AddrPort
	proto             uint8
	lowHost, highHost string
}

// String is like "tcp 10.0.0.1:49152 - 10.0.0.2:80".
func (f *flow) String() string {
	way := fault.Flow{Src: f.ends[0], Dst: f.ends[1], Proto: f.proto}
	return strings.Replace(way.String(), " > ", " - ", 1)
}

// analysis is what can be learned from the records of a run.
type analysis struct {
	packets []*packet
	flows   []*flow
}

// analyse joins the records that belong together and follows the flows. What
// happened to packets whose beginning is not among the records is left out.
func analyse(records []engine.Record) *analysis {
	a := &analysis{}
	byID := map[uint64]*packet{}
	flows := map[flowKey]*flow{}
	for i := range records {
		r := &records[i]
		switch r.Kind {
		case engine.Entered, engine.Lost:
			p := newPacket(r)
			byID[r.Packet] = p
			a.packets = append(a.packets, p)
			a.follow(p, flows)
		case engine.Delivered, engine.Dropped:
			if p := byID[r.Packet]; p != nil {
				p.arrivals = append(p.arrivals, arrival{r.Copy, r.At, r.Drop})
			}
		}
	}
	return a
}

func newPacket(r *engine.Record) *packet {
	p := &packet{Record: r}
	p.from, p.to = r.Hosts()
	p.read, p.bad = ladder.Decode(r.Bytes)
	return p
}

// follow finds the packet's flow and what it means in it.
func (a *analysis) follow(p *packet, flows map[flowKey]*flow) {
	if p.bad != nil {
		return
	}
	src, dst := p.Flow.Src, p.Flow.Dst
	key := flowKey{src, dst, p.Flow.Proto, p.from, p.to}
	if cmp.Or(src.Compare(dst), strings.Compare(p.from, p.to)) > 0 {
		key = flowKey{dst, src, p.Flow.Proto, p.to, p.from}
	}
	f := flows[key]
	if f == nil {
		f = &flow{
			id: len(a.flows) + 1, key: key, proto: p.Flow.Proto,
			link: [2]string{p.from, p.to}, ends: [2]netip.AddrPort{src, dst},
		}
		flows[key] = f
		a.flows = append(a.flows, f)
	}
	f.count++
	p.flow = f
	p.side = ladder.Left
	if src != f.ends[0] || src == dst && p.from != f.link[0] {
		p.side = ladder.Right
	}
	if p.read.Protocol == ladder.TCP && !p.read.Fragment {
		step := f.state.Next(p.side, p.read)
		p.step = &step
	}
}
