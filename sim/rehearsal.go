package sim

import (
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/shrink"
	"github.com/seed-731cb71d/warren/sim/report"
)

// rehearsal is what a world is told about a run that is written down, or
// played again by what was written down.
type rehearsal struct {
	record bool           // write down what faults do
	replay []shrink.Event // judge by these alone, if not nil
}

// stage is the part of a world between its network and its faults. Its zero
// value leaves both alone.
type stage struct {
	recorder *shrink.Recorder // nil if nothing is written down
	replayer *shrink.Replayer // nil if the program's faults hold
	muted    *fault.Set       // with replayer: the program's faults that do nothing
}

// newStage returns the stage that cfg asks for, and who judges packets on it.
func newStage(cfg *Config, judge engine.Judge) (stage, engine.Judge, error) {
	events := cfg.rehearsal.replay
	if events == nil && cfg.Faults != nil {
		err := checkFaults(cfg.Faults)
		if err != nil {
			return stage{}, nil, err
		}
		if events, err = shrink.FromFaults(cfg.Faults); err != nil {
			return stage{}, nil, err
		}
	}
	var s stage
	if events != nil {
		var err error
		if s.replayer, err = shrink.NewReplayer(faultSeed(cfg.Seed), events); err != nil {
			return stage{}, nil, err
		}
		s.muted = fault.NewSet(0)
		s.muted.Serve(nobody{})
		judge = s.replayer
	}
	if cfg.rehearsal.record {
		s.recorder = shrink.NewRecorder(judge)
		judge = s.recorder
	}
	return s, judge, nil
}

// checkFaults finds faults whose values make no sense.
func checkFaults(list fault.List) error {
	try := fault.NewSet(0)
	try.Serve(nobody{})
	for i, f := range list {
		if _, err := try.Add(f); err != nil {
			return fmt.Errorf("sim: Config.Faults[%d]: %w", i, err)
		}
	}
	return nil
}

// faultSeed is what faults draw from in a world with a seed.
func faultSeed(seed uint64) fault.Seed { return fault.Seed(seed).For("faults", 0) }

// add adds a fault of the program to the world's.
func (s *stage) add(faults *fault.Set, f fault.Fault) (*fault.Handle, error) {
	if s.replayer != nil && f != nil && !s.replayer.Takes(f) {
		return s.muted.Add(f)
	}
	h, err := faults.Add(f)
	if err != nil {
		return nil, err
	}
	if s.replayer != nil {
		s.replayer.Added(h)
	}
	if s.recorder != nil {
		s.recorder.Added(h)
	}
	return h, nil
}

// report lists the faults that hold, and how often each has hit: those of the
// program, or of the list that stands in for them.
func (s *stage) report(faults *fault.Set) []report.Fault {
	var list []report.Fault
	if s.replayer == nil {
		for _, h := range faults.Handles() {
			list = append(list, report.Fault{Line: h.String(), Hits: h.Hits()})
		}
		return list
	}
	for e, hits := range s.replayer.Hits() {
		list = append(list, report.Fault{Line: e.String(), Hits: hits})
	}
	return list
}

// nobody are hosts to which nothing happens.
type nobody struct{}

func (nobody) Now() time.Duration { return 0 }

func (nobody) Plan(fault.HostEvent, func()) (func() bool, error) {
	return func() bool { return true }, nil
}
