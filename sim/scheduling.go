package sim

import (
	"context"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// scheduling is how the programs of a world take turns: as Go lets them in a
// bubble, or one at a time.
type scheduling interface {
	// enter is called at the start of every socket call.
	enter(ctx context.Context, h *Host, op netstack.Op) error
	// wait blocks the calling program until ready can be received from or
	// ctx ends.
	wait(ctx context.Context, ready <-chan struct{})
	// rouse tells the driver that there is something to do.
	rouse()
	// spawn starts a program.
	spawn(h *Host, name string, f func())
	// catchUp makes the world's time right for the calling program.
	catchUp()
	// failed is called once, when the run has failed.
	failed(err error)
	// tooLate is called instead of wait by programs that want d to pass, or
	// anything to happen, when the run has ended. It ends programs that do so
	// without end.
	tooLate(d time.Duration)
	// mayClose says why close must not be called now.
	mayClose() error
	// close ends the programs.
	close() error
}

// hostScheduler is a host's Scheduler for its stack and its Transport.
type hostScheduler struct{ h *Host }

var (
	_ netstack.Scheduler  = hostScheduler{}
	_ transport.Scheduler = hostScheduler{}
)

// Enter implements netstack.Scheduler.
func (s hostScheduler) Enter(ctx context.Context, op netstack.Op) error {
	err := s.h.w.sched.enter(ctx, s.h, op)
	s.h.touch()
	return err
}

// Wait implements netstack.Scheduler and transport.Scheduler.
func (s hostScheduler) Wait(ctx context.Context, ready <-chan struct{}) {
	s.h.w.sched.wait(ctx, ready)
	s.h.touch()
}

// Ready implements netstack.Scheduler and transport.Scheduler.
func (s hostScheduler) Ready(wake func()) {
	s.h.pushWake(wake)
	s.h.w.sched.rouse()
}

// Go implements netstack.Scheduler and transport.Scheduler.
func (s hostScheduler) Go(f func()) { s.h.w.sched.spawn(s.h, "", f) }

// programClock is the host's clock for its programs: they know what time it
// is, and the driver may have to be told.
type programClock struct{ h *Host }

var (
	_ netstack.Clock  = programClock{}
	_ transport.Clock = programClock{}
)

// Now implements netstack.Clock.
func (c programClock) Now() time.Time {
	c.h.w.sched.catchUp()
	return c.h.clock.Now()
}

// AfterFunc implements netstack.Clock.
func (c programClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.h.w.sched.catchUp()
	stop = c.h.clock.AfterFunc(d, f)
	c.h.w.sched.rouse()
	return stop
}
