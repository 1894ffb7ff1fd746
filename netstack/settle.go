package netstack

// Settle returns when everything delivered to the stack so far has been
// processed.
func (s *Stack) Settle() {
	s.settle.Lock()
	defer s.settle.Unlock()
	s.mu.Lock()
	closing := s.closing
	s.mu.Unlock()
	if closing {
		return
	}
	s.gs.Pause()
	s.gs.Resume()
}
