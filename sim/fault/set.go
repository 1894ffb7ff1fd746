package fault

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Set holds the faults of one world and judges packets by all of them.
//
// They stand in a row, in the order of Add: each sees what those before it let
// through, until one drops the packet; what the others do to it adds up. The
// zero Set has seed 0 and is ready to be used.
//
// Judge is for one goroutine at a time; everything else may be called from
// any, by a Judge too, and holds from the next packet on.
type Set struct {
	seed Seed

	handles atomic.Pointer[[]*Handle] // replaced, never changed

	mu    sync.Mutex        // for Add and Remove
	names map[string]uint64 // faults added of each identity
}

// NewSet returns an empty set whose faults draw from seed.
func NewSet(seed Seed) *Set {
	return &Set{seed: seed}
}

// Add puts a fault at the end of the row, or says what is wrong with it.
//
// The fault gets a seed of its own, from the set's seed and the fault's
// identity: its kind and name if it has a name, otherwise its line; and the
// number of faults of the same identity that were added before. So other
// faults that come and go change nothing about what it draws.
func (s *Set) Add(f Fault) (*Handle, error) {
	if err := usable(f); err != nil {
		return nil, err
	}
	return s.add(f), nil
}

// usable asks a fault whether its values make sense.
func usable(f Fault) error {
	if f == nil {
		return errors.New("fault: there is a nil among the faults: give one such as fault.Loss{Chance: 10000}")
	}
	if v, ok := f.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// add puts a usable fault at the end of the row.
func (s *Set) add(f Fault) *Handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &Handle{set: s, fault: f, line: f.String()}
	id := h.line
	if c, ok := f.(interface{ selection() Select }); ok {
		if sel := c.selection(); sel.Nth > 0 {
			h.count = &counter{Select: sel, flows: map[counted]uint64{}}
		}
	}
	if n, ok := f.(interface{ identity() string }); ok {
		id = n.identity()
	}
	if s.names == nil {
		s.names = map[string]uint64{}
	}
	h.seed = s.seed.For(id, s.names[id])
	s.names[id]++
	next := append(slices.Clone(s.row()), h)
	s.handles.Store(&next)
	return h
}

// Handles lists the faults that are there, in their order.
func (s *Set) Handles() []*Handle { return slices.Clone(s.row()) }

func (s *Set) row() []*Handle {
	if row := s.handles.Load(); row != nil {
		return *row
	}
	return nil
}

// Judge combines the verdicts of all faults on p and counts the hits. It
// borrows p, whose Matched it overwrites, and allocates nothing for a packet
// that passes.
func (s *Set) Judge(p *Packet) Verdict {
	var all Verdict
	for _, h := range s.row() {
		v := h.judge(p)
		if v.Pass() {
			continue
		}
		h.hits.Add(1)
		v.By = h.line
		all.add(&v)
		if v.Drop {
			return Verdict{Drop: true, By: all.By}
		}
	}
	return all
}

// Handle is one fault in a Set. Its methods may be called from any goroutine.
type Handle struct {
	set   *Set
	fault Fault
	line  string
	seed  Seed
	count *counter // nil if nothing is counted; only accessed by Judge
	hits  atomic.Uint64
}

// Fault returns the fault as it was added.
func (h *Handle) Fault() Fault { return h.fault }

// String is the fault's line.
func (h *Handle) String() string { return h.line }

// Hits is how many packets the fault did not let pass.
func (h *Handle) Hits() uint64 { return h.hits.Load() }

// Remove lifts the fault; Hits stays. Removing it again does nothing.
func (h *Handle) Remove() {
	h.set.mu.Lock()
	defer h.set.mu.Unlock()
	row := h.set.row()
	if i := slices.Index(row, h); i >= 0 {
		next := slices.Delete(slices.Clone(row), i, i+1)
		h.set.handles.Store(&next)
	}
}

func (h *Handle) judge(p *Packet) Verdict {
	p.Matched = 0
	if h.count != nil {
		p.Matched = h.count.next(p)
	}
	return h.fault.Judge(h.seed, p)
}

// counter numbers the packets that a Select with Nth selects.
type counter struct {
	Select
	all    uint64
	flows  map[counted]uint64
	order  []counted // of flows, as a ring once it is full
	oldest int       // in order
}

// counted is what packets are counted for: a flow that crosses a router enters
// two paths, and is counted on each.
type counted struct {
	from, to, path string
	flow           Flow
}

// flowsMax bounds what a counter remembers. Beyond, the flow that began first
// is forgotten; its packets would be counted from 1 again.
const flowsMax = 1 << 16

// next is the number of packets that were selected before p.
func (c *counter) next(p *Packet) uint64 {
	if !c.kind(p) {
		return 0
	}
	if c.Across {
		c.all++
		return c.all - 1
	}
	key := counted{p.From, p.To, p.Path, p.Flow}
	n, known := c.flows[key]
	if !known {
		c.remember(key)
	}
	c.flows[key] = n + 1
	return n
}

func (c *counter) remember(key counted) {
	if len(c.order) < flowsMax {
		c.order = append(c.order, key)
		return
	}
	delete(c.flows, c.order[c.oldest])
	c.order[c.oldest] = key
	c.oldest = (c.oldest + 1) % flowsMax
}

// String lists the faults that are there with their hits, one a line.
func (s *Set) String() string {
	var b []byte
	for _, h := range s.row() {
		b = fmt.Appendf(b, "%s: %d hits\n", h.line, h.Hits())
	}
	return string(b)
}
