package sim

// Pause lets the host stand still from this instant on, as a virtual machine
// that is stopped: packets that arrive (1000 at most; more are dropped) and its
// timers wait, and so do its programs wherever they wait for the network or the
// host's clock. In a bubble, programs that wait for something else go on, since
// nobody can stop a goroutine; what they send waits too. The time on the host's
// clock passes. A host that is paused, or down, stays as it is.
func (h *Host) Pause() {
	h.w.atOnce(func() { h.pause() })
}

// Resume lets a host go on that is paused: all that has waited happens at this
// instant, in the order in which it would have happened.
func (h *Host) Resume() {
	h.w.atOnce(func() { h.resume() })
}

// Paused reports whether the host stands still.
func (h *Host) Paused() bool { return h.paused.Load() }

// SetSkew makes the host's clock run so many parts per million fast from now
// on, below 0 slow, without a jump; -500000 to 500000. Timers that are set keep
// their instant.
func (h *Host) SetSkew(ppm int64) error {
	var err error
	h.w.atOnce(func() { err = h.clock.SetSkew(ppm) })
	return err
}

// pause is called by the driver, as an event.
func (h *Host) pause() bool {
	if !h.Up() || h.paused.Swap(true) {
		return false
	}
	h.happens("pauses")
	h.clock.Pause()
	_ = h.w.net.Pause(h.name) // the host is there
	return true
}

// resume is called by the driver, as an event.
func (h *Host) resume() bool {
	if !h.paused.Swap(false) {
		return false
	}
	h.happens("goes on")
	h.clock.Resume()
	_ = h.w.net.Resume(h.name) // the host is there
	h.pushWake(func() {})      // so that the driver looks for its programs
	return true
}
