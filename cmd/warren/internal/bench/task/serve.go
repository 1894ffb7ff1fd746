package task

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"time"
)

// grace is how much longer than its own time a side may take to connect and to
// end.
const grace = 30 * time.Second

// Serving is the serving side of a task at work.
type Serving struct {
	task     Task
	listener net.Listener
	cancel   context.CancelCauseFunc

	done   chan struct{} // closed when result and err are final
	result Result
	err    error
}

// Serve listens on t.Address and serves one Drive of the same task. It returns
// as soon as that can dial. Finish must be called. Kind Idle has no sides; see
// Run.
func Serve(ctx context.Context, n Network, t Task) (*Serving, error) {
	t, err := t.check()
	if err != nil {
		return nil, err
	}
	serve, ok := servers[t.Kind]
	if !ok {
		return nil, fmt.Errorf("task: Kind %q: has no serving side: use Run", t.Kind)
	}
	runtime.GC()
	l, err := n.Listen(ctx, "tcp", t.Address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := &Serving{task: t, listener: l, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		stop := context.AfterFunc(ctx, func() { l.Close() })
		defer stop()
		s.result, s.err = serve(ctx, l, t)
	}()
	return s, nil
}

// servers are the serving sides. They return when the work is done, l is
// closed or ctx ends, and leave nothing behind.
var servers = map[Kind]func(ctx context.Context, l net.Listener, t Task) (Result, error){
	Stream:      serveStreams,
	RoundTrip:   serveRoundTrip,
	Connections: serveConnections,
}

// Addr is the address to dial.
func (s *Serving) Addr() net.Addr { return s.listener.Addr() }

// Finish waits for what is under way to end, stops listening, and returns what
// the serving side has seen. It is to be called after Drive has returned; if
// that has failed, cancel ctx before. Later calls return the same.
func (s *Serving) Finish(ctx context.Context) (Result, error) {
	if s.task.Kind == Connections {
		s.listener.Close() // it accepts until then
	}
	ctx, cancel := context.WithTimeoutCause(ctx, grace, fmt.Errorf("task: the serving side did not end within %v", grace))
	defer cancel()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.cancel(context.Cause(ctx))
		<-s.done
		if s.err == nil {
			s.err = context.Cause(ctx)
		}
	}
	s.cancel(nil)
	s.listener.Close()
	return s.result, s.err
}

// acceptAll accepts n connections, or closes those that it has.
func acceptAll(ctx context.Context, l net.Listener, n int) ([]net.Conn, error) {
	conns := make([]net.Conn, 0, n)
	for len(conns) < n {
		c, err := l.Accept()
		if err != nil {
			closeAll(conns)
			return nil, ended(ctx, fmt.Errorf("accepted %d of %d connections: %w", len(conns), n, err))
		}
		conns = append(conns, c)
	}
	return conns, nil
}

// closeAll closes connections.
func closeAll(conns []net.Conn) {
	for _, c := range conns {
		c.Close()
	}
}

// ended is why ctx has ended, or err if it has not.
func ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w (%v)", cause, err)
	}
	return err
}
