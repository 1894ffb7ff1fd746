//go:build linux || darwin || freebsd

package pool_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

func TestShutdownDrains(t *testing.T) {
	finish := make(chan struct{})
	p := start(t, pool.Config{Handler: func(ctx context.Context, tcp *transport.TCP, s *transport.Socket) {
		<-ctx.Done()
		<-finish
		_ = tcp.Send(s, "done")
	}})
	at := addr(t, p)
	c := dial(t, at)
	wait.Until(t, func() bool { return p.Info().Active == 1 }, "the handler runs")

	ended := make(chan error, 1)
	go func() { ended <- p.Shutdown(context.Background()) }()
	wait.Until(t, func() bool { return p.Info().Acceptors == 0 }, "no acceptor is left")
	if _, err := net.DialTimeout("tcp", at.String(), patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial while draining: %v, want ECONNREFUSED", err)
	}
	select {
	case err := <-ended:
		t.Fatalf("Shutdown returned %v before the handler", err)
	default:
	}
	close(finish)
	if err := <-ended; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if got, err := io.ReadAll(c); string(got) != "done" || err != nil {
		t.Errorf("the client reads %q, %v, want all that was sent", got, err)
	}
	if p.Err() != nil {
		t.Errorf("Err: %v", p.Err())
	}
}

func TestShutdownCutsWhenItsTimeIsOver(t *testing.T) {
	result := make(chan error, 1)
	p := start(t, pool.Config{Handler: func(_ context.Context, tcp *transport.TCP, s *transport.Socket) {
		_, err := tcp.Receive(s, 0, transport.Infinity)
		result <- err
	}})
	c := dial(t, addr(t, p))
	wait.Until(t, func() bool { return p.Info().Active == 1 }, "the handler runs")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v, want context.DeadlineExceeded", err)
	}
	if err := <-result; !errors.Is(err, transport.ErrClosed) {
		t.Errorf("the handler's receive: %v, want ErrClosed", err)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client reads %v, want EOF", err)
	}
	<-p.Done()
}

func TestCloseLeavesNothing(t *testing.T) {
	node := newNode(t, transport.Kernel())
	before := runtime.NumGoroutine()
	p, err := pool.Start(pool.Config{Node: node, Options: []transport.Option{transport.IPLoopback()}, Handler: echo, ConnectionsMax: 4})
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		dial(t, addr(t, p))
	}
	wait.Until(t, func() bool { return p.Info().Active == 4 && p.Info().Paused == 10 }, "the limit is reached")
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if info := p.Info(); info.Active != 0 || info.Acceptors != 0 || info.Served != 4 {
		t.Errorf("%+v", info)
	}
	wait.Until(t, func() bool { return runtime.NumGoroutine() <= before }, "the goroutines are gone")
	if p.Shutdown(context.Background()) != nil {
		t.Error("Shutdown after Close")
	}
}

func TestLossOfTheListenerEndsThePool(t *testing.T) {
	node := newNode(t, transport.Kernel())
	p := start(t, pool.Config{Node: node, Handler: echo})
	c := dial(t, addr(t, p))
	wantEcho(t, c, "one")
	if err := node.NewOwner("stranger").TCP().Close(p.Listener()); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, func() bool { return errors.Is(p.Err(), transport.ErrClosed) }, "the pool knows")
	wantEcho(t, c, "connections live on")
}

func TestConfigErrorsNameTheField(t *testing.T) {
	node := newNode(t, transport.Kernel())
	l, err := node.NewOwner("opener").TCP().Listen(0, transport.IPLoopback())
	if err != nil {
		t.Fatal(err)
	}
	at, err := node.NewOwner("asker").TCP().SockName(l)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := node.NewOwner("client").TCP().Connect(at, transport.Infinity)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		cfg  pool.Config
		want string
	}{
		{pool.Config{Node: node, Handler: echo, Listener: connection}, "Config.Listener = connection"},
		{pool.Config{Handler: echo}, "Config.Node = nil"},
		{pool.Config{Node: node}, "Config.Handler = nil"},
		{pool.Config{Node: node, Handler: echo, Acceptors: -1}, "Config.Acceptors = -1"},
		{pool.Config{Node: node, Handler: echo, HandlerRestartsMax: -1}, "Config.HandlerRestartsMax = -1"},
		{pool.Config{Node: node, Handler: echo, Listener: l, Port: 7}, "Config.Port = 7"},
		{pool.Config{Node: node, Handler: echo, Listener: l, Options: pool.Defaults()}, "Config.Options"},
		{pool.Config{Node: node, Handler: echo, Port: 70000}, "70000"},
		{pool.Config{Node: node, Handler: echo, Options: []transport.Option{{Name: "ip", Value: "nowhere"}}}, `{ip,"nowhere"}`},
	} {
		p, err := pool.Start(c.cfg)
		if err == nil {
			_ = p.Close()
		}
		if !errors.Is(err, transport.ErrBadArg) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want ErrBadArg naming %s", err, c.want)
		}
	}
	if l.Owner() == nil {
		t.Error("a refused Start has taken the listener")
	}
}
