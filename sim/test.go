package sim

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Test runs f in a world with the defaults of Config; see Config.Test.
func Test(t *testing.T, f func(t *testing.T, w *World)) {
	t.Helper()
	Config{}.Test(t, f)
}

// Test runs f in a testing/synctest bubble with a world of its own. Unmodified
// Go code runs there: goroutines, channels, time.Sleep, contexts, net/http.
// The time of package time is the world's.
//
// f gets a t of its own, which shadows the one outside; use that alone. When f
// and its cleanups have ended, every socket of the world is closed, and
// goroutines that do not end then are an error that names them. When the test
// has failed, it prints what has happened and the command that repeats it. The
// -sim.* flags, and the environment variable WARREN_SIM for several packages,
// choose the seed and more; see the package comment.
func (cfg Config) Test(t *testing.T, f func(t *testing.T, w *World)) {
	t.Helper()
	run := &testRun{outer: t, cfg: cfg, f: f}
	run.bubble()
}

// testRun is one run of a test in one world.
type testRun struct {
	outer *testing.T
	cfg   Config
	f     func(t *testing.T, w *World)

	w        *World
	finished bool          // the bubble's own end was reached
	failed   bool          // by the bubble's t
	hash     string        // of all packets
	took     time.Duration // of virtual time
}

// bubble runs the test in a bubble.
func (r *testRun) bubble() {
	r.outer.Helper()
	before := r.outer.Failed()
	defer func() {
		r.outer.Helper()
		if p := recover(); p != nil {
			r.deadlocked(p)
		}
		if r.finished && !r.failed && !before && r.outer.Failed() {
			r.outer.Log("sim: the test has failed through the t of the function around sim.Test; use the t that the function inside is given, or reports and cleanups come at the wrong time")
		}
	}()
	synctest.Test(r.outer, r.inside)
}

// inside is what happens in the bubble.
func (r *testRun) inside(t *testing.T) {
	w, err := newWorld(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.w = w
	w.fatal = func(err error) {
		t.Helper()
		t.Fatal(err)
	}
	w.sched = newBubble(w, func(err error) { t.Error(err) })
	t.Cleanup(func() { r.finish(t) }) // runs after all others
	defer catchMust(t)
	r.f(t, w)
}

// catchMust turns a panic of Must into a failure.
func catchMust(t *testing.T) {
	t.Helper()
	p := recover()
	if must, ok := p.(mustError); ok {
		t.Fatal(must.error)
	}
	if p != nil {
		panic(p)
	}
}

// finish ends the world when the test function and its cleanups have ended.
func (r *testRun) finish(t *testing.T) {
	t.Helper()
	b, w := r.w.sched.(*bubble), r.w
	if !w.isClosed() {
		b.pass(0)
	}
	r.hash, r.took = w.Hash(), w.events.Now()
	if t.Failed() {
		r.explain(t)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	r.finished, r.failed = true, t.Failed()
}

// explain prints what the reader of a failed test needs.
func (r *testRun) explain(t *testing.T) {
	t.Helper()
	t.Logf("sim: seed %d, %v of virtual time, %d events, trace %s", r.w.Seed(), r.took, r.w.Events(), r.hash)
}

// deadlocked reports what the bubble's runtime has given up on: goroutines that
// wait for one another, or for nothing.
func (r *testRun) deadlocked(p any) {
	r.outer.Helper()
	err, ok := p.(error)
	if !ok || !strings.HasPrefix(err.Error(), "deadlock: ") {
		panic(p)
	}
	if !r.finished { // else finish has named them
		r.outer.Error(fmt.Errorf("sim: %w", errors.Join(err)))
	}
	r.outer.FailNow()
}
