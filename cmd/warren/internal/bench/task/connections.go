package task

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
)

// serveConnections answers the first message of each connection, waits for its
// end and closes it, until the listener is closed.
func serveConnections(ctx context.Context, l net.Listener, t Task) (Result, error) {
	var open openConns
	stop := context.AfterFunc(ctx, open.closeAll)
	defer stop()
	var served atomic.Int64
	var serving sync.WaitGroup
	from := useNow()
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			open.closeAll()
			serving.Wait()
			return Result{}, ended(ctx, fmt.Errorf("after %s: %w", count.Of(served.Load(), "connection"), err))
		}
		open.add(c)
		serving.Go(func() {
			defer open.end(c)
			if answer(c, t) == nil {
				served.Add(1)
			}
		})
	}
	serving.Wait()
	result := useNow().since(from)
	result.Work = served.Load()
	return result, context.Cause(ctx)
}

// answer serves one connection.
func answer(c net.Conn, t Task) error {
	buf := make([]byte, max(t.WriteBytes, t.ReadBytes))
	if _, err := io.ReadFull(c, buf[:t.WriteBytes]); err != nil {
		return err
	}
	if _, err := c.Write(buf[:t.ReadBytes]); err != nil {
		return err
	}
	_, err := c.Read(buf)
	if err == io.EOF {
		return nil
	}
	return fmt.Errorf("instead of the end: %v", err)
}

// openConns are connections that must not outlive a task.
type openConns struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// add keeps c until end, or closes it if it is too late.
func (o *openConns) add(c net.Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		c.Close()
		return
	}
	if o.conns == nil {
		o.conns = map[net.Conn]struct{}{}
	}
	o.conns[c] = struct{}{}
}

// end closes c.
func (o *openConns) end(c net.Conn) {
	c.Close()
	o.mu.Lock()
	delete(o.conns, c)
	o.mu.Unlock()
}

// closeAll closes what is open and what comes later.
func (o *openConns) closeAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for c := range o.conns {
		c.Close()
	}
}

// driveConnections connects with several workers.
func driveConnections(ctx context.Context, n Network, t Task) (Result, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var open openConns
	stop := context.AfterFunc(ctx, open.closeAll)
	defer stop()
	begin := time.Now().Add(t.Warmup)
	w := connector{network: n, task: t, open: &open, begin: begin, end: begin.Add(t.Duration)}
	tallies := make([]tally, t.Workers)
	var workers sync.WaitGroup
	for i := range tallies {
		workers.Go(func() {
			if err := w.run(ctx, i, &tallies[i]); err != nil {
				fail(err)
			}
		})
	}
	result, err := w.watch(ctx)
	workers.Wait()
	if err != nil {
		return Result{}, err
	}
	var samples []int64
	for _, ty := range tallies {
		samples = append(samples, ty.samples...)
		result.Errors += ty.errors
		if result.FirstError == "" && ty.err != nil {
			result.FirstError = ty.err.Error()
		}
	}
	result.Seconds = t.Duration.Seconds()
	result.Operations, result.Work = int64(len(samples)), int64(len(samples))
	result.Latency = latency(samples)
	return result, context.Cause(ctx)
}

// tally is what one worker has seen in the measured time.
type tally struct {
	samples []int64
	errors  int64
	err     error
}

// connector makes connections one after the other. It belongs to all workers
// and does not change.
type connector struct {
	network    Network
	task       Task
	open       *openConns
	begin, end time.Time
}

// watch returns what the process uses in the measured time.
func (w *connector) watch(ctx context.Context) (Result, error) {
	if err := pause(ctx, time.Until(w.begin)); err != nil {
		return Result{}, err
	}
	from := useNow()
	if err := pause(ctx, time.Until(w.end)); err != nil {
		return Result{}, err
	}
	return useNow().since(from), nil
}

// run connects until the time is over. A first connection that fails ends
// everything; it dials with a context that can end, which the others do without:
// for that package net starts a goroutine per dial.
func (w *connector) run(ctx context.Context, worker int, t *tally) error {
	dialling, buf := ctx, make([]byte, max(w.task.WriteBytes, w.task.ReadBytes))
	for i := 0; ctx.Err() == nil && len(t.samples) < samplesMax; i++ {
		begin := time.Now()
		if begin.After(w.end) {
			break
		}
		err := w.once(dialling, worker+i*w.task.Workers, buf)
		if err != nil && i == 0 {
			return fmt.Errorf("the first connection: %w", err)
		}
		dialling = context.WithoutCancel(ctx)
		end := time.Now()
		switch {
		case begin.Before(w.begin) || end.After(w.end):
		case err != nil:
			t.errors++
			t.err = err
		default:
			t.samples = append(t.samples, end.Sub(begin).Nanoseconds())
		}
	}
	return nil
}

// once connects, sends, receives and closes.
func (w *connector) once(ctx context.Context, i int, buf []byte) error {
	address, err := w.task.target(i)
	if err != nil {
		return err
	}
	c, err := w.network.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	w.open.add(c)
	defer w.open.end(c)
	if _, err := c.Write(buf[:w.task.WriteBytes]); err != nil {
		return err
	}
	_, err = io.ReadFull(c, buf[:w.task.ReadBytes])
	return err
}
