package sim

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/report"
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
	if ownBubble() != "" {
		t.Fatal("sim: Test was called in a bubble: it makes one of its own, so call it outside; a second world beside that of a test is one of New")
	}
	o, err := readOptions()
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.rehearse(&o); err != nil {
		t.Fatal(err)
	}
	first, alone := cfg.firstSeed(&o), isFirst(t)
	for i := range uint64(o.runs) {
		cfg.Seed = first + i
		r := newTestRun(t, cfg, &o, f)
		r.first = alone
		r.bubble()
		if o.check && r.w != nil {
			r.check(newTestRun(t, cfg, &o, f))
		}
		if t.Failed() {
			return
		}
	}
}

// firstSeed is the seed of the first run.
func (cfg Config) firstSeed(o *options) uint64 {
	switch {
	case o.seedSet:
		return o.seed
	case cfg.Seed != 0:
		return cfg.Seed
	}
	return 1
}

// testRun is one run of a test in one world.
type testRun struct {
	outer   *testing.T
	cfg     Config
	options *options
	f       func(t *testing.T, w *World)

	driver   atomic.Pointer[bubble] // for the watchdog
	w        *World
	finished bool // the bubble's own end was reached
	failed   bool // by the bubble's t
	panicked bool // the test function did
	first    bool // no other call has made a world for the test
	run      *report.Run
}

// checkMost is how many records are kept to find the first that differs.
const checkMost = 500_000

func newTestRun(t *testing.T, cfg Config, o *options, f func(t *testing.T, w *World)) *testRun {
	if o.check {
		cfg.Trace = engine.TraceConfig{Full: true, Most: checkMost}
	}
	return &testRun{outer: t, cfg: cfg, options: o, f: f}
}

// bubble runs the test in a bubble.
func (r *testRun) bubble() {
	r.outer.Helper()
	before := r.outer.Failed()
	defer func() { r.concludeLater(before) }() // also where the bubble ends its test
	defer func() {
		r.outer.Helper()
		if p := recover(); p != nil {
			r.deadlocked(p)
		}
		if r.finished && !r.failed && !before && r.outer.Failed() {
			r.outer.Log("sim: the test has failed through the t of the function around sim.Test: use the t that the function inside is given, or reports and cleanups come at the wrong time")
		}
	}()
	done := make(chan struct{})
	defer close(done)
	go r.watch(done)
	synctest.Test(r.outer, r.inside)
}

// inside is what happens in the bubble.
func (r *testRun) inside(t *testing.T) {
	w, err := newWorld(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.w = w
	w.diary.sampling = r.options.html != ""
	w.fatal = func(err error) { failAt(t, err) }
	b := newBubble(w, func(err error) { t.Error(err) })
	w.sched = b
	r.driver.Store(b)
	t.Cleanup(func() { r.finish(t) }) // runs after all others
	defer r.catchMust(t)
	r.f(t, w)
}

// catchMust turns a panic of Must into a failure.
func (r *testRun) catchMust(t *testing.T) {
	t.Helper()
	switch p := recover().(type) {
	case nil:
		return
	case mustError:
		failAt(t, p.error)
	case string:
		if p == "wait already in progress" { // in the words of synctest
			t.Fatal(errWait)
		}
		defer panic(p)
	default:
		defer panic(p)
	}
	t.Fail() // testing does so after the cleanups
	r.panicked = true
}

// finish ends the world when the test function and its cleanups have ended.
func (r *testRun) finish(t *testing.T) {
	t.Helper()
	if b := r.driver.Load(); !r.w.isClosed() {
		b.pass(0)
	}
	r.tell(t)
	if err := r.w.Close(); err != nil {
		t.Error(err)
	}
	r.finished, r.failed = true, t.Failed()
}

// tell says how the run went. What a test has logged in a bubble is lost when
// it panics.
func (r *testRun) tell(t *testing.T) {
	t.Helper()
	w := r.w
	r.run = w.Report()
	r.run.Test, r.run.Failed = t.Name(), t.Failed()
	r.run.Replay = r.options.replay(t.Name(), testPackage(), w.Seed())
	t.Logf("sim: seed %d: %d packets in %v, trace %s (%v)", r.run.Seed, w.trace.Packets(), r.run.Now, r.run.Hash, r.run.Versions)
	if t.Failed() {
		var text strings.Builder
		_ = report.Text(&text, r.run) // a Builder takes everything
		t.Logf("\n%s", text.String())
		if r.panicked {
			fmt.Fprintln(os.Stderr, text.String())
		}
	}
	r.write(t)
}

// check compares the run with a second one.
func (r *testRun) check(again *testRun) {
	t := r.outer
	t.Helper()
	again.bubble()
	if again.w == nil || again.w.Hash() == r.w.Hash() && again.run.Hash == r.run.Hash {
		return
	}
	d, err := difference(r.w, again.w)
	switch {
	case err != nil:
		t.Errorf("sim: -sim.check: two runs with seed %d differ, and where cannot be told: %v", r.run.Seed, err)
	case d != nil:
		r.run.Difference = d
		var text strings.Builder
		_ = report.Text(&text, r.run)
		t.Errorf("sim: -sim.check: two runs with seed %d differ\n%s", r.run.Seed, text.String())
	}
}

// deadlocked reports what the bubble's runtime has given up on: goroutines
// that wait for one another, or for nothing.
func (r *testRun) deadlocked(p any) {
	r.outer.Helper()
	err, ok := p.(error)
	if !ok || !strings.HasPrefix(err.Error(), "deadlock: ") {
		panic(p)
	}
	if !r.finished { // else finish has named them
		r.outer.Error(fmt.Errorf("sim: %w", err))
		if r.w != nil && r.run == nil {
			r.tell(r.outer)
		}
	}
	r.outer.FailNow()
}
