package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
)

// call is one blocking call and how it has to end.
type call struct {
	name  string
	run   func() error
	want  error
	after time.Duration
}

// check runs the call.
func (c call) check(t *testing.T, w *World) {
	t.Helper()
	start := w.Now()
	err := c.run()
	if took := w.Now() - start; !errors.Is(err, c.want) || took != c.after {
		t.Errorf("%s: %v after %v, want %v after %v", c.name, err, took, c.want, c.after)
	}
}

// unused is an address of the default subnet that no host has.
const unused = "10.0.9.9:80"

func TestStackCloseWakesEverybodyAtOnce(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		l := Must(srv.Listen("tcp", ":80"))
		client := w.Must(cli.Dial("tcp", "srv:80"))
		server := Must(l.Accept())
		start, failed := w.Now(), make(chan error)
		go func() { _, err := l.Accept(); failed <- err }()
		go func() { _, err := server.Read(make([]byte, 1)); failed <- err }()
		go func() { _, err := srv.Dial("tcp", unused); failed <- err }()
		srv.Sleep(time.Second)
		for range 2 { // one of them waits for the other
			go func() { failed <- errors.Join(srv.Stack().Close(), net.ErrClosed) }()
		}
		for range 5 {
			if err := <-failed; !errors.Is(err, net.ErrClosed) {
				t.Errorf("%v, want net.ErrClosed", err)
			}
		}
		wantNow(t, w, start+time.Second, "everybody is awake")
		call{"the peer of a closed stack reads", func() error {
			_, err := client.Read(make([]byte, 1))
			return err
		}, syscall.ECONNRESET, 10 * time.Millisecond}.check(t, w)
		ended, end := context.WithCancel(context.Background())
		end()
		if err := cli.Stack().Shutdown(ended); err != context.Canceled {
			t.Errorf("Shutdown: %v, want context.Canceled", err)
		}
	})
}

// TestStackShutdownDrains closes a stack while a connection that its program
// has closed still has much to send.
func TestStackShutdownDrains(t *testing.T) {
	const size = 300_000
	link10.Test(t, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		l := Must(srv.Listen("tcp", ":80"))
		got := make(chan int64)
		go func() {
			c := Must(l.Accept())
			defer c.Close()
			n, err := io.Copy(io.Discard, c)
			if err != nil {
				t.Error(err)
			}
			got <- n
		}()
		c := w.Must(cli.Dial("tcp", "srv:80"))
		if _, err := c.Write(make([]byte, size)); err != nil {
			t.Error(err)
		}
		c.Close()
		start, drained := w.Now(), make(chan error)
		go func() { drained <- cli.Stack().Shutdown(context.Background()) }()
		if n := <-got; n != size {
			t.Errorf("the peer got %d bytes, want %d", n, size)
		}
		if err := <-drained; err != nil || w.Now()-start > time.Second {
			t.Errorf("Shutdown: %v after %v", err, w.Now()-start)
		}
	})
}

// TestDialEndsWithItsContext lets a timer of the bubble, of which the stack's
// clock knows nothing, end a dial.
func TestDialEndsWithItsContext(t *testing.T) {
	link10.Test(t, func(t *testing.T, w *World) {
		cli := w.Host("cli")
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		call{"dial", func() error {
			_, err := cli.DialContext(ctx, "tcp", unused)
			return err
		}, context.DeadlineExceeded, 5 * time.Second}.check(t, w)
		if now := cli.Now().Sub(Start); now != 5*time.Second {
			t.Errorf("the host's clock shows %v, the bubble's 5s", now)
		}
		if n := w.Packets().Len(); n != 3 { // SYN at 0, 1 and 3 seconds
			t.Errorf("%d packets, want 3 SYNs", n)
		}
	})
}

// TestCooperativeDialEndsWithItsContext cancels a dial from another program:
// it ends at that moment of virtual time and not with a later event.
func TestCooperativeDialEndsWithItsContext(t *testing.T) {
	const after = 20 * time.Millisecond
	want := []string{"20ms clock: " + transport.ErrTimeout.Error(), "20ms dial: dial tcp " + unused + ": operation was canceled"}
	w := Must(New(link10))
	defer w.Close()
	cli := w.Host("cli")
	var order []string
	say := func(who string, err error) { order = append(order, fmt.Sprintf("%v %s: %v", w.Now(), who, err)) }
	ctx, cancel := context.WithCancel(context.Background())
	cli.Go("dial", func() {
		_, err := cli.DialContext(ctx, "tcp", unused)
		say("dial", err)
	})
	cli.Go("clock", func() {
		_, err := Must(cli.Transport()).NewOwner("clock").Receive(after)
		say("clock", err)
		cancel()
	})
	w.RunFor(time.Second)
	if !slices.Equal(order, want) {
		t.Fatalf("%q, want %q", order, want)
	}
}

// TestDialsGoOneAtATime lets dials of one instant draw their ports in the
// order of their names, whoever Go lets run first.
func TestDialsGoOneAtATime(t *testing.T) {
	names := []string{"anna", "bert", "carl", "dora", "emil", "fran"}
	dial := func() string {
		ports := make([]uint16, len(names))
		link10.Test(t, func(t *testing.T, w *World) {
			srv, cli := w.Host("srv"), w.Host("cli")
			Must(srv.Listen("tcp", ":80"))
			done := make(chan bool)
			for i, name := range names {
				go func() {
					c, err := cli.DialContext(Named(context.Background(), name), "tcp", "srv:80")
					if err != nil {
						t.Error(err)
					} else {
						ports[i] = c.(*netstack.Conn).LocalAddrPort().Port()
					}
					done <- true
				}()
			}
			for range names {
				<-done
			}
		})
		return fmt.Sprint(ports)
	}
	want := dial()
	for range 9 {
		if got := dial(); got != want {
			t.Errorf("ports %v, in the first run %v", got, want)
		}
	}
}
