package shrink

import "slices"

// ddmin leaves out units, each of them as a whole, until the run passes with
// any further one left out. It tries large pieces first, and pieces at the
// end before those at the start: leaving one out changes what later events
// meet, and no earlier ones. This is delta debugging's reduction to
// complements; at the coarsest, the complement of a half is a half.
func (s *search) ddmin(units [][]int) ([][]int, error) {
	for size := (len(units) + 1) / 2; size > 0; {
		before := len(units)
		for end := len(units); end > 0; {
			start := max(end-size, 0)
			rest := slices.Concat(units[:start], units[end:])
			failed, err := s.ask(union(rest))
			if err != nil {
				return nil, err
			}
			if failed {
				units = rest
			}
			end = start
		}
		if size == 1 && len(units) == before {
			break
		}
		size = max(min(size, len(units))/2, 1)
	}
	return units, nil
}

// union is the set of all that is in units.
func union(units [][]int) []int {
	set := slices.Concat(units...)
	slices.Sort(set)
	return set
}

// each is a unit for each of a set.
func each(set []int) [][]int {
	units := make([][]int, len(set))
	for i, n := range set {
		units[i] = []int{n}
	}
	return units
}

// shuffle puts units in another order: turned round in round 0, mixed in
// others, the same in every run.
func shuffle(units [][]int, round uint64) {
	if round == 0 {
		slices.Reverse(units)
		return
	}
	state := round
	for i := len(units) - 1; i > 0; i-- {
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		j := int((z ^ z>>31) % uint64(i+1))
		units[i], units[j] = units[j], units[i]
	}
}
