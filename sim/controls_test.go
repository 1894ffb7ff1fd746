package sim

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// The tests of this file switch off, one by one, what makes a run repeatable,
// and want that runs differ then. If one of them does not, either it has
// become superfluous, or the worlds that are to show that it works do not.

// controlRuns is how often a control may show the same trace before it has
// failed to differ.
const controlRuns = 40

// differs runs something until it has two outcomes, and fails if it has not.
func differs(t *testing.T, what string, run func(t *testing.T) string) {
	t.Helper()
	first := run(t)
	for n := range controlRuns {
		if run(t) != first {
			t.Logf("%s: run %d differs from the first", what, n+2)
			return
		}
	}
	t.Errorf("%s: all of %d runs are equal", what, controlRuns+1)
}

// agrees runs something several times, and fails if it has two outcomes.
func agrees(t *testing.T, what string, run func(t *testing.T) string) {
	t.Helper()
	first := run(t)
	for n := range 7 {
		if got := run(t); got != first {
			t.Errorf("%s: run %d differs from the first:\n%s\n%s", what, n+2, got, first)
		}
	}
}

// bustle lets eight clients on hosts of their own write to one server at the
// same instants, in a bubble: whom Go lets run first is chance.
func bustle(cfg Config, f func(w *World), outcome func(w *World) string) func(t *testing.T) string {
	return func(t *testing.T) (got string) {
		cfg.Path.Delay = 10 * time.Millisecond
		cfg.Test(t, func(t *testing.T, w *World) {
			f(w)
			srv := w.Host("srv")
			l := Must(srv.Listen("tcp", ":7"))
			go func() {
				for c, err := l.Accept(); err == nil; c, err = l.Accept() {
					go func() { io.Copy(c, c); c.Close() }()
				}
			}()
			var all sync.WaitGroup
			for i := range 8 {
				client := w.Host(fmt.Sprint("cli-", i)).Name()
				all.Go(func() { chatter(t, w, client, 10) })
			}
			all.Wait()
			w.Settle()
			got = outcome(w)
		})
		return got
	}
}

// chatter sends lines and expects them back. Those who sleep until the same
// instant are all awake then.
func chatter(t *testing.T, w *World, client string, lines int) {
	c, err := w.Host(client).Dial("tcp", "srv:7")
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	line, got := bytes.Repeat([]byte("warren "), 500), make([]byte, 3500)
	for range lines {
		time.Sleep(time.Second - time.Since(Start)%time.Second)
		if _, err := c.Write(line); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadFull(c, got); err != nil {
			t.Error(err)
		}
	}
}

func nothing(*World) {}

func TestControlWithoutOrdering(t *testing.T) {
	agrees(t, "ordering", bustle(Config{}, nothing, (*World).Hash))
	differs(t, "no ordering", bustle(Config{without: controls{ordering: true}}, nothing, (*World).Hash))
}

// TestControlWithoutSettling is cooperative: in a bubble a stack that has not
// settled would rouse the driver from outside.
func TestControlWithoutSettling(t *testing.T) {
	hurry := func(without controls) func(t *testing.T) string {
		return func(t *testing.T) string {
			w := Must(New(Config{Path: link10.Path, without: without}))
			srv := w.Host("srv")
			l := Must(srv.Listen("tcp", ":7"))
			srv.Go("accept", func() {
				for c, err := l.Accept(); err == nil; c, err = l.Accept() {
					srv.Go("echo", func() { io.Copy(c, c); c.Close() })
				}
			})
			for i := range 4 {
				cli := w.Host(fmt.Sprint("cli-", i))
				cli.Go("talk", func() {
					c, err := cli.Dial("tcp", "srv:7")
					if err != nil {
						return
					}
					for range 10 {
						c.Write(make([]byte, 5000))
						io.ReadFull(c, make([]byte, 5000))
					}
				})
			}
			w.RunFor(10 * time.Second)
			return fmt.Sprint(w.Hash(), w.Err())
		}
	}
	agrees(t, "settling", hurry(controls{}))
	differs(t, "no settling", hurry(controls{settling: true}))
}

// losses are the packets that faults have dropped, by flow and index.
func losses(w *World) string {
	records, _ := w.Trace().All()
	var list []string
	for _, r := range records {
		if r.Kind == engine.Entered && r.Drop == engine.DropFault {
			list = append(list, fmt.Sprint(r.Path, " ", r.Index))
		}
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// stream is a fault whose verdicts are the next numbers of one stream, which
// begins anew with each world.
func stream(seed uint64) fault.Func {
	numbers := rand.New(rand.NewPCG(seed, 0))
	return fault.Func{Name: "stream", Verdict: func(fault.Seed, *fault.Packet) fault.Verdict {
		return fault.Verdict{Drop: numbers.IntN(20) == 0}
	}}
}

// TestControlVerdictsFromOneStream judges packets of one instant in the order
// in which they were sent, which differs from run to run. Verdicts that are
// drawn from a hash lose the same packets nevertheless; those from a stream do
// not.
func TestControlVerdictsFromOneStream(t *testing.T) {
	unordered := Config{without: controls{ordering: true}}
	agrees(t, "hashed verdicts", bustle(unordered, func(w *World) { w.Fault(fault.Loss{Chance: 50_000}) }, losses))
	differs(t, "verdicts of a stream", bustle(unordered, func(w *World) { w.Fault(stream(1)) }, losses))
}

// TestControlStreamTellsOfOtherHosts adds hosts that have nothing to do with
// the others. Hashed verdicts on those stay as they were; a stream's do not.
func TestControlStreamTellsOfOtherHosts(t *testing.T) {
	run := func(f fault.Fault, more bool) (lost string) {
		link10.Test(t, func(t *testing.T, w *World) {
			w.Fault(f)
			srv := w.Host("srv")
			l := Must(srv.Listen("tcp", ":7"))
			var all sync.WaitGroup
			serve := func(l net.Listener) {
				c := Must(l.Accept())
				io.Copy(c, c)
				c.Close()
			}
			all.Go(func() { serve(l) })
			w.Host("cli")
			all.Go(func() { chatter(t, w, "cli", 40) })
			if more {
				p := Must(w.Host("other").ListenPacket("udp", ":9"))
				far := w.Host("another")
				for range 100 {
					p.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(far.Addr(), 9)))
				}
			}
			all.Wait()
			w.Settle()
			for line := range strings.Lines(losses(w)) {
				if !strings.Contains(line, "other") {
					lost += line
				}
			}
		})
		return lost
	}
	loss := fault.Loss{Chance: 50_000}
	if alone := run(loss, false); alone == "" || run(loss, true) != alone {
		t.Error("hashed verdicts depend on other hosts")
	}
	if run(stream(1), false) == run(stream(1), true) {
		t.Error("the verdicts of a stream do not depend on other hosts")
	}
}
