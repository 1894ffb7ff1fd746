package fault

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// A Scheduled fault is about a host, at an instant, and about no packet: its
// Judge lets all pass. A Set that serves Hosts makes it happen.
type Scheduled interface {
	Fault

	// Events is what happens if the fault is added at now: what it does and,
	// if there is a second event, the end of that. An instant that has
	// passed means now.
	Events(now time.Duration) []HostEvent
}

// HostEvent is what happens to one host at one instant.
type HostEvent struct {
	At   time.Duration // virtual time; an instant that has passed means as soon as possible
	Host string
	Do   Action
	PPM  int64 // of SetSkew
}

// Action says what happens to a host.
type Action uint8

// The actions. Each changes nothing on a host that is that way already.
const (
	HostCrash   Action = iota // everything on it is gone, without a further packet
	HostRestart               // a host that is down starts anew
	HostPause                 // it stands still
	HostResume                // it goes on
	HostSkew                  // its clock runs fast by so many parts per million
)

// String is a word for the action.
func (a Action) String() string {
	names := [...]string{"crash", "restart", "pause", "resume", "skew"}
	if int(a) >= len(names) {
		return fmt.Sprintf("action %d", a)
	}
	return names[a]
}

// Hosts is what a Set needs for Scheduled faults; a world is one.
type Hosts interface {
	// Now is the virtual time.
	Now() time.Duration

	// Plan lets e happen at its time, and then calls happened if that changed
	// something. It does neither itself. cancel prevents both and reports
	// whether it did: false if e has happened or was cancelled before. An
	// error, such as that of a host that there is not, says what to give.
	Plan(e HostEvent, happened func()) (cancel func() bool, err error)
}

// Serve sets whose hosts Scheduled faults are about. It comes before the
// first of them is added.
func (s *Set) Serve(h Hosts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts = h
}

// plan is what a Set knows of the events of one Scheduled fault.
type plan struct {
	hosts Hosts

	mu      sync.Mutex
	events  []HostEvent
	cancels []func() bool // of events, in their order; nil once removed
}

// plan makes the events of f happen, and counts the first as a hit of h.
func (s *Set) plan(h *Handle, f Scheduled) error {
	s.mu.Lock()
	hosts := s.hosts
	s.mu.Unlock()
	if hosts == nil {
		return errors.New("fault: " + h.line + ": it is about a host, and this set knows of packets alone: give it hosts with Set.Serve, or add the fault to a world")
	}
	p := &plan{hosts: hosts, events: f.Events(hosts.Now())}
	hit := func() { h.hits.Add(1) }
	for _, e := range p.events {
		cancel, err := hosts.Plan(e, hit)
		if err != nil {
			p.lift()
			return fmt.Errorf("fault: %s: %w", h.line, err)
		}
		p.cancels = append(p.cancels, cancel)
		hit = func() {}
	}
	h.plan = p
	return nil
}

// lift cancels what has not happened. Where the fault has begun and would
// have ended later, it ends as soon as possible.
func (p *plan) lift() {
	p.mu.Lock()
	cancels := p.cancels
	p.cancels = nil
	p.mu.Unlock()
	begun := false
	for i, cancel := range cancels {
		cancelled := cancel()
		if i == 0 {
			begun = !cancelled
		} else if begun && cancelled {
			e := p.events[i]
			e.At = 0
			// The host was there when the fault was added.
			_, _ = p.hosts.Plan(e, func() {})
		}
	}
}
