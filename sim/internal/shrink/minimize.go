package shrink

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Budget bounds a search. The zero value is a generous bound.
type Budget struct {
	Runs int // how many times fails may be called; 0: 2000
}

const runsDefault = 2000

// Result is what a search found.
type Result struct {
	Events  []Event // with which the run fails
	Runs    int     // how many runs it took
	Minimal bool    // with any one of Events left out the run passes; false when the budget ended before that was known
}

// Minimize looks for a short list of events with which fails still answers
// true. It calls fails with parts of events, ordered by their times, one after
// the other, and never twice with the same part but to confirm what it found.
//
// A run that does not fail with all events, or that fails with a list once
// and passes with the same list later, is an error that says so; an error of
// fails ends the search. The same answers lead to the same result.
func Minimize(events []Event, fails func([]Event) (bool, error), budget Budget) (Result, error) {
	s := newSearch(events, fails, budget)
	set, minimal, err := s.run()
	if err != nil {
		return Result{Runs: s.runs}, err
	}
	if err := s.confirm(set); err != nil {
		return Result{Runs: s.runs}, err
	}
	return Result{Events: s.pick(set), Runs: s.runs, Minimal: minimal}, nil
}

// The errors of Minimize.
var (
	// ErrPasses says that the recorded events are not what the failure needs.
	ErrPasses = errors.New("shrink: the run passes when the faults that were recorded are replayed: the failure needs something else, such as a fault that is a closure, or chance in the program")
	// ErrFlaky says that the run is not a function of its events.
	ErrFlaky = errors.New("shrink: the run is not deterministic: with the same fault events it failed once and passed once: run it with -sim.check to see where two runs part")

	errBudget = errors.New("shrink: the budget ended")
)

// search is one call of Minimize. Sets of events are sorted indices into all.
type search struct {
	all    []Event // the events, then the parts of outages
	count  int     // how many of all are the events themselves
	parts  map[int][]int
	fails  func([]Event) (bool, error)
	budget int

	runs  int
	known map[string]bool // answers, by the set
	start []int           // the set that the search begins with
	best  []int           // the smallest set that is known to fail
}

func newSearch(events []Event, fails func([]Event) (bool, error), budget Budget) *search {
	s := &search{
		all: slices.Clone(events), count: len(events), parts: map[int][]int{},
		fails: fails, budget: budget.Runs, known: map[string]bool{},
	}
	if s.budget <= 0 {
		s.budget = runsDefault
	}
	for i, e := range events {
		for _, part := range e.Parts {
			s.parts[i] = append(s.parts[i], len(s.all))
			s.all = append(s.all, part)
		}
	}
	return s
}

// spare is what a search keeps of its budget for the runs that confirm the
// result.
const spare = 2

// run is the whole search but for its confirmation.
func (s *search) run() (set []int, minimal bool, err error) {
	if set, err = s.first(); err != nil {
		return nil, false, err
	}
	for _, phase := range []phase{s.nothing, s.prefix, s.groups, s.reduce} {
		if set, err = phase(set); err == errBudget {
			return s.best, false, nil
		} else if err != nil {
			return nil, false, err
		}
	}
	// Nothing more can be left out. What follows may find something shorter
	// still, as long as the budget lasts.
	for _, phase := range []phase{s.singles, s.pairs, s.again, s.expand} {
		shorter, err := phase(set)
		if err != nil && err != errBudget {
			return nil, false, err
		}
		if err == nil {
			set = shorter
		}
	}
	if len(s.best) < len(set) {
		return s.best, false, nil
	}
	return set, true, nil
}

// Packets is events with the packets of each outage in its place.
func Packets(events []Event) []Event {
	var packets []Event
	for _, e := range events {
		if len(e.Parts) > 0 {
			packets = append(packets, e.Parts...)
		} else {
			packets = append(packets, e)
		}
	}
	slices.SortStableFunc(packets, byTime)
	return packets
}

func byTime(a, b Event) int { return cmp.Compare(a.At, b.At) }

// first is the set that the search begins with: all events or, if the run
// passes with these, all packets of the outages in place of the outages.
func (s *search) first() ([]int, error) {
	var set, packets []int
	for i := range s.count {
		set = append(set, i)
		if parts := s.parts[i]; len(parts) > 0 {
			packets = append(packets, parts...)
		} else {
			packets = append(packets, i)
		}
	}
	slices.Sort(packets)
	for _, s.start = range [][]int{set, packets} {
		s.best = s.start
		if failed, err := s.ask(s.start); failed || err != nil {
			return s.start, err
		}
	}
	return nil, ErrPasses
}

// confirm asks once more for the answers that the result stands on.
func (s *search) confirm(set []int) error {
	wants := map[string]bool{key(set): true}
	asked := [][]int{set}
	if len(set) > 0 {
		less := set[:len(set)-1]
		if failed, ok := s.known[key(less)]; ok {
			wants[key(less)] = failed
			asked = append(asked, less)
		}
	}
	for _, part := range asked {
		failed, err := s.call(key(part), part)
		if err != nil {
			return err
		}
		if failed != wants[key(part)] {
			return fmt.Errorf("%w (with a list of %d)", ErrFlaky, len(part))
		}
	}
	return nil
}

// ask tells whether the run fails with a set.
func (s *search) ask(set []int) (bool, error) {
	k := key(set)
	if failed, ok := s.known[k]; ok {
		return failed, nil
	}
	if s.runs >= max(s.budget-spare, 1) {
		return false, errBudget
	}
	return s.call(k, set)
}

// call runs with a set.
func (s *search) call(k string, set []int) (bool, error) {
	s.runs++
	failed, err := s.fails(s.pick(set))
	if err != nil {
		return false, err
	}
	s.known[k] = failed
	if failed && len(set) < len(s.best) {
		s.best = slices.Clone(set)
	}
	return failed, nil
}

// pick returns the events of a set, in the order of their times.
func (s *search) pick(set []int) []Event {
	events := make([]Event, len(set))
	for i, n := range set {
		events[i] = s.all[n]
	}
	slices.SortStableFunc(events, byTime)
	return events
}

// key is a set as a string.
func key(set []int) string {
	b := make([]byte, 0, 3*len(set))
	for _, n := range set {
		b = append(b, byte(n), byte(n>>8), byte(n>>16))
	}
	return string(b)
}
