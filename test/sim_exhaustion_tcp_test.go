package test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// standingPair is a connection between cli and srv that stands, and srv's end of it.
func standingPair(w *sim.World) (cli, srv *sim.Host, c, far net.Conn) {
	cli, srv = w.Host("cli"), w.Host("srv")
	l := sim.Must(srv.Listen("tcp", ":80"))
	c = w.Must(cli.Dial("tcp", "srv:80"))
	far = sim.Must(l.Accept())
	w.Settle()
	return cli, srv, c, far
}

// cutOff loses all that cli sends from now on.
func cutOff(w *sim.World) *fault.Handle {
	return w.Fault(fault.Partition{A: []string{"cli"}, B: []string{"srv"}, OneWay: true})
}

// wantError checks an error by errors.Is.
func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// TestSimUserTimeout: data that stays unacknowledged for the user timeout ends the
// connection then, not at the next retransmission (RFC 5482, section 3). Where a
// tail loss probe (RFC 8985, section 7) sends the data again before its timer has
// expired, the time counts from the probe; so it does on Linux.
func TestSimUserTimeout(t *testing.T) {
	for _, c := range []struct {
		noRACK bool
		sent   string
		ends   time.Duration
	}{
		{true, "0 200ms 600ms 1.4s 3s 6.2s 12.6s 25.4s", 30 * time.Second},
		{false, "0 240ms 440ms 840ms 1.64s 3.24s 6.44s 12.84s 25.64s", 30*time.Second + 240*time.Millisecond},
	} {
		cfg := sim.Config{Path: rttPath, TCP: netstack.TCPConfig{UserTimeout: 30 * time.Second, NoRACK: c.noRACK}}
		inBothSims(t, cfg, func(t testing.TB, w *sim.World) {
			cli, _, conn, _ := standingPair(w)
			cutOff(w)
			w.Mark()
			sim.Must(io.WriteString(conn, "x"))
			_, err := conn.Read(make([]byte, 1))
			wantError(t, "read", err, syscall.ETIMEDOUT)
			w.WantElapsed(t, c.ends)
			w.Packets(sim.From(cli), sim.Data).WantTimes(t, c.sent)
			w.WantCounter(t, cli, sim.TimedOut, 1)
		})
	}
}

// TestSimKeepAlive: an idle connection whose peer is gone is probed after two
// hours, nine times, 75 s apart (RFC 1122, section 4.2.3.6). Linux then sends a
// reset, gVisor says nothing more.
func TestSimKeepAlive(t *testing.T) {
	keepAlive := net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}
	cfg := sim.Config{Path: rttPath, TCP: netstack.TCPConfig{KeepAlive: keepAlive}}
	inBothSims(t, cfg, func(t testing.TB, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		sim.Must(srv.Listen("tcp", ":80"))
		c := w.Must(cli.Dial("tcp", "srv:80"))
		start := w.Mark()
		w.Settle()
		cutOff(w)
		_, err := c.Read(make([]byte, 1))
		wantError(t, "read", err, syscall.ETIMEDOUT)
		w.WantElapsed(t, 2*time.Hour+9*75*time.Second)
		probes := w.Packets(sim.From(cli), sim.Probe).Since(start)
		probes.WantTimes(t, "2h 2h1m15s 2h2m30s 2h3m45s 2h5m 2h6m15s 2h7m30s 2h8m45s 2h10m")
		w.Packets(sim.RST).WantLen(t, 0)
		w.WantCounter(t, cli, sim.KeepAliveProbes, 9)
		w.WantCounter(t, cli, sim.TimedOut, 1)
	})
}

