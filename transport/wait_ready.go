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

	// helper is a blocked Send that runs the pump instead of a goroutine made
	// for it: it has to wake then in any case. helping tells that it has been
	// woken to do so.
	helper  *waiter
	helping bool
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
	start := (s.wanted || s.pumping) && s.beginLocked() && !s.askLocked()
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
	start := wanted && s.beginLocked() && !s.askLocked()
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

// askLocked gives the pump, claimed already, to the helper; readyMu is held. It
// answers false without one.
func (r *readiness) askLocked() bool {
	if r.helper == nil {
		return false
	}
	r.helping = true
	r.helper.wake()
	return true
}

// offer makes w the helper, unless there is one.
func (r *readiness) offer(w *waiter) {
	r.readyMu.Lock()
	defer r.readyMu.Unlock()
	if r.helper == nil {
		r.helper = w
	}
}

// asked reports whether w has to run the pump now.
func (r *readiness) asked(w *waiter) bool {
	r.readyMu.Lock()
	defer r.readyMu.Unlock()
	if r.helper != w || !r.helping {
		return false
	}
	r.helping = false
	return true
}

// withdraw undoes offer. What w has been asked for and not done goes to a
// goroutine.
func (s *Socket) withdraw(w *waiter) {
	s.readyMu.Lock()
	mine := s.helper == w
	asked := mine && s.helping
	if mine {
		s.helper, s.helping = nil, false
	}
	s.readyMu.Unlock()
	if asked {
		s.node.start(s)
	}
}

// help runs the pump if w has been asked to. Messages beyond the first are left
// to a goroutine, for w has a call of its own to end.
func (s *Socket) help(w *waiter) {
	if !s.asked(w) {
		return
	}
	for {
		more, ended := s.pumpRound()
		if more {
			s.node.start(s)
		}
		if more || ended {
			return
		}
	}
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
		if _, ended := s.pumpRound(); ended {
			return
		}
	}
}

// pumpRound sends what can be sent and delivers one message. more tells that
// there may be another message, ended that there is nothing to do at all.
func (s *Socket) pumpRound() (more, ended bool) {
	s.mu.Lock()
	s.stopped = false
	s.flushLocked()
	more = s.deliverLocked()
	wanted := s.workLocked()
	s.mu.Unlock()
	return more, !more && s.rest(wanted)
}

// flushHereLocked is the pump's work for the queue, done by the caller who has
// just filled it. The network has said EAGAIN, but that may have been just before
// it notified.
func (s *Socket) flushHereLocked() {
	s.notifyLocked()
	s.readyMu.Lock()
	s.wanted = true
	claimed := s.beginLocked()
	s.readyMu.Unlock()
	if !claimed {
		return // the pump that runs looks again
	}
	s.flushLocked()
	if !s.rest(s.workLocked()) {
		s.node.start(s)
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
