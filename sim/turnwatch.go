package sim

import (
	"fmt"
	"strings"
	"time"
)

// A program of a cooperative world that waits in a channel or for a lock keeps
// the turn, and nobody who could end that wait ever runs. This file looks at the
// time on the wall to notice it, and decides nothing else.

// turnPatience is how long a program may keep the turn before it is looked at.
var turnPatience = watchTimes * watchEvery

// awaitTurn blocks until the program p gives the turn back. It panics with the
// reason where that can never be.
func (t *turns) awaitTurn(p *program) {
	t.patience.set(turnPatience)
	defer t.patience.stop()
	for {
		select {
		case <-t.back:
			return
		case <-t.patience.timer.C:
		}
		if g, hung := keptBy(p.goroutine.Load()); hung {
			panic(fmt.Sprintf("sim: program %v keeps its turn: it waits in something that the world does not know, and nobody else can run meanwhile. "+
				"Programs of a cooperative world wait in calls of sim, netstack and transport alone; unmodified code runs in sim.Test.\n%s", p, g))
		}
		t.patience.set(turnPatience)
	}
}

// keptBy finds the goroutine that keeps the turn, and reports whether all that
// there are in the process wait for one another.
func keptBy(id any) (kept goroutine, hung bool) {
	for i, text := range strings.Split(stacks(), "\n\n") {
		g := parseGoroutine(text)
		if i == 0 { // who asks
			continue
		}
		if g.mayGoOn() {
			return goroutine{}, false
		}
		if g.id == id {
			kept, hung = g, true
		}
	}
	return kept, hung
}

// mayGoOn reports whether a goroutine runs, or waits for time or for the
// operating system.
func (g goroutine) mayGoOn() bool {
	if len(g.frames) > 0 && g.frames[0].function == "os/signal.signal_recv" {
		return false
	}
	for _, s := range []string{"run", "syscall", "IO wait", "sleep"} {
		if strings.HasPrefix(g.state, s) {
			return true
		}
	}
	return false
}

// wallTimer is a timer on the wall that is used again and again.
type wallTimer struct{ timer *time.Timer }

func (p *wallTimer) set(d time.Duration) {
	if p.timer == nil {
		p.timer = time.NewTimer(d)
		return
	}
	p.timer.Reset(d)
}

func (p *wallTimer) stop() { p.timer.Stop() }
