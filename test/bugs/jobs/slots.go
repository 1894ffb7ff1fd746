package jobs

import (
	"slices"
	"sync"
)

// slots lets so many jobs run at a time. Others wait in a row, and who is done
// hands its slot to the first of them.
type slots struct {
	max int

	mu      sync.Mutex
	use     Use
	waiting []*ticket // the first is the next
}

// Use is how many slots are and were in use.
type Use struct {
	Now, Least, Most int
	Waiting          int // jobs that wait for a slot
}

// ticket is a place in the row, or the slot itself.
type ticket struct {
	turn chan struct{} // closed when the ticket has its slot
	gone chan struct{} // closed by who made it leave
}

// wait reports whether the ticket has a slot now, rather than left the row.
func (t *ticket) wait() bool {
	select {
	case <-t.turn:
		return true
	case <-t.gone:
		return false
	}
}

// take returns a ticket that has a slot or waits for one.
func (s *slots) take() *ticket {
	t := &ticket{make(chan struct{}), make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.use.Now < s.max {
		s.countLocked(1)
		close(t.turn)
	} else {
		s.waiting = append(s.waiting, t)
	}
	return t
}

// leave gives up a place in the row and reports whether t was still waiting.
// If it was not, whoever runs the job gives the slot back when it is done.
func (s *slots) leave(t *ticket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting, t)
	if i < 0 {
		return false
	}
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return true
}

// release hands a slot on to the first in the row.
func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseLocked()
}

func (s *slots) releaseLocked() {
	if len(s.waiting) == 0 {
		s.countLocked(-1)
		return
	}
	close(s.waiting[0].turn)
	s.waiting = slices.Delete(s.waiting, 0, 1)
}

func (s *slots) countLocked(n int) {
	s.use.Now += n
	s.use.Least = min(s.use.Least, s.use.Now)
	s.use.Most = max(s.use.Most, s.use.Now)
}

// used is a snapshot.
func (s *slots) used() Use {
	s.mu.Lock()
	defer s.mu.Unlock()
	use := s.use
	use.Waiting = len(s.waiting)
	return use
}
