package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// losses says how many packets a path lost, and why.
func (p Path) losses() string {
	c := p.Counters
	text := fmt.Sprintf("%d sent, %d arrived", c.Sent, c.Delivered)
	for why, n := range c.Dropped {
		if n > 0 {
			text += fmt.Sprintf(", %d lost (%s)", n, engine.Drop(why))
		}
	}
	return text
}

// packets draws the last packets.
func (out *printer) packets(run *Run) {
	all := analyse(run.Records).packets
	if len(all) == 0 {
		out.section("no packets were sent")
		out.notes(run)
		return
	}
	last := lastOf(all, textPacketsMax)
	out.section(fmt.Sprintf("the last %d of %d packets", len(last), all[len(all)-1].Packet))
	out.earlier(all[:len(all)-len(last)])
	hosts, flows := hostsOf(last, run.Hosts), flowsOf(last)
	if len(hosts) == 0 || len(hosts) > ladder.ChartHostsMax {
		out.list(rowsOf(last, run.Notes, false))
		return
	}
	if len(flows) > 1 {
		for _, f := range flows {
			out.line("  [%d] %v", f.id, f)
		}
	}
	chart, err := ladder.NewChart(out.w, ladder.ChartConfig{Hosts: hosts})
	if err != nil {
		out.err = err
		return
	}
	chart.Heading()
	for _, r := range rowsOf(last, run.Notes, len(flows) > 1) {
		if r.packet == nil {
			chart.Remark(r.at, r.note)
			continue
		}
		from, to := slices.Index(hosts, r.packet.from), slices.Index(hosts, r.packet.to)
		if to < 0 {
			to = from
		}
		arrived, ok := r.packet.arrived()
		if !ok {
			arrived = -1
		}
		chart.Arrow(ladder.Arrow{
			Sent: r.at, Arrived: arrived, From: from, To: to,
			Lost: r.packet.lost(), Labels: r.packet.labels(), Note: r.note,
		})
	}
	if out.err == nil {
		out.err = chart.Err()
	}
}

// earlier lists what is worth a look among the packets before those that are
// drawn.
func (out *printer) earlier(packets []*packet) {
	for _, f := range find(packets) {
		if f.Count == 0 {
			continue
		}
		var where []string
		for i, p := range f.Packets {
			if i == textFindingsMax {
				where = append(where, "...")
				break
			}
			where = append(where, fmt.Sprintf("%s ms %s %s", ladder.Milliseconds(p.At), p.way(), p.labels()[0]))
		}
		out.line("  before them %d %s: %s", f.Count, f.Title, strings.Join(where, ", "))
	}
}

// row is a packet or, where that is nil, something else that happened.
type row struct {
	at     time.Duration
	packet *packet
	note   string
}

// rowsOf puts packets and notes into one order. Wake-ups are left out: there
// are many, and they matter where two runs differ.
func rowsOf(last []*packet, notes []Note, tags bool) []row {
	var rows []row
	for _, n := range notes {
		if n.Kind != NoteWakeUp && n.At >= last[0].At {
			rows = append(rows, row{at: n.At, note: strings.Join(strings.Fields(n.said()), " ")})
		}
	}
	rows = lastOf(rows, textNotesMax)
	for _, p := range last {
		note := p.meaning()
		if fate := p.fate(); fate != "" {
			note = strings.TrimPrefix(note+"; "+fate, "; ")
		}
		if tags && p.flow != nil {
			note = fmt.Sprintf("[%d] %s", p.flow.id, note)
		}
		rows = append(rows, row{p.At, p, note})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	return rows
}

// flowsOf lists the flows of some packets, in the order of their numbers.
func flowsOf(packets []*packet) []*flow {
	var flows []*flow
	for _, p := range packets {
		if p.flow != nil && !slices.Contains(flows, p.flow) {
			flows = append(flows, p.flow)
		}
	}
	slices.SortFunc(flows, func(a, b *flow) int { return a.id - b.id })
	return flows
}

// hostsOf lists the hosts that some packets passed, in the run's order; those
// that it does not name stand behind.
func hostsOf(packets []*packet, known []Host) []string {
	var seen, hosts []string
	for _, p := range packets {
		for _, name := range []string{p.from, p.to} {
			if name != "" && !slices.Contains(seen, name) {
				seen = append(seen, name)
			}
		}
	}
	for _, h := range known {
		if slices.Contains(seen, h.Name) {
			hosts = append(hosts, h.Name)
		}
	}
	for _, name := range seen {
		if !slices.Contains(hosts, name) {
			hosts = append(hosts, name)
		}
	}
	if len(hosts) <= ladder.ChartHostsMax && slices.ContainsFunc(known, func(h Host) bool { return h.Router && slices.Contains(hosts, h.Name) }) {
		hosts = arrange(hosts, packets)
	}
	return hosts
}

// list is what stands in place of a ladder where too many hosts take part.
func (out *printer) list(rows []row) {
	out.line("%11s%11s packet", "sent ms", "arrived")
	for _, r := range rows {
		if r.packet == nil {
			out.line("%11s%11s * %s", ladder.Milliseconds(r.at), "", r.note)
			continue
		}
		arrived := ""
		if at, ok := r.packet.arrived(); ok {
			arrived = ladder.Milliseconds(at)
		} else if r.packet.lost() {
			arrived = "lost"
		}
		line := fmt.Sprintf("%11s%11s %s: %s  %s", ladder.Milliseconds(r.at), arrived, r.packet.way(), r.packet.labels()[0], r.note)
		out.line("%s", strings.TrimRight(line, " "))
	}
}

// way is like "client:49152 > server:80", with the hosts at the path's ends.
func (p *packet) way() string {
	end := func(name string, port uint16) string {
		if port != 0 {
			return fmt.Sprintf("%s:%d", name, port)
		}
		return name
	}
	from := end(p.from, p.Flow.Src.Port())
	if p.to == "" {
		return from
	}
	return from + " > " + end(p.to, p.Flow.Dst.Port())
}

// notes lists what happened where there are no packets to draw.
func (out *printer) notes(run *Run) {
	for _, n := range lastOf(run.Notes, textNotesMax) {
		out.line("  %s", n)
	}
}
