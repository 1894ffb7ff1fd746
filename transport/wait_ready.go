package transport

import "sync"

// readiness connects a socket to the notifications of its network: it wakes
// the calls that wait for the network, and starts the pump while there is
// work for it. Its mutex is the innermost of the package, because
// notifications come with the network's locks held.
type readiness struct {
	readyMu  sync.Mutex
	watchers []*waiter // waiting for the network: reader, writer, first acceptor
	wanted   bool      // the pump has something to do when the network is ready
	pumping  bool      // the pump runs, or is about to
	again    bool      // more to do came while it ran
}

// watch registers w for notifications.
func (r *readiness) watch(w *waiter) {
	r.readyMu.Lock()
	r.watchers = append(r.watchers, w)
	r.readyMu.Unlock()
}

// unwatch undoes watch.
func (r *readiness) unwatch(w *waiter) {
	r.readyMu.Lock()
	r.watchers = without(r.watchers, w)
	r.readyMu.Unlock()
}

// wakeWatchers wakes who waits for the network.
func (r *readiness) wakeWatchers() {
	r.readyMu.Lock()
	defer r.readyMu.Unlock()
	for _, w := range r.watchers {
		w.wake()
	}
}

// notify is what the network calls. A pump that runs looks again in any case:
// wanted is what it found at the end of its last round, and it may have met
// EAGAIN in this one just before the change that is reported here.
func (s *Socket) notify() {
	s.wakeWatchers()
	s.readyMu.Lock()
	start := (s.wanted || s.pumping) && s.beginLocked()
	s.readyMu.Unlock()
	if start {
		s.node.start(s)
	}
}

// resume starts the pump after the owner's mailbox had been full.
func (s *Socket) resume() { s.kick(true) }

// kick starts the pump if it is wanted and does not run.
func (s *Socket) kick(wanted bool) {
	s.readyMu.Lock()
	s.wanted = wanted
	start := wanted && s.beginLocked()
	s.readyMu.Unlock()
	if start {
		s.node.start(s)
	}
}

// beginLocked claims the pump; readyMu is held. It answers false when one
// runs, which then goes round once more.
func (r *readiness) beginLocked() bool {
	if r.pumping {
		r.again = true
		return false
	}
	r.pumping = true
	return true
}

// rest ends the pump, unless there is more to do.
func (r *readiness) rest(wanted bool) (ended bool) {
	r.readyMu.Lock()
	defer r.readyMu.Unlock()
	r.wanted = wanted
	if r.again {
		r.again = false
		return false
	}
	r.pumping = false
	return true
}

// notifyLocked asks the network for notifications, from the first time that
// somebody waits on; an idle passive socket costs the network nothing.
func (s *Socket) notifyLocked() {
	if s.notified {
		return
	}
	switch {
	case s.listener != nil:
		s.notified = true
		s.listener.Notify(s.notify)
	case s.conn != nil:
		s.notified = true
		s.conn.Notify(s.notify)
	}
}

// watchLocked registers w and makes sure that the network notifies.
func (s *Socket) watchLocked(w *waiter) {
	s.watch(w)
	s.notifyLocked()
}

// pump delivers messages and sends queued data until the network cannot go
// on. There is at most one per socket.
func (s *Socket) pump() {
	for {
		s.mu.Lock()
		s.stopped = false
		s.flushLocked()
		more := s.deliverLocked()
		wanted := s.workLocked()
		s.mu.Unlock()
		if more {
			continue
		}
		if s.rest(wanted) {
			return
		}
	}
}

// workLocked reports whether a notification of the network is work for the
// pump.
func (s *Socket) workLocked() bool {
	if s.conn == nil && !s.endUntoldLocked() {
		return false
	}
	return s.queue.bytes > 0 || s.queue.fin || s.drain.on || (s.readsLocked() && !s.stopped)
}

// pumpLocked starts the pump if there is work for it.
func (s *Socket) pumpLocked() {
	work := s.workLocked()
	if work {
		s.notifyLocked()
	}
	s.kick(work)
}
