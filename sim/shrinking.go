package sim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/seed-731cb71d/warren/sim/internal/shrink"
)

// shrink looks for the few fault events that the failure of r needs, and
// writes them to a file.
func (r *testRun) shrink() {
	t := r.outer
	t.Helper()
	result, found, err := r.reduce()
	if err != nil {
		t.Errorf("sim: -sim.shrink: %v", err)
		return
	}
	var b strings.Builder
	for _, e := range result.Events {
		fmt.Fprintf(&b, "    %v\n", e.Fault)
	}
	t.Logf("sim: -sim.shrink: %s, written to %s:\n%s%s", found.summary, found.file, b.String(), found.replay)
}

// finding is what a reduction says and where it was written.
type finding struct{ summary, file, replay string }

func (r *testRun) reduce() (shrink.Result, finding, error) {
	if r.w == nil || r.w.stage.recorder == nil {
		return shrink.Result{}, finding{}, errors.New("the test failed without a world: there are no faults to reduce")
	}
	if !r.first {
		return shrink.Result{}, finding{}, errors.New("the test has made a world before this one, and one run is to be one world: put each into a subtest")
	}
	events, err := r.w.stage.recorder.Events()
	if err != nil {
		return shrink.Result{}, finding{}, err
	}
	tr, err := newTrials(r.outer.Name(), r.w.Seed())
	if err != nil {
		return shrink.Result{}, finding{}, err
	}
	defer os.RemoveAll(tr.dir)
	if err := tr.learn(events); err != nil {
		return shrink.Result{}, finding{}, err
	}
	result, err := shrink.Minimize(events, tr.fails, shrink.Budget{})
	if err != nil {
		return shrink.Result{}, finding{}, err
	}
	if err := tr.settle(&result); err != nil {
		return shrink.Result{}, finding{}, err
	}
	settled := tr.runs
	if err := tr.merge(&result); err != nil {
		return shrink.Result{}, finding{}, err
	}
	if tr.runs > settled { // the last trial is to be the result's
		if err := tr.settle(&result); err != nil {
			return shrink.Result{}, finding{}, err
		}
	}
	found, err := r.record(tr, len(events), &result)
	return result, found, err
}

// record writes the reduced run to a file.
func (r *testRun) record(tr *trials, before int, result *shrink.Result) (finding, error) {
	file := r.options.shrink
	name := fmt.Sprintf("%s-%d.scenario", fileName(tr.test), tr.seed)
	if file == shrinkHere {
		file = name
	} else if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, name)
	}
	o := options{faults: file}
	found := finding{
		summary: fmt.Sprintf("%d of %d fault events are left after %d runs", len(result.Events), before, tr.runs),
		file:    file,
		replay:  o.replay(tr.test, testPackage(), tr.seed),
	}
	if !result.Minimal {
		found.summary += ", and fewer may do: the runs were not enough"
	}
	remarks := []string{tr.test + ": " + found.summary + ".", found.replay}
	observed := append([]string{"fails"}, tr.said...)
	if tr.outcome.Hash != "" {
		observed = append(observed, "trace "+tr.outcome.Hash)
	}
	words := append([]string{testPackage(), tr.test}, buildFlags()...)
	return found, writeReduced(file, remarks, tr.seed, append(words, testFlags()...), result.Events, observed)
}

// concludeLater has a trial say how it went, and a failure be reduced, when
// the test function is over: a bubble that fails ends it at once. before
// tells whether the test had failed before this run.
func (r *testRun) concludeLater(before bool) {
	switch {
	case os.Getenv(trialVariable) != "":
		r.outer.Cleanup(func() {
			r.outer.Helper()
			if err := r.leaveOutcome(); err != nil {
				r.outer.Error(err)
			}
		})
	case r.outer.Failed() && !before && r.options.shrink != "":
		r.outer.Cleanup(func() {
			r.outer.Helper()
			r.shrink()
		})
	}
}

// worldsOf counts the worlds that tests have made, by their *testing.T. A test
// that is over is forgotten.
var worldsOf sync.Map

// isFirst reports whether the call is the first for t.
func isFirst(t *testing.T) bool {
	_, loaded := worldsOf.LoadOrStore(t, true)
	if !loaded {
		t.Cleanup(func() { worldsOf.Delete(t) })
	}
	return !loaded
}
