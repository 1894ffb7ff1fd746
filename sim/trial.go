package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-731cb71d/warren/sim/internal/shrink"
)

// trialVariable names a directory in which -sim.shrink tells a run of the
// test, in a process of its own, with which fault events to run, and learns
// from it what happened.
const trialVariable = "WARREN_SIM_TRIAL"

const (
	trialEvents  = "events.json"  // a list of shrink.Event, written by who starts the trial
	trialOutcome = "outcome.json" // an outcome, written by the trial when its world ends
)

// outcome is what a trial leaves. Whether it failed, its process tells.
type outcome struct {
	Hash string         // of the trace
	Met  []shrink.Event // what happened of the events
}

// rehearse makes cfg's world a trial's, or one whose faults come from a file
// or are to be written down, as the environment and o ask for.
func (cfg *Config) rehearse(o *options) error {
	if dir := os.Getenv(trialVariable); dir != "" {
		data, err := os.ReadFile(filepath.Join(dir, trialEvents))
		if err != nil {
			return fmt.Errorf("sim: %s: %w", trialVariable, err)
		}
		events := []shrink.Event{} // none is a list, too
		if err := json.Unmarshal(data, &events); err != nil {
			return fmt.Errorf("sim: %s: %w", trialVariable, err)
		}
		cfg.rehearsal = rehearsal{replay: events}
		return nil
	}
	if o.faults != "" {
		r, err := readReduced(o.faults)
		if err != nil {
			return err
		}
		cfg.Faults = r.faults
		if r.seed != 0 {
			cfg.Seed = r.seed
		}
	}
	cfg.rehearsal.record = o.shrink != ""
	return nil
}

// leaveOutcome is the end of a trial.
func (r *testRun) leaveOutcome() error {
	if r.w == nil {
		return nil
	}
	o := outcome{Hash: r.w.Hash(), Met: r.w.stage.replayer.Met()}
	if r.run != nil {
		o.Hash = r.run.Hash // before all was closed
	}
	data, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("sim: %s: %w", trialVariable, err)
	}
	return os.WriteFile(filepath.Join(os.Getenv(trialVariable), trialOutcome), data, 0o600)
}
