package scenarios

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// closed is a connection that the client has closed first and the server
// after it: the client is in TIME-WAIT, of which 10 ms have passed.
func closed(t *testing.T, w *sim.World) (cli, srv *sim.Host, c *netstack.Conn) {
	t.Helper()
	cli, srv, c, s := pair(t, w)
	c.Close()
	sim.Must(io.Copy(io.Discard, s))
	s.Close()
	w.Settle()
	wantStates(t, cli, srv, netstack.StateTimeWait, netstack.StateClosed)
	return cli, srv, c
}

// wire is an end from which packets are forged.
func wire(w *sim.World) *sim.Wire { return sim.Must(w.AddWire(sim.WireConfig{Name: "mallory"})) }

// forge sends a segment in the name of c's peer, and lets it arrive and be
// answered.
func forge(t *testing.T, w *sim.World, from *sim.Wire, c *netstack.Conn, segment string) {
	t.Helper()
	if err := from.Forge(c, segment); err != nil {
		t.Fatal(err)
	}
	w.Settle()
}

// Test09FinWait2Timeout: RFC 9293 has no limit for FIN-WAIT-2; Linux gives up a
// socket after tcp_fin_timeout, 60 s, if no program holds it any more. What the
// peer sends after that is answered by a reset.
func Test09FinWait2Timeout(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		c.Close()
		w.Settle() // our FIN is acknowledged after 20 ms, and that was it
		w.RunFor(59 * time.Second)
		wantStates(t, cli, srv, netstack.StateFinWait2, netstack.StateCloseWait)
		w.RunFor(2 * time.Second)
		wantStates(t, cli, srv, netstack.StateClosed, netstack.StateCloseWait)
		w.WantCounter(t, cli, sim.FinWait2Timeouts, 1)

		sim.Must(io.WriteString(s, "late"))
		w.Settle()
		wantStates(t, cli, srv, netstack.StateClosed, netstack.StateClosed)
		w.Packets(sim.From(cli), sim.RST).WantLen(t, 1)
		if _, err := io.WriteString(s, "later"); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after the reset: %v, want EPIPE", err)
		}
	})
}

// Test10TimeWaitLength: RFC 9293 section 3.4.2: who closes first keeps the pair
// of sockets for twice the maximum segment lifetime; Linux takes 60 s.
func Test10TimeWaitLength(t *testing.T) {
	cfg := tenMS
	cfg.TCP.EphemeralPorts = netstack.PortRange{First: 40000, Last: 40000}
	inWorld(t, cfg, func(t *testing.T, w *sim.World) {
		cli, _, _ := closed(t, w)
		w.RunFor(60*time.Second - 20*time.Millisecond)
		w.WantSockets(t, cli, netstack.StateTimeWait, 1)
		if _, err := cli.Dial("tcp", "srv:80"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("dial within TIME-WAIT: %v, want EADDRNOTAVAIL", err)
		}
		w.RunFor(10 * time.Millisecond)
		w.WantSockets(t, cli, netstack.StateTimeWait, 0)
		w.Must(cli.Dial("tcp", "srv:80"))
	})
}

// Test11TimeWaitReACK: RFC 9293 section 3.10.7.8: a FIN that is repeated into
// TIME-WAIT is acknowledged again, and the time starts anew.
func Test11TimeWaitReACK(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, _, c := closed(t, w)
		mallory := wire(w)
		w.RunFor(50 * time.Second)
		again := w.Now()
		forge(t, w, mallory, c, "F. 1:1(0) ack 2 win 512 <TS val 100 ecr 0>")
		w.Packets(sim.From(cli), sim.ACKOnly).Since(again).WantTimes(t, "10ms")
		w.RunFor(again + 60*time.Second - w.Now())
		w.WantSockets(t, cli, netstack.StateTimeWait, 1) // without it, it had ended 10 s ago
		w.RunFor(10 * time.Millisecond)
		w.WantSockets(t, cli, netstack.StateTimeWait, 0)
	})
}

// Test12TimeWaitAssassination: RFC 1337: a reset that is accepted in TIME-WAIT
// would end it early. gVisor ignores it, as the RFC recommends; Linux does so
// with tcp_rfc1337 set, and by default lets it end.
func Test12TimeWaitAssassination(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, _, c := closed(t, w)
		forge(t, w, wire(w), c, "R 2:2(0)")
		w.WantCounter(t, cli, sim.ResetsReceived, 1)
		w.WantSockets(t, cli, netstack.StateTimeWait, 1)
	})
}

// Test13TimeWaitReopened: RFC 6191 section 2: a SYN whose sequence number and
// timestamp are beyond the old connection's may take over from TIME-WAIT.
func Test13TimeWaitReopened(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		_, srv, c, s := pair(t, w)
		s.Close() // the server closes first, so TIME-WAIT is its own
		sim.Must(io.Copy(io.Discard, c))
		c.Close()
		w.Settle()
		w.WantSockets(t, srv, netstack.StateTimeWait, 1)
		w.RunFor(5 * time.Second)

		mallory, start := wire(w), w.Now()
		forge(t, w, mallory, s, "S 100000:100000(0) win 65535 <mss 1460,TS val 6000 ecr 0>")
		w.WantSockets(t, srv, netstack.StateTimeWait, 0)
		w.Packets(sim.From(srv), sim.SYNACK).Since(start).WantTimes(t, "10ms")
	})
}
