package scenarios

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// tenMS is a world in which every path takes 10 ms.
var tenMS = sim.Config{Path: sim.PathConfig{Delay: 10 * time.Millisecond}}

// Test01SYNToNowhere: RFC 6298 section 2 and RFC 9293 section 3.8.3: a SYN
// that nobody answers is repeated after 1 s, then after twice as long each
// time. Six repetitions are Linux's default, and then it is ETIMEDOUT.
func Test01SYNToNowhere(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli := w.Host("cli")
		w.Host("srv")
		w.Fault(fault.Partition{A: []string{"cli"}})

		_, err := cli.Dial("tcp", "srv:80")
		if !errors.Is(err, syscall.ETIMEDOUT) {
			t.Error(err)
		}
		w.WantElapsed(t, 127*time.Second)
		w.Packets(sim.SYN).WantTimes(t, "0 1s 3s 7s 15s 31s 63s")
	})
}

// Test02SYNToClosedPort: RFC 9293 section 3.10.7.1: a SYN for a port that
// nobody listens on is answered by a reset, and the dial fails after one round
// trip.
func Test02SYNToClosedPort(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")

		_, err := cli.Dial("tcp", "srv:80")
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
		w.WantElapsed(t, 20*time.Millisecond)
		w.Packets().WantLen(t, 2)
		w.Packets(sim.From(cli), sim.SYN).WantLen(t, 1)
		w.Packets(sim.From(srv), sim.RST).WantLen(t, 1)
	})
}

// Test03SYNACKLost: RFC 6298 section 5.7: when a handshake had to repeat its
// SYN, the data that follows starts with a timeout of 3 s. Both ends repeat what
// was lost, and one connection comes of it.
func Test03SYNACKLost(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		l := sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 1}))
		lost := w.Fault(fault.Drop{Select: fault.Select{Flags: fault.SYN | fault.ACK, Nth: 1}})

		c := w.Must(cli.Dial("tcp", "srv:80"))
		w.WantElapsed(t, 1020*time.Millisecond)
		w.Settle()
		w.Packets(sim.SYN).WantTimes(t, "0 1s")
		w.Packets(sim.SYNACK).Since(0).WantTimes(t, "10ms 1.01s")
		w.WantCounter(t, srv, sim.AcceptQueue, 1)
		sim.Must(l.Accept())
		// The first timeout is 3 s, and 60 ms are four times the deviation of
		// the first sample of the round trip.
		if rto := c.(*netstack.Conn).TCPInfo().RTO; rto != 3060*time.Millisecond {
			t.Errorf("RTO %v, want 3.06s", rto)
		}
		if lost.Hits() != 1 {
			t.Errorf("%d packets lost, want 1", lost.Hits())
		}
	})
}

// Test04FinalACKLost: RFC 9293 section 3.10.7.4: the acknowledgement that comes
// with the first data ends the handshake as well as the one that was lost.
func Test04FinalACKLost(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		l := sim.Must(srv.Listen("tcp", ":80"))
		w.Fault(fault.Drop{Select: fault.Select{From: []string{"cli"}, Flags: fault.ACK, Nth: 1}})

		c := w.Must(cli.Dial("tcp", "srv:80"))
		w.WantElapsed(t, 20*time.Millisecond) // for the client it is open
		w.RunFor(80 * time.Millisecond)
		w.WantSockets(t, srv, netstack.StateSynReceived, 1)
		sim.Must(io.WriteString(c, "hello"))
		s := sim.Must(l.Accept())
		w.WantElapsed(t, 110*time.Millisecond)
		if got := sim.Must(read(s, 5)); got != "hello" {
			t.Errorf("read %q, want hello", got)
		}
		w.Packets(sim.Retransmission).WantLen(t, 0)
	})
}

// Test05SimultaneousOpen: RFC 9293 section 3.5, figure 7: two SYNs that cross
// make one connection, by way of SYN-RECEIVED on both sides.
func Test05SimultaneousOpen(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		a, b := w.Host("a"), w.Host("b")
		atA, atB := netip.AddrPortFrom(a.Addr(), 1000), netip.AddrPortFrom(b.Addr(), 2000)
		ends := make(chan *netstack.Conn)
		dial := func(h *sim.Host, from, to netip.AddrPort) {
			ends <- sim.Must(h.Stack().DialTCP(context.Background(), to, netstack.DialOptions{Local: from}))
		}
		go dial(a, atA, atB)
		go dial(b, atB, atA)
		time.Sleep(15 * time.Millisecond)
		w.WantSockets(t, a, netstack.StateSynReceived, 1)
		w.WantSockets(t, b, netstack.StateSynReceived, 1)
		sim.Must(io.WriteString(<-ends, "one"))
		if got := sim.Must(read(<-ends, 3)); got != "one" {
			t.Errorf("read %q, want one", got)
		}
		w.WantSockets(t, a, netstack.StateEstablished, 1)
		w.WantSockets(t, b, netstack.StateEstablished, 1)
		w.Packets(sim.SYN).WantTimes(t, "0 0")
		w.Packets(sim.SYNACK).Since(0).WantTimes(t, "10ms 10ms")
	})
}

// Test06SelfConnect: RFC 9293 section 3.5: a socket that is bound to the address
// it connects to opens simultaneously with itself. On Linux it happens by chance
// to whoever dials a port of the ephemeral range where nobody listens.
func Test06SelfConnect(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		a := w.Host("a")
		self := netip.AddrPortFrom(a.Addr(), 1000)
		c := sim.Must(a.Stack().DialTCP(context.Background(), self, netstack.DialOptions{Local: self}))
		sim.Must(io.WriteString(c, "echo"))
		if got := sim.Must(read(c, 4)); got != "echo" {
			t.Errorf("read %q, want what was written", got)
		}
		w.WantSockets(t, a, netstack.StateEstablished, 1)
		w.WantElapsed(t, 0)
		w.Packets().WantLen(t, 0) // it never leaves the host

		// And a packet of another host, so that there is a trace.
		w.Host("b").DialTimeout("tcp", "a:1001", time.Second)
	})
}

// read reads n bytes.
func read(r io.Reader, n int) (string, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return string(b), err
}
