package task

import (
	"context"
	"os"
	"runtime"
	"time"
)

// usage is what the process has used up to a moment.
type usage struct {
	at      time.Time
	cpu     time.Duration
	mallocs uint64
	bytes   uint64
}

// useNow reads the counters. It stops the world for some microseconds.
func useNow() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{at: time.Now(), cpu: processTime(), mallocs: m.Mallocs, bytes: m.TotalAlloc}
}

// since makes a result of what was used from one moment to another.
func (to usage) since(from usage) Result {
	return Result{
		Seconds:        to.at.Sub(from.at).Seconds(),
		CPUSeconds:     (to.cpu - from.cpu).Seconds(),
		Allocations:    int64(to.mallocs - from.mallocs),
		AllocatedBytes: int64(to.bytes - from.bytes),
		Process:        os.Getpid(),
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
