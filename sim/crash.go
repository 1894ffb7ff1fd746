package sim

import "fmt"

// Crash makes the host lose everything at this instant, as when its power
// fails: not one packet says so to others. Connections and listeners are gone;
// its programs, which nobody can end from outside, get net.ErrClosed from every
// call until the host is started again, and should end then. Packets that
// arrive find nobody. A host that is down stays as it is.
func (h *Host) Crash() {
	h.w.atOnce(func() { h.crash() })
}

// Restart starts a host that has crashed: the same name and addresses, a new
// stack that knows nothing of what was before, and Boot from its beginning.
// Other listeners have to be opened again. A host that is up is an error.
func (h *Host) Restart() error {
	err := error(nil)
	h.w.atOnce(func() {
		if h.Up() {
			err = fmt.Errorf("sim: host %s is up: only a host that has crashed can be restarted", h.name)
			return
		}
		_, err = h.restart()
	})
	return err
}

// Up reports whether the host is running: it has not crashed, or was restarted
// since. A host that is paused is up.
func (h *Host) Up() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.down
}

// Boots counts the starts of the host: 1, and one more for each restart.
func (h *Host) Boots() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.boot
}

// atOnce lets the driver call f as the next event, and waits for that. It does
// nothing when the run has ended.
func (w *World) atOnce(f func()) {
	w.sched.catchUp()
	done := false
	w.events.After(0, func() {
		f()
		done = true
	})
	w.until(func() bool { return done })
}

// crash and what follows is called by the driver, as an event, and reports
// whether something has changed.
func (h *Host) crash() bool {
	h.mu.Lock()
	was := h.down
	h.down = true
	links, stack, node := h.links, h.stack, h.node
	h.mu.Unlock()
	if was {
		return false
	}
	h.happens("crashes")
	for _, l := range links {
		l.cut()
	}
	_ = h.w.net.Discard(h.name) // the host is there
	h.resume()
	h.w.sched.spawn(h, "crash", func() { h.endLife(stack, node) })
	return true
}

// restart starts a host that is down.
func (h *Host) restart() (changed bool, err error) {
	if h.Up() {
		return false, nil
	}
	if err := h.start(); err != nil {
		return false, err
	}
	h.mu.Lock()
	h.down = false
	h.mu.Unlock()
	h.happens("starts again")
	h.runBoot()
	return true, nil
}

// runBoot starts the host's own program.
func (h *Host) runBoot() {
	if boot := h.cfg.Boot; boot != nil {
		h.Go("boot", func() { boot(h) })
	}
}
