package ladder

// span is the numbers from first up to, not including, next.
type span struct{ first, next int64 }

// spans are numbers that were seen: sorted, apart from one another.
type spans []span

// spansMax bounds them. Beyond it the gap between the two lowest is closed,
// as if its numbers had been seen.
const spansMax = 64

// add notes the numbers of s and returns how many of them had been noted
// before.
func (all *spans) add(s span) (again int64) {
	if s.next <= s.first {
		return 0
	}
	old := *all
	i := 0
	for i < len(old) && old[i].next < s.first {
		i++
	}
	j := i
	for ; j < len(old) && old[j].first <= s.next; j++ {
		again += max(0, min(old[j].next, s.next)-max(old[j].first, s.first))
	}
	if i == j {
		old = append(old, span{})
		copy(old[i+1:], old[i:])
		old[i] = s
	} else {
		old[i] = span{min(old[i].first, s.first), max(old[j-1].next, s.next)}
		old = append(old[:i+1], old[j:]...)
	}
	if len(old) > spansMax {
		old[1].first = old[0].first
		old = append(old[:0], old[1:]...)
	}
	*all = old
	return again
}
