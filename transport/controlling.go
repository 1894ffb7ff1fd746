package transport

// ControllingProcess is Transport.ControllingProcess. What has been delivered
// moves, what has not goes to the new owner, and no message is lost, doubled
// or out of order, because delivery and hand-over exclude one another. Data
// and Closed messages move; Passive and Error stay with the old owner.
func (t *TCP) ControllingProcess(s *Socket, to *Owner) error {
	if s == nil {
		return errNoSocket()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == stateClosed:
		return ErrClosed
	case to == nil || to.node != s.node:
		return badArgument("new owner", to, "give an owner of the node of the socket")
	case to == s.owner:
		return nil
	case t.owner != s.owner:
		return ErrNotOwner
	}
	if err := handOver(s, s.owner, to); err != nil {
		return err
	}
	s.owner = to
	s.stopped = false // the new mailbox may have room
	s.pumpLocked()
	return nil
}

// handOver moves s and its messages between two owners, or does nothing when
// one of them has ended. The owners' locks are taken in the order of their
// making.
func handOver(s *Socket, from, to *Owner) error {
	first, second := from, to
	if second.id < first.id {
		first, second = second, first
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	second.mu.Lock()
	defer second.mu.Unlock()
	switch {
	case from.exited:
		return ErrClosed
	case to.exited:
		return badArgument("new owner", to, "it has ended, give one that lives")
	}
	delete(from.sockets, s)
	from.stopped = without(from.stopped, s)
	to.sockets[s] = struct{}{}
	before := to.box.len()
	if s.mailed > 0 || s.told { // else there is nothing to look for
		from.box.moveTo(&to.box, s, func(m Message) bool { return isData(m) || isClosed(m) })
	}
	if to.box.len() > before {
		for _, w := range to.getters {
			w.wake()
		}
	}
	from.resumeLocked(s)
	return nil
}
