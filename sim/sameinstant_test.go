package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// sameInstant are programs of one host of which several run at the same
// instants, each on connections of its own. Whom Go lets run first must not
// show. They sleep as Go does, so that all are awake at once.
var sameInstant = []struct {
	name string
	run  func(w *World, cli *Host, ctx context.Context) error
}{
	// What they write is lost, and sent again by timers that they have set in
	// any order.
	{"writes", func(w *World, cli *Host, ctx context.Context) error {
		c, err := cli.DialContext(ctx, "tcp", "srv:7")
		if err != nil {
			return err
		}
		defer c.Close()
		for range 3 {
			time.Sleep(time.Second - time.Since(Start)%time.Second)
			if _, err := c.Write(bytes.Repeat([]byte("x"), 3000)); err != nil {
				return err
			}
		}
		return nil
	}},
	{"resets", func(w *World, cli *Host, ctx context.Context) error {
		c, err := cli.DialContext(ctx, "tcp", "srv:7")
		if err != nil {
			return err
		}
		time.Sleep(time.Second - time.Since(Start)%time.Second)
		if _, err := c.Write(make([]byte, 5000)); err != nil {
			return err
		}
		if err := c.(interface{ SetLinger(int) error }).SetLinger(0); err != nil {
			return err
		}
		return c.Close()
	}},
	{"datagrams", func(w *World, cli *Host, ctx context.Context) error {
		c, err := cli.DialContext(ctx, "udp", "srv:9")
		if err != nil {
			return err
		}
		defer c.Close()
		for range 5 {
			time.Sleep(100 * time.Millisecond)
			if _, err := c.Write(make([]byte, 1000)); err != nil {
				return err
			}
		}
		return nil
	}},
	{"dials that time out", func(w *World, cli *Host, ctx context.Context) error {
		for range 5 {
			time.Sleep(10 * time.Millisecond)
			soon, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
			if c, err := cli.DialContext(soon, "tcp", unused); err == nil {
				c.Close()
			}
			cancel()
		}
		return nil
	}},
	{"lookups", func(w *World, cli *Host, ctx context.Context) error {
		for range 5 {
			time.Sleep(10 * time.Millisecond)
			if c, err := cli.DialContext(ctx, "tcp", "srv:7"); err == nil {
				c.Write(make([]byte, 2000))
				c.Close()
			}
		}
		return nil
	}},
}

func TestProgramsOfOneInstantHaveOneTrace(t *testing.T) {
	const programs, runs = 10, 8
	for _, c := range sameInstant {
		t.Run(c.name, func(t *testing.T) {
			traces := map[string]int{}
			for range runs {
				link10.Test(t, func(t *testing.T, w *World) {
					serveEverything(t, w.Host("srv"))
					cli := w.Host("cli")
					w.Fault(fault.Loss{Chance: 100_000})
					w.Fault(fault.DNS{Chance: 300_000, Late: 70 * time.Millisecond})
					var all sync.WaitGroup
					for i := range programs {
						all.Go(func() {
							if err := c.run(w, cli, Named(t.Context(), fmt.Sprint(i))); err != nil {
								t.Error(err)
							}
						})
					}
					all.Wait()
					w.RunFor(5 * time.Second)
					if n := w.Packets().Len(); n < 3*programs {
						t.Errorf("%d packets show nothing", n)
					}
					traces[w.Hash()]++
				})
			}
			if len(traces) != 1 {
				t.Errorf("%d traces in %d runs: %v", len(traces), runs, traces)
			}
		})
	}
}

// serveEverything reads what comes to port 7 of TCP and port 9 of UDP.
func serveEverything(t *testing.T, srv *Host) {
	t.Helper()
	l, p := Must(srv.Listen("tcp", ":7")), Must(srv.ListenPacket("udp", ":9"))
	drain := func(c net.Conn) {
		io.Copy(io.Discard, c)
		c.Close()
	}
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go drain(c)
		}
	}()
	go func() {
		for b := make([]byte, 2000); ; {
			if _, _, err := p.ReadFrom(b); err != nil {
				return
			}
		}
	}()
}
