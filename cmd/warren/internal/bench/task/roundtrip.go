package task

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// samplesMax bounds the latencies that are kept; a measurement ends early when
// it has as many.
const samplesMax = 1 << 20

// serveRoundTrip answers each message with one of the same size.
func serveRoundTrip(ctx context.Context, l net.Listener, t Task) (Result, error) {
	conns, err := acceptAll(ctx, l, 1)
	if err != nil {
		return Result{}, err
	}
	c := conns[0]
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	from, operations := useNow(), int64(0)
	for in, out := make([]byte, t.WriteBytes), make([]byte, t.ReadBytes); ; operations++ {
		if _, err := io.ReadFull(c, in); err == io.EOF {
			break
		} else if err != nil {
			return Result{}, ended(ctx, fmt.Errorf("after %d round trips: %w", operations, err))
		}
		if _, err := c.Write(out); err != nil {
			return Result{}, ended(ctx, fmt.Errorf("after %d round trips: %w", operations, err))
		}
	}
	result := useNow().since(from)
	result.Work = operations
	return result, nil
}

// driveRoundTrip sends and waits for the answer, again and again.
func driveRoundTrip(ctx context.Context, n Network, t Task) (Result, error) {
	conns, err := dialAll(ctx, n, t, 1)
	if err != nil {
		return Result{}, err
	}
	c := conns[0]
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	out, in := make([]byte, t.WriteBytes), make([]byte, t.ReadBytes)
	samples := make([]int64, 0, samplesMax)
	if samples, err = exchange(c, out, in, t.Warmup, samples); err != nil {
		return Result{}, ended(ctx, err)
	}
	from := useNow()
	if samples, err = exchange(c, out, in, t.Duration, samples[:0]); err != nil {
		return Result{}, ended(ctx, err)
	}
	result := useNow().since(from)
	result.Operations, result.Work = int64(len(samples)), int64(len(samples))
	result.Latency = latency(samples)
	return result, nil
}

// exchange makes round trips for d and appends how long each took, in
// nanoseconds.
func exchange(c net.Conn, out, in []byte, d time.Duration, samples []int64) ([]int64, error) {
	begin := time.Now()
	for last := begin; last.Sub(begin) < d && len(samples) < cap(samples); {
		if _, err := c.Write(out); err != nil {
			return samples, fmt.Errorf("after %d round trips: %w", len(samples), err)
		}
		if _, err := io.ReadFull(c, in); err != nil {
			return samples, fmt.Errorf("after %d round trips: %w", len(samples), err)
		}
		now := time.Now()
		samples = append(samples, now.Sub(last).Nanoseconds())
		last = now
	}
	return samples, nil
}
