package fault

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// Set holds the faults of one world and judges packets by all of them.
//
// They stand in a row, in the order of Add: each sees what those before it let
// through, until one drops the packet; what the others do to it adds up.
// Lookups of names are judged alike. The zero Set has seed 0 and is ready to
// be used; for Scheduled faults it needs Serve.
//
// Judge is for one goroutine at a time; everything else may be called from
// any, by a Judge too, and holds from the next packet or lookup on.
type Set struct {
	seed Seed

	handles atomic.Pointer[[]*Handle] // replaced, never changed

	mu    sync.Mutex        // for Add, Remove and Serve
	names map[string]uint64 // faults added of each identity
	hosts Hosts             // of Scheduled faults; nil: none are taken

	lookups sync.Mutex // held by JudgeLookup, so that one at a time is counted
	asked   counts[asked]
}

// NewSet returns an empty set whose faults draw from seed.
func NewSet(seed Seed) *Set {
	return &Set{seed: seed}
}

// Add puts a fault at the end of the row, or says what is wrong with it. What
// a Scheduled fault does is then planned.
//
// The fault gets a seed of its own, from the set's seed and the fault's
// identity: its kind and name if it has a name, otherwise its line; and the
// number of faults of the same identity that were added before. So other
// faults that come and go change nothing about what it draws.
func (s *Set) Add(f Fault) (*Handle, error) {
	if err := usable(f); err != nil {
		return nil, err
	}
	return s.add(f)
}

// usable asks a fault whether its values make sense.
func usable(f Fault) error {
	if v := reflect.ValueOf(f); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return errors.New("fault: there is a nil among the faults: give one such as fault.Loss{Chance: 10000}")
	}
	if v, ok := f.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// add plans a usable fault, if it is about a host, and puts it at the end of
// the row.
func (s *Set) add(f Fault) (*Handle, error) {
	h := newHandle(s, f)
	if f, ok := f.(Scheduled); ok {
		if err := s.plan(h, f); err != nil {
			return nil, err
		}
	}
	id := h.line
	if n, ok := f.(interface{ identity() string }); ok {
		id = n.identity()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = map[string]uint64{}
	}
	h.seed = s.seed.For(id, s.names[id])
	s.names[id]++
	next := append(slices.Clone(s.row()), h)
	s.handles.Store(&next)
	return h, nil
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
	count *counter      // nil if no packets are counted; only accessed by Judge
	asked *askedCounter // nil if no lookups are counted; only accessed by JudgeLookup
	plan  *plan         // nil but of a Scheduled fault; set before the handle is known
	hits  atomic.Uint64
}

// newHandle has no seed yet.
func newHandle(s *Set, f Fault) *Handle {
	h := &Handle{set: s, fault: f, line: f.String()}
	if c, ok := f.(interface{ selection() Select }); ok {
		if sel := c.selection(); sel.Nth > 0 {
			h.count = &counter{Select: sel}
		}
	}
	if c, ok := f.(interface{ asking() func(*Lookup) bool }); ok {
		if selects := c.asking(); selects != nil {
			h.asked = &askedCounter{selects: selects}
		}
	}
	return h
}

// Fault returns the fault as it was added.
func (h *Handle) Fault() Fault { return h.fault }

// String is the fault's line.
func (h *Handle) String() string { return h.line }

// Hits is how many packets the fault did not let pass, or how many lookups it
// did something to. For a Scheduled fault it is 1 once it has happened.
func (h *Handle) Hits() uint64 { return h.hits.Load() }

// Remove lifts the fault; Hits stays. Removing it again does nothing. A
// Scheduled fault that has not happened never will. One that has happened and
// was to end later ends as soon as possible: the host restarts or resumes. One
// without an end stays as it is.
func (h *Handle) Remove() {
	if h.takeOut() && h.plan != nil {
		h.plan.lift()
	}
}

// takeOut removes the handle from the row; false if it is not there.
func (h *Handle) takeOut() bool {
	h.set.mu.Lock()
	defer h.set.mu.Unlock()
	row := h.set.row()
	i := slices.Index(row, h)
	if i >= 0 {
		next := slices.Delete(slices.Clone(row), i, i+1)
		h.set.handles.Store(&next)
	}
	return i >= 0
}

func (h *Handle) judge(p *Packet) Verdict {
	p.Matched = 0
	if h.count != nil {
		p.Matched = h.count.next(p)
	}
	return h.fault.Judge(h.seed, p)
}

// String lists the faults that are there with their hits, one a line.
func (s *Set) String() string {
	var b []byte
	for _, h := range s.row() {
		b = fmt.Appendf(b, "%s: %d hits\n", h.line, h.Hits())
	}
	return string(b)
}
