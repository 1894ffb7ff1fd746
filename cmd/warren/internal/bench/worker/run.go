package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// askEnv is set in the environment of a process that is to be a worker.
const askEnv = "WARREN_BENCH_WORKER"

// RunIfAsked makes this process a worker, and ends it when the work is done, if
// Command has started it. Otherwise it does nothing. It belongs at the start of
// main and of TestMain, after the networks have been registered.
func RunIfAsked() {
	if os.Getenv(askEnv) == "" {
		return
	}
	// Ctrl-C reaches the whole group of processes. The one that has started
	// this one ends it, after it has heard its last answer.
	signal.Ignore(os.Interrupt)
	if err := Run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Run answers requests until in ends. It blocks; the end of in or of ctx also
// ends what is under way.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests := make(chan request)
	broken := make(chan error, 1)
	go func() {
		defer cancel()
		defer close(requests)
		broken <- read(ctx, in, requests)
	}()
	var s state
	encoder := json.NewEncoder(out)
	for r := range requests {
		a := s.do(ctx, r)
		if err := encoder.Encode(a); err != nil {
			cancel()
			return errors.Join(fmt.Errorf("worker: answering: %w", err), s.close(ctx))
		}
	}
	return errors.Join(<-broken, s.close(ctx))
}

// read passes requests on until the input or ctx ends.
func read(ctx context.Context, in io.Reader, requests chan<- request) error {
	decoder := json.NewDecoder(in)
	for {
		var r request
		err := decoder.Decode(&r)
		if err == io.EOF || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("worker: reading a request: %w", err)
		}
		select {
		case requests <- r:
		case <-ctx.Done():
			return nil
		}
	}
}

// state is what a worker has open. It belongs to the goroutine of Run.
type state struct {
	network task.Network
	closer  io.Closer
	serving *task.Serving
	task    task.Task
	cancel  context.CancelFunc // of the serving side
}

// do answers one request.
func (s *state) do(ctx context.Context, r request) answer {
	a, err := s.try(ctx, r)
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func (s *state) try(ctx context.Context, r request) (answer, error) {
	if r.Do == doOpen {
		return answer{}, s.open(r)
	}
	if s.network == nil {
		return answer{}, fmt.Errorf("worker: %q: there is no network yet: send %q first", r.Do, doOpen)
	}
	switch {
	case r.Do == doFinish || r.Do == doAbort:
		if s.serving == nil {
			return answer{}, fmt.Errorf("worker: %q: nothing is served: send %q first", r.Do, doServe)
		}
		result, err := s.finish(ctx, r.Do == doAbort)
		return answer{Result: &result}, err
	case r.Task == nil:
		return answer{}, fmt.Errorf("worker: %q: has no task: send one with it", r.Do)
	}
	switch r.Do {
	case doServe:
		return s.serve(ctx, *r.Task)
	case doDrive:
		result, err := task.Drive(ctx, s.network, *r.Task)
		return answer{Result: &result}, err
	case doRun:
		result, err := task.Run(ctx, s.network, s.network, *r.Task)
		return answer{Result: &result}, err
	}
	return answer{}, fmt.Errorf("worker: %q: is no request", r.Do)
}

// open builds the network, once.
func (s *state) open(r request) error {
	if s.network != nil {
		return errors.New("worker: there is a network already: start a worker for each")
	}
	open, err := opener(r.Kind)
	if err != nil {
		return err
	}
	s.network, s.closer, err = open(r.Spec)
	return err
}

// serve starts the serving side.
func (s *state) serve(ctx context.Context, t task.Task) (answer, error) {
	if s.serving != nil {
		return answer{}, fmt.Errorf("worker: a task is served already: send %q first", doFinish)
	}
	ctx, cancel := context.WithCancel(ctx)
	serving, err := task.Serve(ctx, s.network, t)
	if err != nil {
		cancel()
		return answer{}, err
	}
	s.serving, s.task, s.cancel = serving, t, cancel
	return answer{Address: serving.Addr().String()}, nil
}

// finish ends the serving side.
func (s *state) finish(ctx context.Context, abort bool) (task.Result, error) {
	if abort {
		s.cancel()
	}
	result, err := s.serving.Finish(ctx)
	s.cancel()
	s.serving = nil
	if abort {
		err = nil
	}
	return result, err
}

// close ends everything. ctx has ended.
func (s *state) close(ctx context.Context) error {
	if s.serving != nil {
		s.finish(ctx, true)
	}
	if s.closer == nil {
		return nil
	}
	return s.closer.Close()
}
