package shrink

import "slices"

// phase is a part of a search: it takes a set that fails and returns one that
// fails and is not larger. An error leaves the search with the set it had.
type phase func(set []int) ([]int, error)

// nothing asks whether the run fails without any event.
func (s *search) nothing(set []int) ([]int, error) {
	failed, err := s.ask(nil)
	if failed || err != nil {
		return nil, err
	}
	return set, nil
}

// prefix looks for the first event after which the run is bound to fail. What
// comes before it meets the same packets as ever.
func (s *search) prefix(set []int) ([]int, error) {
	low, high := 0, len(set) // fails with the first high, passes with the first low
	for low+1 < high {
		mid := (low + high) / 2
		failed, err := s.ask(set[:mid])
		if err != nil {
			return nil, err
		}
		if failed {
			high = mid
		} else {
			low = mid
		}
	}
	return set[:high], nil
}

// groups leaves out all events of some faults.
func (s *search) groups(set []int) ([]int, error) {
	var names []string
	members := map[string][]int{}
	for _, n := range set {
		of := s.all[n].Of
		if members[of] == nil {
			names = append(names, of)
		}
		members[of] = append(members[of], n)
	}
	units := make([][]int, len(names))
	for i, name := range names {
		units[i] = members[name]
	}
	units, err := s.ddmin(units)
	return union(units), err
}

// reduce leaves out single events, until none can be.
func (s *search) reduce(set []int) ([]int, error) {
	units, err := s.ddmin(each(set))
	return union(units), err
}

// singles tries every event alone, unless the set is that small already.
func (s *search) singles(set []int) ([]int, error) {
	for _, n := range s.start {
		if len(set) <= 1 {
			break
		}
		one := []int{n}
		failed, err := s.ask(one)
		if err != nil {
			return nil, err
		}
		if failed {
			set = one
		}
	}
	return set, nil
}

// few events are as good as fewer. With up to pairsMost pairs of events
// all pairs are tried for it, and roundsMost other orders.
const (
	few        = 3
	pairsMost  = 500
	roundsMost = 16
)

// pairs tries every two events, unless the set is that small already.
func (s *search) pairs(set []int) ([]int, error) {
	if n := len(s.start); len(set) <= few || n*(n-1)/2 > pairsMost {
		return set, nil
	}
	for i, first := range s.start {
		for _, second := range s.start[i+1:] {
			two := []int{first, second}
			if failed, err := s.ask(two); failed || err != nil {
				return two, err
			}
		}
	}
	return set, nil
}

// again reduces all events once more in other orders of cutting. Which short
// list a reduction ends at depends on what it tries first, since events that
// are left out change what the others meet.
func (s *search) again(set []int) ([]int, error) {
	for round := uint64(0); round < roundsMost && len(set) > few; round++ {
		units := each(s.start)
		shuffle(units, round)
		units, err := s.ddmin(units)
		if err == errBudget {
			return set, nil
		} else if err != nil {
			return nil, err
		}
		if other := union(units); len(other) < len(set) {
			set = other
		}
	}
	return set, nil
}

// expand replaces outages by packets of theirs where this is not longer.
func (s *search) expand(set []int) ([]int, error) {
	for _, n := range slices.Clone(set) {
		if len(s.parts[n]) == 0 || !slices.Contains(set, n) {
			continue
		}
		var units [][]int
		for _, other := range set {
			if other != n {
				units = append(units, []int{other})
			}
		}
		for _, part := range s.parts[n] {
			units = append(units, []int{part})
		}
		failed, err := s.ask(union(units))
		if failed && err == nil {
			units, err = s.ddmin(units)
		}
		if err == errBudget {
			return set, nil
		} else if err != nil {
			return nil, err
		}
		if other := union(units); failed && len(other) <= len(set) {
			set = other
		}
	}
	return set, nil
}
