package task

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
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

// send writes to all connections until the receiver closes them, and closes
// them too. What it could not send the receiver notices.
func send(ctx context.Context, conns []net.Conn, t Task) (Result, error) {
	defer closeAll(conns)
	stop := context.AfterFunc(ctx, func() { closeAll(conns) })
	defer stop()
	piece := make([]byte, t.WriteBytes)
	var sent atomic.Int64
	from := useNow()
	var writers sync.WaitGroup
	for _, c := range conns {
		writers.Go(func() {
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
			buf := make([]byte, t.ReadBytes)
			for {
				n, err := c.Read(buf)
				counters[i].bytes.Add(int64(n))
				if err != nil {
					if !over.Load() {
						fail(fmt.Errorf("stream %d of %d ended after %d bytes: %w", i, len(conns), counters[i].bytes.Load(), err))
					}
					return
				}
			}
		})
	}
	result, err := window(ctx, t, counters)
	over.Store(true)
	closeAll(conns)
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
