package sim

import (
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// hostEvents lets the faults of the world happen to its hosts.
type hostEvents struct{ w *World }

var _ fault.Hosts = hostEvents{}

// Now implements fault.Hosts.
func (e hostEvents) Now() time.Duration { return e.w.Now() }

// Plan implements fault.Hosts.
func (e hostEvents) Plan(ev fault.HostEvent, happened func()) (cancel func() bool, err error) {
	e.w.mu.Lock()
	h := e.w.names[ev.Host]
	e.w.mu.Unlock()
	if h == nil {
		return nil, e.w.unknownHost(ev.Host)
	}
	timer := e.w.events.At(ev.At, func() {
		if h.happen(ev) {
			happened()
		}
	})
	e.w.sched.rouse()
	return timer.Stop, nil
}

// happen makes one event of a fault happen, and reports whether it has changed
// something.
func (h *Host) happen(ev fault.HostEvent) (changed bool) {
	var err error
	switch ev.Do {
	case fault.HostCrash:
		changed = h.crash()
	case fault.HostRestart:
		changed, err = h.restart()
	case fault.HostPause:
		changed = h.pause()
	case fault.HostResume:
		changed = h.resume()
	case fault.HostSkew:
		err = h.clock.SetSkew(ev.PPM)
		changed = err == nil
	}
	if err != nil {
		h.w.fail(err)
	}
	return changed
}
