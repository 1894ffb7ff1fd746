package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-731cb71d/warren/sim/internal/gotest"
	"github.com/seed-731cb71d/warren/sim/internal/shrink"
)

// trials runs a failing test again and again, each time in a process of its
// own, with some of the fault events of its run.
type trials struct {
	test    string
	seed    uint64
	program string // this test binary
	dir     string // where a trial finds its events and leaves its outcome

	failure string // what a trial has to say to have failed as the run did; "" anything
	runs    int
	said    []string // by the last trial
	outcome outcome  // of the last trial
}

// trialSeconds bounds a trial that hangs. It then has not failed as the run
// did.
const trialSeconds = 60

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
	if err := tr.merge(&result); err != nil {
		return shrink.Result{}, finding{}, err
	}
	if err := tr.settle(&result); err != nil { // the last trial is the result's
		return shrink.Result{}, finding{}, err
	}
	found, err := r.record(tr, len(events), &result)
	return result, found, err
}

func newTrials(test string, seed uint64) (*trials, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "warren-sim-")
	if err != nil {
		return nil, err
	}
	return &trials{test: test, seed: seed, program: program, dir: dir}, nil
}

// run makes one trial.
func (tr *trials) run(events []shrink.Event) (failed bool, err error) {
	if events == nil {
		events = []shrink.Event{}
	}
	data, err := json.Marshal(events)
	if err != nil {
		return false, err
	}
	if err := os.WriteFile(filepath.Join(tr.dir, trialEvents), data, 0o600); err != nil {
		return false, err
	}
	left := filepath.Join(tr.dir, trialOutcome)
	if err := os.Remove(left); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	args := []string{"-test.run=" + gotest.Pattern(tr.test), "-test.count=1", "-test.v=true", fmt.Sprintf("-test.timeout=%ds", trialSeconds)}
	cmd := exec.Command(tr.program, append(args, testFlags()...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, environment+"=") })
	cmd.Env = append(cmd.Env, fmt.Sprintf("%s=seed=%d", environment, tr.seed), trialVariable+"="+tr.dir)
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return false, err
	}
	tr.runs++
	failed = err != nil
	tr.said = gotest.Complaints(string(output))
	tr.outcome = outcome{}
	data, err = os.ReadFile(left)
	if err == nil {
		err = json.Unmarshal(data, &tr.outcome)
	} else if failed {
		err = nil // it did not come to its end
	} else {
		err = fmt.Errorf("run by itself, %s passes without making a world: its worlds must not depend on other tests\n%s", tr.test, output)
	}
	return failed, err
}

// learn finds out what the failure says that a run without faults does not.
func (tr *trials) learn(events []shrink.Event) error {
	failed, err := tr.run(events)
	if err != nil {
		return err
	}
	if !failed {
		return shrink.ErrPasses
	}
	all := tr.said
	if _, err := tr.run(nil); err != nil {
		return err
	}
	for _, said := range all {
		if !slices.Contains(tr.said, said) {
			tr.failure = said
			break
		}
	}
	return nil
}

// fails makes a trial and tells whether it failed as the run did.
func (tr *trials) fails(events []shrink.Event) (bool, error) {
	failed, err := tr.run(events)
	return failed && (tr.failure == "" || slices.Contains(tr.said, tr.failure)), err
}

// settle replaces the events of a result by what they were in the reduced run,
// and makes sure that this is the same run again.
func (tr *trials) settle(result *shrink.Result) error {
	failed, err := tr.fails(result.Events)
	if err != nil {
		return err
	}
	first := tr.outcome
	if failed && first.Hash != "" {
		failed, err = tr.fails(first.Met)
	}
	if err != nil {
		return err
	}
	if !failed || first.Hash != tr.outcome.Hash {
		return fmt.Errorf("%w (with a list of %d; traces %.16s and %.16s)", shrink.ErrFlaky, len(result.Events), first.Hash, tr.outcome.Hash)
	}
	if first.Hash != "" {
		result.Events = first.Met
	}
	return nil
}

// merge tries whether one outage does what several lost packets do.
func (tr *trials) merge(result *shrink.Result) error {
	for _, events := range shrink.Merge(result.Events) {
		merged, err := shrink.Minimize(events, tr.fails, shrink.Budget{Runs: mergeRuns})
		if errors.Is(err, shrink.ErrPasses) {
			continue
		}
		if err == nil {
			err = tr.settle(&merged)
		}
		if err != nil {
			return err
		}
		if len(merged.Events) < len(result.Events) {
			*result = merged
			return nil
		}
	}
	return nil
}

// mergeRuns bounds what is spent on a list that is short already.
const mergeRuns = 200

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
