//go:build !android

package bed

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
)

// side is one of the two processes of a pair.
type side struct {
	host    *namespace.Namespace // where it runs
	kind    string               // of its network
	spec    any
	address string   // where it listens
	env     []string // besides the environment of this process

	// processor, if not negative, is the only one that it runs on.
	processor int
}

// pairBed runs the two sides of a task in two processes. They are started for
// each task, so that no sample inherits the heap, the buffers or the TIME-WAITs
// of an earlier one.
type pairBed struct {
	hosts            []*namespace.Namespace // to be closed
	driving, serving side

	// dial, if not "", is the host that is dialled instead of the one that the
	// serving side listens on.
	dial string

	// between, if not nil, starts a program that the packets pass through. Its
	// processor time belongs to the sample.
	between func(ctx context.Context) (*program, error)
}

var _ series.Bed = (*pairBed)(nil)

// pin is the bed, with each side on a processor of its own if that is wanted.
// After an error the bed is closed.
func (p *pairBed) pin(wanted bool) (_ series.Bed, err error) {
	if !wanted {
		return p, nil
	}
	if p.driving.processor, p.serving.processor, err = ownProcessors(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Run implements series.Bed.
func (p *pairBed) Run(ctx context.Context, t task.Task) (r task.Result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	driving, err := p.driving.start(ctx)
	if err != nil {
		return task.Result{}, err
	}
	defer func() { err = errors.Join(err, driving.Close()) }()
	serving, err := p.serving.start(ctx)
	if err != nil {
		return task.Result{}, err
	}
	defer func() { err = errors.Join(err, serving.Close()) }()
	t.Address = p.serving.address
	if p.dial != "" {
		t.Hosts = []string{p.dial}
	}
	if p.between == nil {
		return worker.Pair(ctx, serving, driving, t)
	}
	gateway, err := p.between(ctx)
	if err != nil {
		return task.Result{}, err
	}
	defer gateway.stop()
	return gateway.charge(func() (task.Result, error) { return worker.Pair(ctx, serving, driving, t) })
}

// Close implements io.Closer.
func (p *pairBed) Close() error { return closeHosts(p.hosts...) }

// start starts the side's process and has it open its network.
func (s side) start(ctx context.Context) (*worker.Worker, error) {
	cmd, err := worker.Command()
	if err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Env, s.env...)
	var w *worker.Worker
	err = s.host.Do(func() (err error) {
		w, err = s.startPinned(ctx, child(cmd))
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := w.Open(ctx, s.kind, s.spec); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// try opens the side's network once. If that fails the machine lacks what it
// needs.
func (s side) try(ctx context.Context) error {
	w, err := s.start(ctx)
	switch {
	case ctx.Err() != nil:
		return errors.Join(context.Cause(ctx), err)
	case err != nil:
		return &series.Unavailable{Reason: err.Error()}
	}
	return w.Close()
}

// startPinned starts the process on the side's processor: a child inherits the
// processors of the thread that starts it.
func (s side) startPinned(ctx context.Context, cmd *exec.Cmd) (*worker.Worker, error) {
	if s.processor < 0 {
		return worker.Start(ctx, cmd)
	}
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("reading the processors of a thread: %w", err)
	}
	one.Set(s.processor)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return nil, fmt.Errorf("pinning to processor %d: %w", s.processor, err)
	}
	w, err := worker.Start(ctx, cmd)
	if undo := unix.SchedSetaffinity(0, &all); undo != nil && err == nil {
		return nil, errors.Join(fmt.Errorf("unpinning a thread: %w", undo), w.Close())
	}
	return w, err
}

// kernelSide is a process with the kernel's own network.
func kernelSide(host *namespace.Namespace, address string, o Options) side {
	return side{
		host: host, kind: worker.KernelKind, spec: worker.KernelSpec{Congestion: o.Congestion},
		address: address + ":0", processor: -1,
	}
}

// environment is that of both processes of the variant.
func (s Spec) environment() (env []string) {
	if s.GOMAXPROCS > 0 {
		env = append(env, "GOMAXPROCS="+strconv.Itoa(s.GOMAXPROCS))
	}
	if s.GOGC > 0 {
		env = append(env, "GOGC="+strconv.Itoa(s.GOGC))
	}
	return env
}
