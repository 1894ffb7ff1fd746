package task

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
)

// Drive dials t.Address, where Serve listens for the same task, does the work
// and returns what this side has seen. An error of single connections of
// Connections is counted in the result, any other one fails the task.
func Drive(ctx context.Context, n Network, t Task) (Result, error) {
	t, err := t.check()
	if err != nil {
		return Result{}, err
	}
	drive, ok := drivers[t.Kind]
	if !ok {
		return Result{}, fmt.Errorf("task: Kind %q: has no driving side: use Run", t.Kind)
	}
	runtime.GC()
	limit := t.Warmup + t.Duration + grace
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("task: the driving side did not end within %v", limit))
	defer cancel()
	return drive(ctx, n, t)
}

// drivers are the driving sides. They return when the work is done or ctx ends
// and leave nothing behind.
var drivers = map[Kind]func(ctx context.Context, n Network, t Task) (Result, error){
	Stream:      driveStreams,
	RoundTrip:   driveRoundTrip,
	Connections: driveConnections,
}

// Run runs both sides in this process, the serving one on serving and the
// driving one on driving, which may be the same network.
func Run(ctx context.Context, serving, driving Network, t Task) (Result, error) {
	if t.Kind == Idle {
		return runIdle(ctx, serving, driving, t)
	}
	s, err := Serve(ctx, serving, t)
	if err != nil {
		return Result{}, err
	}
	driven, err := Drive(ctx, driving, t.At(s.Addr().String()))
	if err != nil {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, serveErr := s.Finish(gone)
		return Result{}, errors.Join(err, notCanceled(serveErr))
	}
	served, err := s.Finish(ctx)
	if err != nil {
		return Result{}, err
	}
	return Merge(t, driven, served), nil
}

// notCanceled is err, unless that only says that it was told to end.
func notCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// dialAll makes n connections, or closes those that it has.
func dialAll(ctx context.Context, n Network, t Task, count int) ([]net.Conn, error) {
	conns := make([]net.Conn, 0, count)
	for i := range count {
		address, err := t.target(i)
		if err == nil {
			var c net.Conn
			if c, err = n.DialContext(ctx, "tcp", address); err == nil {
				conns = append(conns, c)
				continue
			}
		}
		closeAll(conns)
		return nil, ended(ctx, fmt.Errorf("made %d of %d connections: %w", i, count, err))
	}
	return conns, nil
}
