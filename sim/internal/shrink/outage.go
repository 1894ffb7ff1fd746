package shrink

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// outage is what one fault does to every packet that it selects, from the
// first that it meets on until one of them passes.
type outage struct {
	of     string // the fault's line
	shape  shape
	on     conn          // the path of a clog, the flow of a burst, otherwise zero
	until  time.Duration // when a clog lets go, otherwise 0
	always fault.Fault   // does the same from the first packet on
	parts  []Event       // its packets, in order
	torn   bool          // a packet passed at the instant of the first or the last: no span of time tells them apart
}

// events is the outage as one event, or as its packets if that is all there
// is to say.
func (o *outage) events() []Event {
	first, last := o.parts[0], o.parts[len(o.parts)-1]
	if o.torn || len(o.parts) == 1 {
		return o.parts
	}
	end := o.until
	if end == 0 {
		end = last.At + 1
	}
	return []Event{{
		Fault: o.shape(first.At, end, o.on), Of: o.of, At: first.At,
		Note: fmt.Sprintf("%d packets, the last at %v", len(o.parts), last.At), Parts: o.parts,
	}}
}

// shape makes the fault that does the same within a span of time, named by the
// line of the fault it is a part of.
type shape func(start, end time.Duration, on conn) fault.Fault

// shapeOf is the shape of the outages of a fault, nil if it makes none that
// could be told from its line.
func shapeOf(line string) shape {
	f, err := fault.Parse(line)
	if err != nil {
		return nil
	}
	switch f := f.(type) {
	case fault.Partition:
		return func(start, end time.Duration, _ conn) fault.Fault {
			f.Name, f.Start, f.End = line, start, end
			return f
		}
	case fault.Flap:
		return dropShape(line, f.Select)
	case fault.Drop:
		if f.Nth == 0 {
			return dropShape(line, f.Select)
		}
	case fault.Burst:
		return func(start, end time.Duration, on conn) fault.Fault {
			drop := fault.Drop{Select: on.narrow(f.Select)}
			drop.Name, drop.Start, drop.End = line, start, end
			return drop
		}
	case fault.Clog:
		return func(start, end time.Duration, on conn) fault.Fault {
			clog := fault.Clog{Select: f.Select}
			clog.Name, clog.Start, clog.End, clog.Path = line, start, end, on.path
			return clog
		}
	}
	return nil
}

// narrow is sel for the packets of one flow on one path.
func (c conn) narrow(sel fault.Select) fault.Select {
	sel.From, sel.To, sel.BothWays = nil, nil, false
	sel.Path, sel.Proto = c.path, c.flow.Proto
	sel.Src, sel.Dst = whole(c.flow.Src.Addr()), whole(c.flow.Dst.Addr())
	sel.SrcPort, sel.DstPort = c.flow.Src.Port(), c.flow.Dst.Port()
	return sel
}

// whole is the prefix of one address.
func whole(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

func dropShape(line string, sel fault.Select) shape {
	return func(start, end time.Duration, _ conn) fault.Fault {
		drop := fault.Drop{Select: sel}
		drop.Name, drop.Start, drop.End = line, start, end
		return drop
	}
}

// outageOf is the outage that a verdict on p belongs to, a new one if there
// is none yet, nil if it is no outage's.
func (r *Recorder) outageOf(p *fault.Packet, v *fault.Verdict) *outage {
	of := v.By
	if v.Drop { // what the faults before the last did means nothing
		of = strings.TrimPrefix(of[strings.LastIndex(of, "; ")+1:], " ")
	}
	shape, known := r.shapes[of]
	if !known {
		shape = shapeOf(of)
		r.shapes[of] = shape
	}
	if shape == nil {
		return nil
	}
	var until time.Duration
	var on conn
	switch {
	case !v.Drop:
		until, on.path = p.Now+v.Hold, p.Path
	case strings.HasPrefix(of, "burst "):
		on = conn{p.Path, p.Flow}
	}
	for _, o := range r.going {
		if o.of == of && o.until == until && o.on == on {
			return o
		}
	}
	o := &outage{of: of, shape: shape, on: on, until: until, always: shape(p.Now, until, on)}
	for i := range r.passed {
		v := o.always.Judge(0, &r.passed[i])
		o.torn = o.torn || r.passed[i].Now == p.Now && !v.Pass()
	}
	r.going = append(r.going, o)
	return o
}

// ended closes the outages whose time is over, and those to which p would
// have fallen if they went on. It spares the one that p is part of.
func (r *Recorder) ended(p *fault.Packet, spare *outage) {
	r.going = slices.DeleteFunc(r.going, func(o *outage) bool {
		if o == spare {
			return false
		}
		if o.until != 0 && p.Now >= o.until {
			return true
		}
		v := o.always.Judge(0, p)
		if v.Pass() {
			return false
		}
		o.torn = o.torn || o.until != 0 || p.Now == o.parts[len(o.parts)-1].At
		return true
	})
}
