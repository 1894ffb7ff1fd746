package shrink

import (
	"fmt"
	"slices"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Judge decides what happens to a packet, as the network of a world wants it.
type Judge interface {
	// Judge borrows p for the call and does not block. It is called by the
	// goroutine that moves the world, once for each packet on each path.
	Judge(p *fault.Packet) fault.Verdict
}

// eventsMax bounds what a Recorder keeps, parts of outages included.
const eventsMax = 1 << 17

// Recorder judges as another does, and writes down every verdict that does
// something to a packet. What a fault did all the time for a while, such as a
// partition, is one Event that has the packets as its Parts.
type Recorder struct {
	judge   Judge
	like    *likeness
	entries []entry
	count   int // events and parts, those beyond eventsMax too

	going  []*outage        // that may go on
	passed []fault.Packet   // what passed at the instant of the latest of them
	shapes map[string]shape // of faults, by their lines; nil if it is none of an outage
	added  []*fault.Handle  // of faults about hosts and names
}

// entry is one event, or an outage that is still being written down.
type entry struct {
	one    Event
	outage *outage
}

// NewRecorder returns a recorder around judge.
func NewRecorder(judge Judge) *Recorder {
	return &Recorder{judge: judge, like: newLikeness(), shapes: map[string]shape{}}
}

// Judge is the verdict of the judge within.
func (r *Recorder) Judge(p *fault.Packet) fault.Verdict {
	like := r.like.of(p)
	v := r.judge.Judge(p)
	if v.Pass() {
		r.ended(p, nil)
		r.pass(p)
		return v
	}
	if r.count++; r.count > eventsMax {
		return v
	}
	one := Event{Fault: fault.ExactOf(p, v), Of: v.By, Like: like, At: p.Now, Note: note(p)}
	o := r.outageOf(p, &v)
	if !v.Drop {
		r.ended(p, o)
		r.pass(p)
	}
	if o == nil {
		r.entries = append(r.entries, entry{one: one})
		return v
	}
	if len(o.parts) == 0 {
		r.entries = append(r.entries, entry{outage: o})
	}
	o.parts = append(o.parts, one)
	return v
}

// pass remembers what has passed at this instant.
func (r *Recorder) pass(p *fault.Packet) {
	if len(r.passed) > 0 && r.passed[0].Now != p.Now {
		r.passed = r.passed[:0]
	}
	kept := *p
	kept.Bytes, kept.Payload = slices.Clone(p.Bytes), slices.Clone(p.Payload)
	r.passed = append(r.passed, kept)
}

// Added notes a fault that was added to the world. One about a host or about
// names is an event if it happened.
func (r *Recorder) Added(h *fault.Handle) {
	if aside(h.Fault()) && len(r.added) < eventsMax {
		r.added = append(r.added, h)
	}
}

// aside reports whether a fault is about other things than packets.
func aside(f fault.Fault) bool {
	switch f.(type) {
	case fault.Scheduled, fault.Resolving:
		return true
	}
	return false
}

// Events is what was written down so far: what happened to hosts and names,
// then packets and outages by their beginning. A run with more than the
// recorder keeps is an error.
func (r *Recorder) Events() ([]Event, error) {
	if r.count > eventsMax {
		return nil, fmt.Errorf("shrink: the run has %d fault events, more than the %d that are kept: make the run shorter, or its faults rarer", r.count, eventsMax)
	}
	var events []Event
	for _, h := range r.added {
		if hits := h.Hits(); hits > 0 {
			events = append(events, Event{Fault: h.Fault(), Of: h.String(), Note: fmt.Sprintf("happened %d times", hits)})
		}
	}
	for _, e := range r.entries {
		if e.outage != nil {
			events = append(events, e.outage.events()...)
		} else {
			events = append(events, e.one)
		}
	}
	return events, nil
}

// note says what a packet was, beyond what its event's line says.
func note(p *fault.Packet) string {
	what := fmt.Sprintf("%d bytes of payload", len(p.Payload))
	if p.Flow.Proto == fault.TCP && !p.Fragment {
		what = fmt.Sprintf("%v seq %d ack %d, %s", p.Flags, p.Seq, p.Ack, what)
	}
	return fmt.Sprintf("at %v: %s", p.Now, what)
}
