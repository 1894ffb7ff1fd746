package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// loopback is the variant of kernel sockets in this process.
type loopback struct{}

var (
	_ series.Variant = loopback{}
	_ series.Bed     = loopback{}
)

// Name implements series.Variant.
func (loopback) Name() string { return loopbackName }

// Open implements series.Variant.
func (loopback) Open(context.Context) (series.Bed, error) { return loopback{}, nil }

// Close implements series.Bed.
func (loopback) Close() error { return nil }

// loopbackNet is the part of 127/8 that the next sample uses.
var loopbackNet = func() *atomic.Uint32 {
	n := new(atomic.Uint32)
	n.Store(rand.Uint32())
	return n
}()

// manyStreams is from how many streams on the kernel's buffers are bounded, and
// manyBytes is to how much.
const (
	manyStreams = 100
	manyBytes   = 256 << 10
)

// Run implements series.Bed. Each sample dials addresses of its own, as often as
// the stacks are fresh ones, so that connections in TIME-WAIT use up no ports.
// Where 127.0.0.1 is the only address of the loopback there is no choice.
func (loopback) Run(ctx context.Context, t task.Task) (task.Result, error) {
	var kernel task.Kernel
	if t.Streams >= manyStreams {
		kernel.SocketBytes = manyBytes
	}
	if runtime.GOOS != "linux" {
		return task.Run(ctx, kernel, kernel, t.At("127.0.0.1:0"))
	}
	n := loopbackNet.Add(1)
	for i := range hostsCount {
		t.Hosts = append(t.Hosts, fmt.Sprintf("127.%d.%d.%d", 1+n/200%200, 1+n%200, i+1))
	}
	return task.Run(ctx, kernel, kernel, t.At("0.0.0.0:0"))
}
