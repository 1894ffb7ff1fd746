package task

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
)

// serveStreams accepts all streams before the first byte moves.
func serveStreams(ctx context.Context, l net.Listener, t Task) (Result, error) {
	conns, err := acceptAll(ctx, l, t.Streams)
	if err != nil {
		return Result{}, err
	}
	if t.Direction == FromAcceptor {
		return send(ctx, conns, t)
	}
	return receive(ctx, conns, t)
}

// driveStreams dials all streams before the first byte moves.
func driveStreams(ctx context.Context, n Network, t Task) (Result, error) {
	conns, err := dialAll(ctx, n, t, t.Streams)
	if err != nil {
		return Result{}, err
	}
	if t.Direction == FromAcceptor {
		return receive(ctx, conns, t)
	}
	return send(ctx, conns, t)
}

// send writes to all connections until the receiver closes them. What it could
// not send the receiver notices.
func send(ctx context.Context, conns []net.Conn, t Task) (Result, error) {
	stop := context.AfterFunc(ctx, func() { interrupt(conns) })
	defer stop()
	piece := make([]byte, t.WriteBytes)
	var sent atomic.Int64
	from := useNow()
	var writers sync.WaitGroup
	for _, c := range conns {
		writers.Go(func() {
			defer c.Close()
			var bytes int64
			for {
				n, err := c.Write(piece)
				bytes += int64(n)
				if err != nil {
					sent.Add(bytes)
					return
				}
			}
		})
	}
	writers.Wait()
	result := useNow().since(from)
	result.Work = sent.Load()
	return result, context.Cause(ctx)
}

// interrupt ends calls on connections, each of which its goroutine then closes.
// Package net's Close waits for calls on the same connection; among a thousand
// busy goroutines, one Close after the other would take minutes.
func interrupt(conns []net.Conn) {
	for _, c := range conns {
		c.SetDeadline(time.Unix(1, 0))
	}
}

// streamCounter counts what one stream has received. It fills a cache line, so
// that streams on several cores do not share one.
type streamCounter struct {
	bytes atomic.Int64
	_     [56]byte
}

// receive reads from all connections, counts during the task's Duration, and
// ends by closing them, which ends the sender as well.
func receive(ctx context.Context, conns []net.Conn, t Task) (Result, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	counters := make([]streamCounter, len(conns))
	var over atomic.Bool
	var readers sync.WaitGroup
	for i, c := range conns {
		readers.Go(func() {
			defer c.Close()
			counter := &counters[i].bytes
			for buf := make([]byte, t.ReadBytes); !over.Load(); {
				n, err := c.Read(buf)
				counter.Add(int64(n))
				if err == nil {
					continue
				}
				if !over.Load() {
					fail(fmt.Errorf("stream %d of %d ended after %s: %w", i, len(conns), count.Of(counter.Load(), "byte"), err))
				}
				return
			}
		})
	}
	result, err := window(ctx, t, counters)
	over.Store(true)
	interrupt(conns)
	readers.Wait()
	return result, err
}

// window counts for the task's Duration, after its Warmup.
func window(ctx context.Context, t Task, counters []streamCounter) (Result, error) {
	if err := pause(ctx, t.Warmup); err != nil {
		return Result{}, err
	}
	before := make([]int64, len(counters))
	streams := make([]int64, len(counters))
	from := useNow()
	for i := range counters {
		before[i] = counters[i].bytes.Load()
	}
	if err := pause(ctx, t.Duration); err != nil {
		return Result{}, err
	}
	to := useNow()
	result := to.since(from)
	for i := range counters {
		streams[i] = counters[i].bytes.Load() - before[i]
		result.Bytes += streams[i]
	}
	result.Streams, result.Work = streams, result.Bytes
	return result, nil
}
