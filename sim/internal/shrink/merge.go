package shrink

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Merge puts one outage in the place of packets of one conversation that were
// lost one by one: all are lost from the first of these instants to the last.
// Of more than three events it does so too where packets were late, and lets
// one host be cut off for the time of all events. It returns lists to try,
// each shorter than events, none if there is nothing to put together. Such a
// list does more than events did: whether the run fails with it has to be
// seen, and what of it it needs.
func Merge(events []Event) [][]Event {
	mergers := []merger{{}, {both: true}}
	if len(events) > 3 {
		mergers = append(mergers, merger{late: true}, merger{both: true, late: true})
		for _, host := range hostsOf(events) {
			mergers = append(mergers, merger{host: host})
		}
	}
	var lists [][]Event
	for _, m := range mergers {
		l := m.merge(events)
		known := slices.ContainsFunc(lists, func(other []Event) bool { return Faults(other).String() == Faults(l).String() })
		if len(l) < len(events) && !known {
			lists = append(lists, l)
		}
	}
	slices.SortStableFunc(lists, func(a, b []Event) int { return cmp.Compare(len(a), len(b)) })
	return lists
}

// merger is one way to merge.
type merger struct {
	both bool   // both directions of a conversation become one outage
	late bool   // packets that were late count as lost until they came
	host string // which is cut off in place of all that happened to packets
}

// trouble is what one conversation had.
type trouble struct {
	sel    fault.Select
	turned bool // some of it was in the other direction
	events []Event
}

func (m merger) merge(events []Event) []Event {
	if m.host != "" {
		return cutOff(events, m.host)
	}
	var troubles []*trouble
	var rest []Event
	for _, e := range events {
		sel, ok := m.span(e)
		if !ok {
			rest = append(rest, e)
			continue
		}
		i := slices.IndexFunc(troubles, func(t *trouble) bool {
			return sameFlow(t.sel, sel) && t.sel.Path == sel.Path || m.both && sameFlow(t.sel, turned(sel))
		})
		if i < 0 {
			troubles = append(troubles, &trouble{sel: sel, events: []Event{e}})
			continue
		}
		t := troubles[i]
		t.turned = t.turned || !sameFlow(t.sel, sel)
		t.sel.Start, t.sel.End = min(t.sel.Start, sel.Start), max(t.sel.End, sel.End)
		t.events = append(t.events, e)
	}
	for _, t := range troubles {
		rest = append(rest, t.merged()...)
	}
	slices.SortStableFunc(rest, byTime)
	return rest
}

// span is which packets would be lost in place of an event, and how long.
func (m merger) span(e Event) (fault.Select, bool) {
	var sel fault.Select
	switch f := e.Fault.(type) {
	case fault.Exact:
		late := max(f.Hold, f.Delay)
		if !f.Flow.Src.IsValid() || !f.Drop && (late == 0 || !m.late) || f.Copies > 0 || len(f.Corrupt) > 0 {
			return sel, false
		}
		sel = conn{f.Path, f.Flow}.narrow(sel)
		sel.Start, sel.End = e.At, e.At+late+1
	case fault.Drop:
		of := f.Select
		if of.Nth > 0 || of.BothWays || of.End == 0 || of.Path == "" || !of.Src.IsSingleIP() || !of.Dst.IsSingleIP() || of.SrcPort == 0 || of.DstPort == 0 {
			return sel, false
		}
		sel = fault.Select{Path: of.Path, Proto: of.Proto, Src: of.Src, Dst: of.Dst, SrcPort: of.SrcPort, DstPort: of.DstPort, Start: of.Start, End: of.End}
	default:
		return sel, false
	}
	return sel, true
}

// merged is the outage, or the one event that there was.
func (t *trouble) merged() []Event {
	if len(t.events) == 1 {
		return t.events
	}
	if t.turned {
		t.sel.Path, t.sel.BothWays = "", true // the other direction has another path
	}
	return []Event{{
		Fault: fault.Drop{Select: t.sel}, Of: t.events[0].Of, At: t.sel.Start,
		Note: fmt.Sprintf("in place of %d events of this conversation", len(t.events)), Parts: t.events,
	}}
}

// sameFlow compares which packets are selected, but for their time.
func sameFlow(a, b fault.Select) bool {
	return a.Proto == b.Proto && a.Src == b.Src && a.Dst == b.Dst && a.SrcPort == b.SrcPort && a.DstPort == b.DstPort
}

// turned is sel for the other direction.
func turned(sel fault.Select) fault.Select {
	sel.Src, sel.Dst, sel.SrcPort, sel.DstPort = sel.Dst, sel.Src, sel.DstPort, sel.SrcPort
	return sel
}

// hostsOf lists the hosts at the ends of the paths on which packets met
// something.
func hostsOf(events []Event) []string {
	var hosts []string
	for _, e := range events {
		f, ok := e.Fault.(fault.Exact)
		if !ok {
			continue
		}
		for end := range strings.SplitSeq(f.Path, ">") {
			if host, _, ok := strings.Cut(end, "/"); ok && !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

// cutOff puts a partition in the place of all that happened to packets.
func cutOff(events []Event, host string) []Event {
	cut := fault.Partition{A: []string{host}, Start: -1}
	var all, parts []Event
	for _, e := range events {
		end := e.At + 1
		switch f := e.Fault.(type) {
		case fault.Exact:
			end += max(f.Hold, f.Delay)
		case fault.Drop:
			end = max(end, f.End)
		case fault.Partition:
			end = max(end, f.End)
		default:
			all = append(all, e)
			continue
		}
		if cut.Start < 0 {
			cut.Start = e.At
		}
		cut.Start, cut.End = min(cut.Start, e.At), max(cut.End, end)
		parts = append(parts, e)
	}
	if len(parts) > 0 {
		all = append(all, Event{Fault: cut, Of: cut.String(), At: cut.Start, Note: fmt.Sprintf("in place of %d events", len(parts)), Parts: parts})
	}
	slices.SortStableFunc(all, byTime)
	return all
}
