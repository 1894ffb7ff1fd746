package test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// inBothSims runs a body in a bubble and in a cooperative world.
func inBothSims(t *testing.T, cfg sim.Config, body func(t testing.TB, w *sim.World)) {
	t.Run("bubble", func(t *testing.T) {
		cfg.Test(t, func(t *testing.T, w *sim.World) { body(t, w) })
	})
	t.Run("cooperative", func(t *testing.T) {
		w, err := sim.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		body(t, w)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// drain accepts connections, one after the other, reads each to its end and
// closes it.
func drain(l net.Listener) {
	for c, err := l.Accept(); err == nil; c, err = l.Accept() {
		io.Copy(io.Discard, c)
		c.Close()
	}
}

// TestSimBacklogOverflow: listen(2) with a backlog of 4 lets 5 connections wait;
// the SYNs of the next are dropped and repeated as RFC 6298, section 5.5 has it.
func TestSimBacklogOverflow(t *testing.T) { inBothSims(t, sim.Config{}, backlogOverflow) }

func backlogOverflow(t testing.TB, w *sim.World) {
	srv, cli := w.Host("srv"), w.Host("cli")
	w.Link(cli, srv, sim.PathConfig{Delay: 10 * time.Millisecond})
	l := sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 4})) // nobody accepts

	for range 5 {
		w.Must(cli.Dial("tcp", "srv:80"))
	}
	w.Mark() // else time counts from the world's start
	_, err := cli.Dial("tcp", "srv:80")
	w.WantElapsed(t, 127*time.Second)
	w.Packets(sim.From(cli), sim.SYN).Last(7).WantGaps(t, "1s 2s 4s 8s 16s 32s")
	w.WantCounter(t, srv, sim.ListenOverflowSYNDrops, 7)
	w.WantCounter(t, srv, sim.AcceptQueue, 5)
	if !errors.Is(err, syscall.ETIMEDOUT) {
		t.Fatal(err)
	}
	sim.Must(l.Accept())
	w.Must(cli.Dial("tcp", "srv:80")) // there is room again
}

// TestSimRTOSchedule: data that is never acknowledged is probed for (RFC 8985,
// section 7), sent again with a timeout that doubles (RFC 6298, section 5.5), and
// given up.
func TestSimRTOSchedule(t *testing.T) { inBothSims(t, sim.Config{}, rtoSchedule) }

func rtoSchedule(t testing.TB, w *sim.World) {
	srv, cli := w.Host("srv"), w.Host("cli")
	w.Link(cli, srv, sim.PathConfig{Delay: 10 * time.Millisecond})
	sim.Must(srv.Listen("tcp", ":80"))
	c := w.Must(cli.Dial("tcp", "srv:80"))
	w.Settle()
	w.Fault(fault.Partition{A: []string{"cli"}, B: []string{"srv"}, OneWay: true})

	w.Mark()
	sim.Must(io.WriteString(c, "x"))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
		t.Fatal(err)
	}
	w.Packets(sim.From(cli), sim.Data).WantTimes(t, "0 240ms 440ms 840ms 1.64s 3.24s 6.44s 12.84s 25.64s 51.24s "+
		"1m42.44s 3m24.84s 5m24.84s 7m24.84s 9m24.84s 11m24.84s")
	w.WantElapsed(t, 13*time.Minute+24*time.Second+840*time.Millisecond)
	w.WantCounter(t, cli, sim.TimedOut, 1)
}

// TestSimPortExhaustion: a connection closed here keeps its port for 60 s in
// TIME-WAIT (RFC 9293, section 3.4.2); a range of four ports is used up by four.
func TestSimPortExhaustion(t *testing.T) {
	ports := netstack.PortRange{First: 40000, Last: 40003}
	inBothSims(t, sim.Config{TCP: netstack.TCPConfig{EphemeralPorts: ports}}, portExhaustion)
}

func portExhaustion(t testing.TB, w *sim.World) {
	srv, cli := w.Host("srv"), w.Host("cli")
	l := sim.Must(srv.Listen("tcp", ":80"))
	srv.Go("drain", func() { drain(l) })

	for range 4 {
		w.Must(cli.Dial("tcp", "srv:80")).Close() // we close first: TIME-WAIT is ours
		w.Settle()                                // until no packet is under way
	}
	w.Mark()
	if _, err := cli.Dial("tcp", "srv:80"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Fatal(err)
	}
	w.WantElapsed(t, 0)
	w.WantSockets(t, cli, netstack.StateTimeWait, 4)
	w.RunFor(60 * time.Second)
	w.WantSockets(t, cli, netstack.StateTimeWait, 0)
	w.Must(cli.Dial("tcp", "srv:80")) // the ports are free again
}
