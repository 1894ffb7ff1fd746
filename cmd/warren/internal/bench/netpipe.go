package bench

import (
	"context"
	"net"
	"sync"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// netPipe is the variant of net.Pipe: one copy and no protocol, the end of what
// two goroutines can do.
type netPipe struct{}

var (
	_ series.Variant = netPipe{}
	_ series.Bed     = netPipe{}
)

// Name implements series.Variant.
func (netPipe) Name() string { return netPipeName }

// Open implements series.Variant.
func (netPipe) Open(context.Context) (series.Bed, error) { return netPipe{}, nil }

// Close implements series.Bed.
func (netPipe) Close() error { return nil }

// Run implements series.Bed.
func (netPipe) Run(ctx context.Context, t task.Task) (task.Result, error) {
	n := &pipeNetwork{waiting: make(chan net.Conn), closed: make(chan struct{})}
	return task.Run(ctx, n, n, t.At("pipe"))
}

// pipeNetwork has one listener, to which every dial leads.
type pipeNetwork struct {
	waiting chan net.Conn
	closed  chan struct{}
	close   sync.Once
}

var (
	_ task.Network = (*pipeNetwork)(nil)
	_ net.Listener = (*pipeNetwork)(nil)
)

// Listen implements task.Network.
func (n *pipeNetwork) Listen(context.Context, string, string) (net.Listener, error) { return n, nil }

// DialContext implements task.Network. It waits for Accept.
func (n *pipeNetwork) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.waiting <- far:
		return near, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Accept implements net.Listener.
func (n *pipeNetwork) Accept() (net.Conn, error) {
	select {
	case c := <-n.waiting:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Addr implements net.Listener.
func (n *pipeNetwork) Addr() net.Addr { return pipeAddr{} }

// Close implements net.Listener.
func (n *pipeNetwork) Close() error {
	n.close.Do(func() { close(n.closed) })
	return nil
}

// pipeAddr is the address of a network that has one place only.
type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
