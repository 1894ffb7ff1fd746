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

	failure string            // what a trial has to say to have failed as the run did; "" anything
	learned map[string]answer // of trials before the search, by their events
	runs    int
	said    []string // by the last trial
	outcome outcome  // of the last trial
}

// trialSeconds bounds a trial that hangs. It then has not failed as the run
// did.
const trialSeconds = 60

func newTrials(test string, seed uint64) (*trials, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "warren-sim-")
	if err != nil {
		return nil, err
	}
	return &trials{test: test, seed: seed, program: program, dir: dir, learned: map[string]answer{}}, nil
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

// answer is what a trial has come to.
type answer struct {
	failed bool
	said   []string
}

// learn finds out what the failure says that a run without faults does not.
func (tr *trials) learn(events []shrink.Event) error {
	none, err := tr.first(nil)
	if err != nil {
		return err
	}
	for _, list := range [][]shrink.Event{events, shrink.Packets(events)} {
		all, err := tr.first(list)
		if err != nil {
			return err
		}
		if !all.failed {
			continue
		}
		for _, said := range all.said {
			if !slices.Contains(none.said, said) {
				tr.failure = said
				break
			}
		}
		return nil
	}
	return shrink.ErrPasses
}

// first makes a trial whose answer holds when it is asked for again.
func (tr *trials) first(events []shrink.Event) (answer, error) {
	failed, err := tr.run(events)
	a := answer{failed, tr.said}
	tr.learned[listKey(events)] = a
	return a, err
}

func listKey(events []shrink.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintln(&b, e, e.Like)
	}
	return b.String()
}

// fails makes a trial, or takes the answer of one of the first, once, and
// tells whether it failed as the run did.
func (tr *trials) fails(events []shrink.Event) (bool, error) {
	k := listKey(events)
	a, ok := tr.learned[k]
	if ok {
		delete(tr.learned, k)
	} else {
		failed, err := tr.run(events)
		if err != nil {
			return false, err
		}
		a = answer{failed, tr.said}
	}
	return a.failed && (tr.failure == "" || slices.Contains(a.said, tr.failure)), nil
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
