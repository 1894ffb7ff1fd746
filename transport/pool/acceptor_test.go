//go:build linux || darwin || freebsd

package pool_test

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

// faulty is a network whose listeners fail to accept some times before they
// work.
type faulty struct {
	transport.Network
	err  error
	left *atomic.Int64 // failures to come
}

func (f faulty) Listen(ctx context.Context, spec transport.ListenSpec) (transport.NetListener, error) {
	l, err := f.Network.Listen(ctx, spec)
	return faultyListener{l, f}, err
}

type faultyListener struct {
	transport.NetListener
	faulty
}

func (l faultyListener) TryAccept() (transport.NetConn, error) {
	if l.left.Add(-1) >= 0 {
		return nil, l.err
	}
	return l.NetListener.TryAccept()
}

// Name is wanted from the network, not from the listener.
func (f faulty) Name() string { return f.Network.Name() }

func failing(err error, times int64) faulty {
	f := faulty{Network: transport.Kernel(), err: err, left: new(atomic.Int64)}
	f.left.Store(times)
	return f
}

func TestAcceptorIsRestartedAfterAnError(t *testing.T) {
	p := start(t, pool.Config{Node: newNode(t, failing(syscall.EMFILE, 4)), Acceptors: 2, Handler: echo})
	wantEcho(t, dial(t, addr(t, p)), "hello")
	wait.Until(t, func() bool { return p.Info().Restarts == 4 && p.Info().Acceptors == 2 }, "four restarts")
	if info := p.Info(); info.Retried != 0 {
		t.Errorf("%+v, want no retry", info)
	}
}

func TestAcceptorRetriesAfterAnAbortedConnection(t *testing.T) {
	p := start(t, pool.Config{Node: newNode(t, failing(syscall.ECONNABORTED, 3)), Acceptors: 2, Handler: echo})
	wantEcho(t, dial(t, addr(t, p)), "hello")
	if info := p.Info(); info.Retried != 3 || info.Restarts != 0 {
		t.Errorf("%+v, want three retries and no restart", info)
	}
}

func TestAcceptorThatKeepsFailingEndsThePool(t *testing.T) {
	p := start(t, pool.Config{Node: newNode(t, failing(syscall.EIO, 1<<40)), Acceptors: 1, RestartsMax: 2, Handler: echo})
	<-p.Done()
	if !errors.Is(p.Err(), syscall.EIO) {
		t.Errorf("Err: %v, want EIO", p.Err())
	}
	if info := p.Info(); info.Restarts != 2 || info.Acceptors != 0 {
		t.Errorf("%+v, want two restarts", info)
	}
	if p.Listener().Owner() != nil {
		t.Error("the listener is still open")
	}
}

// TestShortageOutlastsRestartsMax: a pool that ended because its clients stay
// long would be easy to bring down.
func TestShortageOutlastsRestartsMax(t *testing.T) {
	p := start(t, pool.Config{Node: newNode(t, failing(syscall.EMFILE, 6)), Acceptors: 1, RestartsMax: 2, Handler: echo})
	wantEcho(t, dial(t, addr(t, p)), "hello")
	if info := p.Info(); info.Restarts != 6 || p.Err() != nil {
		t.Errorf("%+v, %v, want six restarts and no end", info, p.Err())
	}
}

// TestSystemLimitIsSurvived: the connection waits in the backlog until there
// is a socket for it.
func TestSystemLimitIsSurvived(t *testing.T) {
	node, err := transport.NewNode(transport.Config{Network: transport.Kernel(), SocketsMax: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	p := start(t, pool.Config{Node: node, Acceptors: 2, Handler: echo})
	first := dial(t, addr(t, p))
	wantEcho(t, first, "one")
	second := dial(t, addr(t, p))
	wait.Until(t, func() bool { return p.Info().Restarts > 0 }, "an acceptor meets the limit")
	_ = first.Close()
	wantEcho(t, second, "two")
}
