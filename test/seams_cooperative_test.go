package test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

// cooperative is a world without a bubble in which one goroutine runs at a
// time: each goes on until it waits or ends and then gives the turn back to
// the driver. Programs must start goroutines with Go and wait in nothing but
// the calls of netstack and transport.
type cooperative struct {
	simWorld
	t *testing.T

	// The goroutine that has the turn, or the driver, changes these.
	starts []func()
	parked []*parkedCall
	turn   chan struct{} // gives the turn back to the driver
	live   int           // goroutines that have not ended
}

// parkedCall is a goroutine in Wait.
type parkedCall struct {
	ctx    context.Context
	ready  <-chan struct{}
	resume chan struct{}
}

// due reports whether the wait is over.
func (p *parkedCall) due() bool {
	select {
	case <-p.ready:
		return true
	default:
		return p.ctx.Err() != nil
	}
}

var (
	_ netstack.Scheduler  = (*cooperative)(nil)
	_ transport.Scheduler = (*cooperative)(nil)
)

// Enter implements netstack.Scheduler. Who calls has the turn already.
func (c *cooperative) Enter(context.Context, netstack.Op) error { return nil }

// Wait implements netstack.Scheduler and transport.Scheduler.
func (c *cooperative) Wait(ctx context.Context, ready <-chan struct{}) {
	p := &parkedCall{ctx, ready, make(chan struct{})}
	c.parked = append(c.parked, p)
	c.turn <- struct{}{}
	<-p.resume
}

// Ready implements netstack.Scheduler and transport.Scheduler.
func (c *cooperative) Ready(wake func()) { c.pushWake(wake) }

// Go implements netstack.Scheduler and transport.Scheduler.
func (c *cooperative) Go(f func()) {
	c.live++
	c.starts = append(c.starts, f)
}

// runCooperatively runs program in a world of its own and returns the trace.
func runCooperatively(t *testing.T, cfg simConfig, program func(c *cooperative)) simTrace {
	t.Helper()
	c := &cooperative{t: t, turn: make(chan struct{})}
	newSimWorld(t, cfg, c, &c.simWorld)
	c.Go(func() { program(c) })
	c.drive()
	trace := c.result()
	for _, s := range c.hosts {
		c.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	c.drive()
	return trace
}

// drive makes things happen until all goroutines have ended.
func (c *cooperative) drive() {
	for c.live > 0 {
		c.settle()
		switch {
		case c.wakeOne(), c.startOne(), c.resumeOne():
			continue
		}
		c.path.forward()
		if !c.clock.step() {
			c.t.Fatalf("%d goroutines wait for something that never happens", c.live)
		}
	}
}

// startOne gives the turn to a new goroutine.
func (c *cooperative) startOne() bool {
	if len(c.starts) == 0 {
		return false
	}
	f := c.starts[0]
	c.starts = c.starts[1:]
	go func() {
		f()
		c.live--
		c.turn <- struct{}{}
	}()
	<-c.turn
	return true
}

// resumeOne gives the turn to the first goroutine whose wait is over.
func (c *cooperative) resumeOne() bool {
	i := slices.IndexFunc(c.parked, (*parkedCall).due)
	if i < 0 {
		return false
	}
	p := c.parked[i]
	c.parked = slices.Delete(c.parked, i, i+1)
	p.resume <- struct{}{}
	<-c.turn
	return true
}

// node is a Transport on one of the hosts.
func (c *cooperative) node(host int) *transport.Node {
	c.t.Helper()
	n, err := transport.NewNode(transport.Config{
		Network: onstack.Named(c.hosts[host], "sim"), Clock: c.clock, Scheduler: c,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

func TestCooperativeConversationHasOneTrace(t *testing.T) {
	cfg := simConfig{delay: simDelay, lost: func(n int) bool { return n%50 == 17 }}
	talk := func() (simTrace, string) {
		var said string
		trace := runCooperatively(t, cfg, func(c *cooperative) {
			simConversation(c.t, c.Go, c.clock.Now, c.node, func(text string) { said += text + "\n" })
		})
		return trace, said
	}
	want, said := talk()
	if want.packets < 100 {
		t.Fatalf("%d packets: that is no conversation\n%s", want.packets, said)
	}
	for range simRuns() - 1 {
		if got, now := talk(); got != want || now != said {
			t.Fatalf("trace %+v, the first run had %+v\n%s\nthe first run\n%s", got, want, now, said)
		}
	}
}

// TestCooperativeDialEndsWithItsContext cancels a dial from another goroutine:
// it ends at that moment of virtual time and not with a later event.
func TestCooperativeDialEndsWithItsContext(t *testing.T) {
	want := []string{"20ms clock: " + transport.ErrTimeout.Error(), "20ms dial: dial tcp 192.0.2.9:80: operation was canceled"}
	for range 10 * simRuns() {
		var order []string
		runCooperatively(t, simConfig{delay: simDelay}, func(c *cooperative) {
			say := func(who string, err error) {
				order = append(order, fmt.Sprintf("%v %s: %v", c.clock.Now().Sub(bubbleStart), who, err))
			}
			ctx, cancel := context.WithCancel(context.Background())
			c.Go(func() {
				_, err := c.hosts[0].DialContext(ctx, "tcp", "192.0.2.9:80")
				say("dial", err)
			})
			c.Go(func() {
				_, err := c.node(0).NewOwner("clock").Receive(simDelay)
				say("clock", err)
				cancel()
			})
		})
		if !slices.Equal(order, want) {
			t.Fatalf("%q, want %q", order, want)
		}
	}
}
