package test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// The tests of the files seams_*_test.go show that programs run in virtual
// time on the seams of netstack and transport: Clock, Scheduler, Entropy, Link
// and Settle. What drives them is as little as will do: a bubble for programs
// as they are, and a cooperative scheduler for whole programs.

func TestSimStackCloseWakesEverybodyAtOnce(t *testing.T) {
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		l, err := b.hosts[1].Listen(context.Background(), "tcp", ":80")
		if err != nil {
			b.t.Error(err)
			return
		}
		client, err := b.hosts[0].DialContext(context.Background(), "tcp", simSiteTCP)
		if err != nil {
			b.t.Error(err)
			return
		}
		server, err := l.Accept()
		if err != nil {
			b.t.Error(err)
			return
		}
		passed, failed := stopwatch(), make(chan error)
		go func() { _, err := l.Accept(); failed <- err }()
		go func() { _, err := server.Read(make([]byte, 1)); failed <- err }()
		go func() { _, err := b.hosts[1].DialContext(context.Background(), "tcp", "192.0.2.9:80"); failed <- err }()
		<-time.After(time.Second)
		for range 2 { // one of them waits for the other
			go func() { failed <- errors.Join(b.hosts[1].Close(), net.ErrClosed) }()
		}
		for range 5 {
			if err := <-failed; !errors.Is(err, net.ErrClosed) {
				b.t.Errorf("%v, want net.ErrClosed", err)
			}
		}
		if took := passed(); took != time.Second {
			b.t.Errorf("after %v, want 1s", took)
		}
		if _, err := client.Read(make([]byte, 1)); err == nil || err == io.EOF {
			b.t.Errorf("the peer of a closed stack reads %v, want a reset", err)
		}
		if took, want := passed(), time.Second+simDelay; took != want {
			b.t.Errorf("the peer noticed after %v, want %v", took, want)
		}
		if err := b.hosts[0].Shutdown(cancelled()); err != context.Canceled {
			b.t.Errorf("Shutdown: %v, want context.Canceled", err)
		}
	})
}

// TestSimStackShutdownDrains closes a stack while a connection that its
// application has closed still has much to send.
func TestSimStackShutdownDrains(t *testing.T) {
	const size = 300_000
	inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		l, err := b.hosts[1].Listen(context.Background(), "tcp", ":80")
		if err != nil {
			b.t.Error(err)
			return
		}
		got := make(chan int64)
		go func() {
			defer close(got)
			c, err := l.Accept()
			if err != nil {
				b.t.Error(err)
				return
			}
			defer c.Close()
			n, err := io.Copy(io.Discard, c)
			if err != nil {
				b.t.Error(err)
			}
			got <- n
		}()
		c, err := b.hosts[0].DialContext(context.Background(), "tcp", simSiteTCP)
		if err != nil {
			b.t.Error(err)
			return
		}
		if _, err := c.Write(make([]byte, size)); err != nil {
			b.t.Error(err)
		}
		c.Close()
		passed := stopwatch()
		drained := make(chan error)
		go func() { drained <- b.hosts[0].Shutdown(context.Background()) }()
		if n := <-got; n != size {
			b.t.Errorf("the peer got %d bytes, want %d", n, size)
		}
		if err := <-drained; err != nil || passed() > time.Second {
			b.t.Errorf("Shutdown: %v after %v", err, passed())
		}
	})
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestSimDialEndsWithItsContext lets a timer of the bubble, of which the
// stack's clock knows nothing, end a dial.
func TestSimDialEndsWithItsContext(t *testing.T) {
	trace := inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		passed := stopwatch()
		_, err := b.hosts[0].DialContext(ctx, "tcp", "192.0.2.9:80")
		if took := passed(); !errors.Is(err, context.DeadlineExceeded) || took != 5*time.Second {
			b.t.Errorf("%v after %v, want a timeout after 5s", err, took)
		}
		if now := b.clock.Now().Sub(bubbleStart); now != 5*time.Second {
			b.t.Errorf("the stack's clock shows %v, the bubble's 5s", now)
		}
	})
	if trace.packets != 3 { // SYN at 0, 1 and 3 seconds
		t.Errorf("%d packets, want 3 SYNs", trace.packets)
	}
}

// TestSimDialsGoOneAtATime lets dials of one instant draw their ports in the
// order of their names, whoever Go lets run first.
func TestSimDialsGoOneAtATime(t *testing.T) {
	names := []string{"anna", "bert", "carl", "dora", "emil", "fran"}
	dial := func() (ports map[string]uint16) {
		ports = map[string]uint16{}
		inBubble(t, simConfig{delay: simDelay}, func(b *bubble) {
			l, err := b.hosts[1].Listen(context.Background(), "tcp", ":80")
			if err != nil {
				b.t.Error(err)
				return
			}
			conns := make(chan *netstack.Conn)
			for _, name := range names {
				go func() {
					ctx := context.WithValue(context.Background(), dialName{}, name)
					c, err := b.hosts[0].DialContext(ctx, "tcp", simSiteTCP)
					if err != nil {
						b.t.Error(err)
						conns <- nil
						return
					}
					b.mu.Lock()
					ports[name] = c.(*netstack.Conn).LocalAddrPort().Port()
					b.mu.Unlock()
					conns <- c.(*netstack.Conn)
				}()
			}
			for range names {
				if c := <-conns; c != nil {
					c.Close()
				}
			}
			l.Close()
			if got := fmt.Sprint(b.granted); got != fmt.Sprint(names) {
				b.t.Errorf("the dials went on as %v, want %v", got, names)
			}
		})
		return ports
	}
	want := fmt.Sprint(dial())
	for range 2*simRuns() - 1 {
		if got := fmt.Sprint(dial()); got != want {
			t.Errorf("ports %v, in the first run %v", got, want)
		}
	}
}
