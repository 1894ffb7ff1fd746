package netstack

// Settle returns when everything delivered to the stack before the call, and
// everything that the stack sent to itself because of it, has been processed:
// what it makes the stack send has been handed to the links. It is for drivers
// of simulations that deliver one event at a time. Calls are serialised; after
// Close it does nothing. Socket calls that other goroutines have in progress
// are not waited for.
func (s *Stack) Settle() {
	s.settle.Lock()
	defer s.settle.Unlock()
	s.mu.Lock()
	closing := s.closing
	s.mu.Unlock()
	if closing {
		return
	}
	// A processor acknowledges a pause when its own queue is empty, and with
	// one processor that is the end of it. Of several, one that still works
	// can queue a segment on another that has paused already. Every segment
	// from the network or the loopback is counted before it is queued, so if
	// two rounds later the counts have not moved, nothing was left behind.
	// Two and not one, because a processor may pass on a segment of a closed
	// endpoint, which counts nothing.
	quiet := 0
	for last := s.pauseProcessors(); s.processors > 1 && quiet < 2; quiet++ {
		now := s.pauseProcessors()
		if now != last {
			quiet = -1
		}
		last = now
	}
}

// pauseProcessors waits until each TCP processor has emptied its queue once,
// and returns how much work all of them had ever been given by then.
func (s *Stack) pauseProcessors() (work uint64) {
	s.gs.Pause()
	t := s.gs.Stats().TCP
	work = t.ValidSegmentsReceived.Value() + t.SegmentsSent.Value()
	s.gs.Resume()
	return work
}
