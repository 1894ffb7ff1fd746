package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/internal/notation"
)

func packetCommands() []*spec {
	return []*spec{{
		name: "packets", group: groupQueries,
		syntax: "packets [from=NAME] [to=NAME] [flow=CONNECTION] [port=N] [since=MARK|TIME] [KIND]... [not=KIND[,KIND]...] [first=N] [last=N] [brief|full|times|gaps|sizes|count]",
		doc: "Shows what was sent, of the kinds " + strings.Join(packetKindNames(), ", ") + ": all that are given must fit. " +
			"brief leaves out windows and options, full shows all options and short payloads; times counts from the first packet or from since=, " +
			"gaps are the times between packets, sizes the bytes of payload.",
		compile: compilePackets,
	}}
}

// packetKinds are the words for kinds of packets.
var packetKinds = []struct {
	name   string
	filter sim.PacketFilter
}{
	{"tcp", sim.TCP}, {"udp", sim.UDP}, {"icmp", sim.ICMP},
	{"syn", sim.SYN}, {"synack", sim.SYNACK}, {"fin", sim.FIN}, {"rst", sim.RST}, {"data", sim.Data}, {"ack", sim.ACKOnly},
	{"again", sim.Retransmission}, {"probe", sim.Probe}, {"dropped", sim.Dropped}, {"delivered", sim.Delivered},
}

func packetKindNames() []string {
	names := make([]string, len(packetKinds))
	for i, k := range packetKinds {
		names[i] = k.name
	}
	return names
}

// packetQuery is what packets asks for.
type packetQuery struct {
	filters     []sim.PacketFilter
	flow        string // the name of a connection
	since       func(r *runner) time.Duration
	first, last int // 0: all
	view        string
	detail      notation.Detail
}

// packetViews are what can be shown besides the packets themselves.
var packetViews = []string{"times", "gaps", "sizes", "count"}

func compilePackets(a *args) compiled {
	q := &packetQuery{}
	if t, ok := a.key("from"); ok {
		q.filters = append(q.filters, sim.From(a.symbol(t, kindHost, kindRouter, kindWire).name))
	}
	if t, ok := a.key("to"); ok {
		q.filters = append(q.filters, sim.To(a.symbol(t, kindHost, kindRouter, kindWire).name))
	}
	if t, ok := a.key("flow"); ok {
		q.flow = a.symbol(t, kindConn, kindSocket).name
	}
	if t, ok := a.key("port"); ok {
		q.filters = append(q.filters, sim.Port(uint16(a.number(t, "port", 1, 65535))))
	}
	if t, ok := a.key("since"); ok {
		q.since = a.instant(t)
	}
	for _, k := range packetKinds {
		if a.flag(k.name) {
			q.filters = append(q.filters, k.filter)
		}
	}
	if t, ok := a.key("not"); ok {
		for _, one := range t.split(",") {
			name := a.choice(one, "kind", packetKindNames()...)
			if i := slices.Index(packetKindNames(), name); i >= 0 {
				q.filters = append(q.filters, sim.Not(packetKinds[i].filter))
			}
		}
	}
	q.first, q.last = a.numberKey("first", 0, 1, outMax), a.numberKey("last", 0, 1, outMax)
	q.detail = a.detail()
	for _, view := range packetViews {
		if q.view == "" && a.flag(view) { // a second one is a word too many
			q.view = view
		}
	}
	return compiled{run: func(r *runner, c *call) {
		if err := r.showPackets(q); err != nil {
			r.stop(c, err)
		}
	}}
}

// showPackets prints what a query asks for.
func (r *runner) showPackets(q *packetQuery) error {
	r.w.Wait() // what was sent at this instant is on its way
	all, err := r.w.AllPackets()
	if err != nil {
		return err
	}
	list := all.Where(q.filters...)
	if q.flow != "" {
		ends, ok := r.ends[q.flow]
		if !ok {
			r.print("%s has never been open", q.flow)
			return nil
		}
		list = list.Where(sim.Flow(ends[0], ends[1]))
	}
	if q.since != nil {
		list = list.Since(q.since(r))
	}
	if q.first > 0 {
		list = list.First(q.first)
	}
	if q.last > 0 {
		list = list.Last(q.last)
	}
	switch q.view {
	case "times":
		r.print("%s", strings.TrimRight("times "+durations(list.Times()), " "))
	case "gaps":
		r.print("%s", strings.TrimRight("gaps "+durations(list.Gaps()), " "))
	case "sizes":
		text := "sizes"
		for _, p := range list.All() {
			text += fmt.Sprintf(" %d", len(p.Payload))
		}
		r.print("%s", text)
	case "count":
		r.print("%d packets", list.Len())
	default:
		r.printPackets(all, list, q.detail)
	}
	return nil
}

func durations(list []time.Duration) string {
	texts := make([]string, len(list))
	for i, d := range list {
		texts[i] = d.String()
	}
	return strings.Join(texts, " ")
}

// printPackets prints those of all that are in the list. The flows are shown
// all of them, so that numbers are right.
func (r *runner) printPackets(all, list sim.Packets, d notation.Detail) {
	if list.Len() == 0 {
		r.print("no packets")
		return
	}
	wanted := map[*sim.Packet]bool{}
	for _, p := range list.All() {
		wanted[p] = true
	}
	flows := notation.Flows{PlainClock: r.isWire}
	for _, sent := range all.All() {
		p, err := notation.Decode(sent.Bytes)
		if err != nil {
			continue // no host sends such
		}
		flow := flows.See(&p)
		if !wanted[sent] {
			continue
		}
		var seg notation.Segment
		ends := r.addressName(p.Src.Addr()) + " > " + r.addressName(p.Dst.Addr())
		if flow != nil {
			seg = flow.Relative(&p)
			if flow.Number > 1 {
				ends += fmt.Sprintf(" [%d]", flow.Number)
			}
		}
		if sent.From != r.addressName(p.Src.Addr()) {
			ends = sent.From + ": " + ends
		}
		r.stamped(sent.At, "%s %s%s", ends, p.Text(&seg, d), r.fate(sent, d))
	}
}

// fate says what became of a packet, if that is not what one expects.
func (r *runner) fate(p *sim.Packet, d notation.Detail) string {
	text := ""
	if p.Again {
		text += ", again"
	}
	if p.Probe {
		text += ", probe"
	}
	by := r.faultNames(p.By)
	switch {
	case p.Drop == "fault":
		text += ", dropped by " + by
	case p.Drop != "" && by != "":
		text += ", dropped: " + p.Drop + ", hit by " + by
	case p.Drop != "":
		text += ", dropped: " + p.Drop
	case by != "":
		text += ", hit by " + by
	}
	if len(p.Arrivals) > 1 {
		text += fmt.Sprintf(", arrived %d times", len(p.Arrivals))
	}
	if d == notation.Full && len(p.Arrivals) > 0 {
		text += fmt.Sprintf(", arrived at %v", p.Arrivals[len(p.Arrivals)-1])
	}
	return text
}

// faultNames are the names of faults given by their lines; a fault without one
// keeps its line.
func (r *runner) faultNames(by string) string {
	if by == "" {
		return ""
	}
	lines := strings.Split(by, "; ")
	for i, line := range lines {
		for _, f := range r.faults {
			if f.name != "" && f.handle.String() == line {
				lines[i] = f.name
				break
			}
		}
	}
	return strings.Join(lines, ", ")
}
