package shrink

import (
	"cmp"
	"fmt"
	"iter"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Replayer judges packets by a list of events alone. Of faults about hosts
// and names it knows which are in the list; the world has to let the others
// do nothing.
type Replayer struct {
	list  []func() (Event, uint64) // each event as it happened, and how often
	exact map[place][]*meeting
	alike map[string][]*meeting
	like  *likeness         // nil if no event wants it
	set   *fault.Set        // of all other faults about packets
	names map[string]string // of the faults in set, by their lines
	aside map[string]*lines // of faults about hosts and names
}

// place is where a fault.Exact meets a packet.
type place struct {
	path  string
	flow  fault.Flow
	index uint64
}

// meeting is an event of one packet, and the packet once it has come.
type meeting struct {
	event Event
	exact fault.Exact
	by    string
	hits  uint64
}

// lines counts a line that is in the list.
type lines struct {
	wanted  int             // times that it is in the list
	handles []*fault.Handle // as it was added
}

// NewReplayer returns a replayer of a list. Faults that draw do so from seed.
// A fault whose values make no sense is an error.
func NewReplayer(seed fault.Seed, events []Event) (*Replayer, error) {
	r := &Replayer{
		exact: map[place][]*meeting{}, alike: map[string][]*meeting{},
		set: fault.NewSet(seed), names: map[string]string{}, aside: map[string]*lines{},
	}
	for i, e := range events {
		if err := r.add(e); err != nil {
			return nil, fmt.Errorf("shrink: fault %d of the list: %w", i+1, err)
		}
	}
	return r, nil
}

func (r *Replayer) add(e Event) error {
	switch f := e.Fault.(type) {
	case fault.Exact:
		if err := f.Validate(); err != nil {
			return err
		}
		m := &meeting{event: e, exact: f, by: cmp.Or(f.Name, f.String())}
		if e.Like == "" {
			at := place{f.Path, f.Flow, f.Index}
			r.exact[at] = append(r.exact[at], m)
		} else {
			r.alike[e.Like] = append(r.alike[e.Like], m)
			if r.like == nil {
				r.like = newLikeness()
			}
		}
		r.list = append(r.list, func() (Event, uint64) { return m.event, m.hits })
		return nil
	case fault.Scheduled, fault.Resolving:
		r.addAside(e)
		return nil
	}
	h, err := r.set.Add(e.Fault)
	if err == nil {
		r.names[h.String()] = origin(e.Fault)
		r.list = append(r.list, func() (Event, uint64) { return e, h.Hits() })
	}
	return err
}

// addAside lets a fault with the event's line be added to the world once more.
func (r *Replayer) addAside(e Event) {
	line := e.String()
	l := r.aside[line]
	if l == nil {
		l = &lines{}
		r.aside[line] = l
	}
	nth := l.wanted
	l.wanted++
	r.list = append(r.list, func() (Event, uint64) {
		if nth < len(l.handles) {
			return e, l.handles[nth].Hits()
		}
		return e, 0
	})
}

// Judge is what the events of the list do to a packet. The verdict is said to
// be made by the fault that a recorded event was a part of, so that a replay
// of all events is the same run in every respect.
func (r *Replayer) Judge(p *fault.Packet) fault.Verdict {
	var all fault.Verdict
	if len(r.exact) > 0 {
		all = meet(all, p, r.exact[place{p.Path, p.Flow, p.Index}])
	}
	if r.like != nil {
		if like := r.like.of(p); like != "" {
			all = meet(all, p, r.alike[like])
		}
	}
	if all.Drop {
		return all
	}
	if v := r.set.Judge(p); !v.Pass() {
		v.By = cmp.Or(r.names[v.By], v.By)
		all = all.With(v)
	}
	return all
}

// origin is the line of the fault that an outage was a part of, "" if it was
// none.
func origin(f fault.Fault) string {
	switch f := f.(type) {
	case fault.Partition:
		return f.Name
	case fault.Drop:
		return f.Name
	case fault.Clog:
		return f.Name
	}
	return ""
}

// meet lets events happen to p.
func meet(all fault.Verdict, p *fault.Packet, meetings []*meeting) fault.Verdict {
	for _, m := range meetings {
		if all.Drop {
			break
		}
		f := m.exact
		f.Path, f.Flow, f.Index = p.Path, p.Flow, p.Index
		m.hits++
		m.event.Fault, m.event.At, m.event.Note = f, p.Now, note(p)
		v := f.Judge(0, p)
		v.By = m.by
		all = all.With(v)
	}
	return all
}

// Takes reports whether the program may add f to the world for it to do
// something: if it is about a host or about names and in the list, as many
// times as it is there. Added is to follow.
func (r *Replayer) Takes(f fault.Fault) bool {
	l := r.aside[f.String()]
	return aside(f) && l != nil && len(l.handles) < l.wanted
}

// Added notes a fault that Takes spoke for.
func (r *Replayer) Added(h *fault.Handle) {
	if l := r.aside[h.String()]; l != nil {
		l.handles = append(l.handles, h)
	}
}

// Hits yields the events of the list, each of one packet as it has met it, and
// how often each has done something so far.
func (r *Replayer) Hits() iter.Seq2[Event, uint64] {
	return func(yield func(Event, uint64) bool) {
		for _, one := range r.list {
			if !yield(one()) {
				return
			}
		}
	}
}

// Met lists what happened of the list so far, each event of one packet with
// the path, flow and number that the packet had. Such a list does the same in
// the same run, without Like.
func (r *Replayer) Met() []Event {
	var events []Event
	for e, hits := range r.Hits() {
		if hits > 0 {
			e.Like = ""
			events = append(events, e)
		}
	}
	return events
}
