package simrows

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// schedule runs the worlds of experiments, in order, as many at once as Go uses
// processors.
type schedule struct {
	runs    []*experimentRun
	cancel  context.CancelFunc
	running sync.WaitGroup // the starter and all worlds
}

// experimentRun is an experiment with a world for each seed. Its fields may be
// read once pending is done.
type experimentRun struct {
	experiment experiment
	pending    sync.WaitGroup
	outcomes   []outcome
	errs       []error
}

// start starts the worlds of a list, with a goroutine that waits for free
// processors. stop must be called.
func start(ctx context.Context, e Effort, list []experiment) *schedule {
	ctx, cancel := context.WithCancel(ctx)
	s := &schedule{cancel: cancel}
	for _, x := range list {
		n := x.seeds(e)
		r := &experimentRun{experiment: x, outcomes: make([]outcome, n), errs: make([]error, n)}
		r.pending.Add(n)
		s.runs = append(s.runs, r)
	}
	s.running.Go(func() {
		free := make(chan struct{}, runtime.GOMAXPROCS(0))
		for _, r := range s.runs {
			for i := range r.outcomes {
				free <- struct{}{}
				s.running.Go(func() {
					r.outcomes[i], r.errs[i] = r.experiment.transfer(uint64(i+1), e).run(ctx)
					r.pending.Done()
					<-free
				})
			}
		}
	})
	return s
}

// wait waits for an experiment, and returns what came out of each seed.
func (s *schedule) wait(i int) ([]outcome, error) {
	r := s.runs[i]
	r.pending.Wait()
	for _, err := range r.errs {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.experiment.name, err)
		}
	}
	return r.outcomes, nil
}

// stop ends what is running and waits for it.
func (s *schedule) stop() {
	s.cancel()
	s.running.Wait()
}
