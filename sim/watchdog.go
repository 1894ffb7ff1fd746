package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A bubble goes on when all its goroutines wait for one another, for time or
// for the network. One that waits for a mutex does not count as waiting: if the
// mutex is held by a goroutine that waits for the network, nothing moves ever
// again, and nobody inside can say so. This file is where the time on the wall
// enters, to notice that; it decides nothing else.

// watchEvery is how often a run is looked at, and watchTimes how often it must
// not have moved to be called hung.
var watchEvery = 3 * time.Second

const watchTimes = 3

// watch looks at a run until done, and panics with the reason if it hangs:
// there is no other way out of it than the end of the process.
func (r *testRun) watch(done <-chan struct{}) {
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	var last uint64
	for still := 0; still < watchTimes; {
		select {
		case <-done:
			return
		case <-ticks.C:
		}
		now, label := r.progress()
		if now != last || label == "" {
			still, last = 0, now
			continue
		}
		still++
		if still < watchTimes {
			continue
		}
		if hung := hungOn(goroutinesOf(label)); len(hung) > 0 {
			panic(r.hangs(hung))
		}
		still = 0
	}
}

// progress is how far the driver has come, and which bubble it drives.
func (r *testRun) progress() (steps uint64, bubble string) {
	b := r.driver.Load()
	if b == nil {
		return 0, ""
	}
	return b.steps.Load(), b.label
}

// hungOn lists the goroutines that keep a bubble from going on; none if one of
// them may yet go on by itself.
func hungOn(all []goroutine) []goroutine {
	var hung []goroutine
	for _, g := range all {
		switch {
		case strings.Contains(g.state, "(durable)"):
		case g.waitsForLock():
			hung = append(hung, g)
		default:
			return nil
		}
	}
	return hung
}

// waitsForLock reports whether a goroutine waits for something of package sync
// that a bubble does not count as waiting. What gVisor waits for is in the hands
// of its own goroutines, outside: that takes time, but it ends.
func (g goroutine) waitsForLock() bool {
	inGVisor := slices.ContainsFunc(g.frames, func(f frame) bool { return strings.HasPrefix(f.function, "gvisor.dev/") })
	return !inGVisor && (strings.HasPrefix(g.state, "sync.") || strings.HasPrefix(g.state, "semacquire"))
}

// hangs is the sentence that ends a run that hangs.
func (r *testRun) hangs(hung []goroutine) string {
	return fmt.Sprintf("sim: %s hangs: %d goroutines wait for a lock whose holder waits for the network or for time, and a bubble's time cannot pass meanwhile. "+
		"Do not hold a mutex across a call that waits, or run the test cooperatively (sim.New).\n%s",
		r.outer.Name(), len(hung), listGoroutines(hung))
}
