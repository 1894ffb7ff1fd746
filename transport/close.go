package transport

import "time"

// flushMax is how long a closed connection goes on sending what is queued
// when the option linger sets no limit. gen_tcp gave up after the same time.
const flushMax = 180 * time.Second

// drain is the sending of queued data after the handle has been closed. The
// socket's mutex guards it.
type drain struct {
	on   bool
	stop func() bool // stops the timer
	wait []*waiter   // blocked Close calls
}

// finish ends the drain and lets Close go on.
func (d *drain) finish() {
	if d.stop != nil {
		d.stop()
	}
	for _, w := range d.wait {
		w.wake()
	}
	*d = drain{}
}

// Close is Transport.Close. It waits for queued data: as long as the option
// linger says, else for 180 seconds. A Closed message of s that waits in the
// caller's mailbox is removed, Data messages stay.
func (t *TCP) Close(s *Socket) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told {
		t.owner.forgetClosed(s)
	}
	if s.state == stateClosed {
		return nil
	}
	s.closeLocked()
	if !s.drain.on {
		return nil
	}
	w, err := t.owner.newWaiter(Infinity)
	if err != nil {
		return nil // the caller has ended: the data is sent without it
	}
	defer w.done()
	s.drain.wait = append(s.drain.wait, w)
	for s.conn != nil && w.over() == nil {
		s.mu.Unlock()
		w.wait()
		s.mu.Lock()
	}
	s.drain.wait = without(s.drain.wait, w)
	return nil
}

// forgetClosed removes the Closed message of s from the mailbox.
func (o *Owner) forgetClosed(s *Socket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.box.moveTo(nil, s, isClosed)
}

// closeLocked closes the handle. The network's socket is given back at once,
// or when the queue has been sent.
func (s *Socket) closeLocked() {
	s.endLocked()
	s.in.drop()
	if s.conn != nil && s.set.linger.On && s.set.linger.Seconds == 0 {
		s.resetLocked()
		return
	}
	s.drainLocked()
}

// dieLocked takes the connection away from the handle, which stays.
func (s *Socket) dieLocked() {
	s.state = stateDead
	s.wakeAllLocked()
	s.drainLocked()
}

// drainLocked gives the network's socket back when the queue is empty.
func (s *Socket) drainLocked() {
	switch {
	case s.drain.on:
		return
	case s.conn == nil || s.queue.bytes == 0:
		s.giveBackLocked()
		return
	}
	limit := flushMax
	if s.set.linger.On && s.set.linger.Seconds > 0 {
		limit = time.Duration(s.set.linger.Seconds) * time.Second
	}
	s.drain.on = true
	s.drain.stop = s.node.clock.AfterFunc(limit, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.drain.on {
			s.giveBackLocked()
		}
	})
	s.pumpLocked()
}

// resetLocked gives the connection back with a reset; queued data is dropped.
func (s *Socket) resetLocked() {
	s.queue.drop()
	if s.conn != nil {
		_ = s.conn.SetLinger(0)
	}
	s.giveBackLocked()
}

// ownerEnded closes s if o still owns it, without waiting.
func (s *Socket) ownerEnded(o *Owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == o {
		s.closeLocked()
	}
}

// abort closes s at once; a connection with queued data is reset, so that the
// peer does not take what it got for everything.
func (s *Socket) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked()
	if s.queue.bytes > 0 {
		s.resetLocked()
		return
	}
	s.giveBackLocked()
}
