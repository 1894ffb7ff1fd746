package task

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"sync"
	"time"
)

// runIdle opens connections within the process, compares the heap and the
// goroutines with those before, and does so again after all have closed.
func runIdle(ctx context.Context, serving, driving Network, t Task) (Result, error) {
	t, err := t.check()
	if err != nil {
		return Result{}, err
	}
	l, err := serving.Listen(ctx, "tcp", t.Address)
	if err != nil {
		return Result{}, err
	}
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	pairs := make([][2]net.Conn, 0, t.Streams)
	before, began := footprintNow(), time.Now()
	defer func() { closePairs(pairs) }()
	for i := range t.Streams {
		pair, err := openPair(ctx, driving, l, t.At(l.Addr().String()), i)
		if err != nil {
			return Result{}, ended(ctx, fmt.Errorf("opened %d of %d connections: %w", i, t.Streams, err))
		}
		pairs = append(pairs, pair)
	}
	result := Result{Seconds: time.Since(began).Seconds(), Process: os.Getpid()}
	open, endpoints := footprintNow(), float64(2*t.Streams)
	result.Idle = Memory{
		Endpoints:  2 * t.Streams,
		HeapBytes:  (open.heap - before.heap) / endpoints,
		Goroutines: (open.goroutines - before.goroutines) / endpoints,
	}
	closePairs(pairs)
	clear(pairs)
	after, err := footprintLike(ctx, before, endpoints)
	result.Idle.HeapAfter = (after.heap - before.heap) / endpoints
	result.Idle.GoroutinesAfter = (after.goroutines - before.goroutines) / endpoints
	return result, err
}

// openPair makes one connection and sends over it what the task asks for.
func openPair(ctx context.Context, n Network, l net.Listener, t Task, i int) (pair [2]net.Conn, err error) {
	address, err := t.target(i)
	if err != nil {
		return pair, err
	}
	if pair[0], err = n.DialContext(ctx, "tcp", address); err != nil {
		return pair, err
	}
	if pair[1], err = l.Accept(); err != nil {
		pair[0].Close()
		return pair, err
	}
	if t.WriteBytes == 0 {
		return pair, nil
	}
	buf := make([]byte, t.WriteBytes)
	for i, c := range pair {
		if _, err = c.Write(buf); err == nil {
			_, err = io.ReadFull(pair[1-i], buf)
		}
		if err != nil {
			closePairs([][2]net.Conn{pair})
			return pair, err
		}
	}
	return pair, nil
}

// closePairs closes both ends of all, the dialled ones first.
func closePairs(pairs [][2]net.Conn) {
	for end := range 2 {
		var closing sync.WaitGroup
		for part := range 4 {
			closing.Go(func() {
				for i := part; i < len(pairs); i += 4 {
					if c := pairs[i][end]; c != nil {
						c.Close()
					}
				}
			})
		}
		closing.Wait()
	}
}

// footprint is what the process holds on to.
type footprint struct {
	heap, goroutines float64
}

// footprintNow collects garbage twice, because what pools hold survives once.
func footprintNow() footprint {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{heap: float64(m.HeapAlloc), goroutines: float64(runtime.NumGoroutine())}
}

// What closed connections keep goes with their last packets, which takes a
// moment, and in parts: the wait is over when everything is back or when nothing
// has changed for a while.
const (
	settleMax    = 5 * time.Second
	settlePause  = 100 * time.Millisecond
	settleStable = 5  // pauses without a change
	settledHeap  = 64 // bytes per endpoint that are no change
)

// footprintLike waits until the footprint is that of before again, and for as
// long as it may take at most.
func footprintLike(ctx context.Context, before footprint, endpoints float64) (footprint, error) {
	last, stable := footprint{}, 0
	for began := time.Now(); ; {
		now := footprintNow()
		back := now.goroutines <= before.goroutines && now.heap-before.heap <= settledHeap*endpoints
		if now.goroutines != last.goroutines || math.Abs(now.heap-last.heap) > settledHeap*endpoints {
			last, stable = now, 0
		}
		stable++
		if back || stable > settleStable || time.Since(began) > settleMax {
			return now, nil
		}
		if err := pause(ctx, settlePause); err != nil {
			return now, err
		}
	}
}
