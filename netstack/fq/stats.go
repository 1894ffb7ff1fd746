package fq

// Stats is what a Link counts. Accepted is the sum of Sent, all drops and
// PacketsQueued, but for the packets that the inner link's Send is at work on.
type Stats struct {
	PacketsQueued int // now
	BytesQueued   int // now, their contents
	FlowsActive   int // queues with packets, now

	Accepted    uint64 // packets that Send took
	Sent        uint64 // packets that the inner link took
	FlowsNew    uint64 // times that a queue came into the rounds
	DropsCoDel  uint64 // packets dropped because their queue was slow for too long
	DropsLimit  uint64 // packets dropped from the fattest queue over a limit
	DropsInner  uint64 // packets that the inner link did not take
	DropsClosed uint64 // packets that were queued when the Link or the inner one ended
}

// Stats returns the counters, also after Close.
func (l *Link) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queues.stats
}
