package sim

import (
	"fmt"
	"strings"
	"time"
)

// stuckError says that the programs of a world wait for what never happens.
type stuckError struct {
	at    time.Duration
	hosts string // those that stand still
	left  []goroutine
}

func (e *stuckError) Error() string {
	return fmt.Sprintf("sim: nothing will ever happen any more: by %v no packet is under way and no timer is set%s, but these wait:\n%s",
		e.at, e.hosts, listGoroutines(e.left))
}

// leftError names the goroutines that did not end with the test.
type leftError struct{ left []goroutine }

func (e *leftError) Error() string {
	return fmt.Sprintf("sim: %d goroutines of the test are still there after all sockets were closed and %v of virtual time: end them before the test ends\n%s",
		len(e.left), patience[len(patience)-1], listGoroutines(e.left))
}

// lateError says that a program wants time to pass in a world that has ended,
// and does so without end.
type lateError struct{ err error } // why the run has failed; nil if it was closed

func (e *lateError) Error() string {
	why := "was closed"
	if e.err != nil {
		why = "has failed"
	}
	return fmt.Sprintf("sim: the world %s and the program still waits in it, %d times by now: let its loops look at World.Err, or at the errors of its calls", why, lateMost)
}

func (e *lateError) Unwrap() error { return e.err }

func listGoroutines(list []goroutine) string {
	var s strings.Builder
	for _, g := range list {
		s.WriteString(g.String())
	}
	return strings.TrimRight(s.String(), "\n")
}

// standing says which hosts stand still or are down: they may be why nothing
// happens.
func (w *World) standing() string {
	var s string
	for _, h := range w.Hosts() {
		switch {
		case h.Paused():
			s += " (" + h.name + " is paused)"
		case !h.Up():
			s += " (" + h.name + " is down)"
		}
	}
	return s
}
