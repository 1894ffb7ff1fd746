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
	defer func() { abandon(pairs) }()
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
			abandon([][2]net.Conn{pair})
			return pair, err
		}
	}
	return pair, nil
}

// closersMax is how many connections are closed at the same time. The packets of
// a thousand would be more than a link's queue holds.
const closersMax = 4

// closePairs closes both ends of all, the dialled ones first, and waits between
// the two for the first end's FIN, as a program does that reads until the end.
func closePairs(pairs [][2]net.Conn) {
	var closing sync.WaitGroup
	for part := range closersMax {
		closing.Go(func() {
			buf := make([]byte, 1)
			for i := part; i < len(pairs); i += closersMax {
				if near, far := pairs[i][0], pairs[i][1]; near != nil && far != nil {
					near.Close()
					far.SetReadDeadline(time.Now().Add(closeMax))
					far.Read(buf)
					far.Close()
				}
			}
		})
	}
	closing.Wait()
}

// closeMax is how long a FIN may take.
const closeMax = time.Second

// abandon closes what is left of an idle task that has failed, without waiting.
func abandon(pairs [][2]net.Conn) {
	for _, pair := range pairs {
		for _, c := range pair {
			if c == nil {
				continue
			}
			if c, ok := c.(interface{ SetLinger(seconds int) error }); ok {
				c.SetLinger(0)
			}
			c.Close()
		}
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