// TestSimFinWait2: a connection that is closed here and not there is forgotten
// after 60 s in FIN-WAIT-2, and what the peer sends later is answered with a
// reset.
func TestSimFinWait2(t *testing.T) {
	inBothSims(t, sim.Config{Path: rttPath}, func(t testing.TB, w *sim.World) {
		cli, _, c, far := standingPair(w)
		c.Close()
		w.RunFor(simRTT) // the FIN, and the ACK for it: FIN-WAIT-2 begins
		w.WantSockets(t, cli, netstack.StateFinWait2, 1)
		w.RunFor(time.Minute - time.Nanosecond)
		w.WantSockets(t, cli, netstack.StateFinWait2, 1)
		w.WantCounter(t, cli, sim.FinWait2Timeouts, 0)
		w.RunFor(time.Nanosecond)
		w.WantSockets(t, cli, netstack.StateFinWait2, 0)
		w.WantCounter(t, cli, sim.FinWait2Timeouts, 1)

		sim.Must(io.WriteString(far, "are you there?"))
		w.Settle()
		w.Packets(sim.From(cli), sim.RST).WantLen(t, 1)
		_, err := io.WriteString(far, "?")
		wantError(t, "a write after the reset, which came after the FIN", err, syscall.EPIPE)
	})
}

// TestSimTimeWaitReuse: with a range of one port the next dial to the same place
// fails while the first is in TIME-WAIT, or takes its place after a second where
// that is allowed (RFC 6191, section 2).
func TestSimTimeWaitReuse(t *testing.T) {
	for reuse, wait := range map[netstack.TimeWaitReuse]time.Duration{
		netstack.TimeWaitReuseNever: time.Minute, netstack.TimeWaitReuseLoopback: time.Minute, netstack.TimeWaitReuseAlways: time.Second,
	} {
		ports := netstack.PortRange{First: 40000, Last: 40000}
		cfg := sim.Config{Path: rttPath, TCP: netstack.TCPConfig{EphemeralPorts: ports, TimeWaitReuse: reuse}}
		inBothSims(t, cfg, func(t testing.TB, w *sim.World) {
			cli, _, c, far := standingPair(w)
			c.Close()
			w.Settle()
			far.Close()
			w.RunFor(simRTT / 2) // the peer's FIN: TIME-WAIT begins
			w.WantSockets(t, cli, netstack.StateTimeWait, 1)
			dial := func() error { _, err := cli.Dial("tcp", "srv:80"); return err }
			wantError(t, "a dial at once", dial(), syscall.EADDRNOTAVAIL)
			w.RunFor(wait - time.Nanosecond)
			wantError(t, "a dial just before its time", dial(), syscall.EADDRNOTAVAIL)
			w.RunFor(time.Nanosecond)
			wantError(t, "a dial in time", dial(), nil)
			w.WantSockets(t, cli, netstack.StateTimeWait, 0)
		})
	}
}

// TestSimZeroWindow: a peer that stops reading closes the window; it is probed
// with back-off (RFC 9293, section 3.8.6.1) for as long as it answers, writes
// wait for their deadlines, and nothing is lost when it reads again.
func TestSimZeroWindow(t *testing.T) {
	small := netstack.BufferBytes{Min: 4096, Default: 4096, Max: 4096}
	cfg := sim.Config{Path: rttPath, TCP: netstack.TCPConfig{SendBuffer: small, ReceiveBuffer: small, FixedReceiveBuffer: true}}
	inBothSims(t, cfg, func(t testing.TB, w *sim.World) {
		cli, srv, c, far := standingPair(w)
		start := w.Mark()
		c.SetWriteDeadline(cli.Now().Add(10 * time.Second))
		n, err := c.Write(make([]byte, 64<<10))
		wantError(t, "a write of more than both buffers", err, os.ErrDeadlineExceeded)
		w.WantElapsed(t, 10*time.Second)
		w.Packets(sim.From(cli), sim.Probe).Since(start).WantGaps(t, "400ms 800ms 1.6s 3.2s")
		if w.Counter(srv, sim.ZeroWindows) == 0 || w.Counter(cli, sim.ZeroWindowProbes) == 0 {
			t.Error("the window did not close, or was not probed")
		}
		w.RunFor(time.Hour)
		w.WantCounter(t, cli, sim.TimedOut, 0)
		c.Close()
		if got, err := io.Copy(io.Discard, far); err != nil || got != int64(n) {
			t.Errorf("read %d bytes of %d: %v", got, n, err)
		}
	})
}
