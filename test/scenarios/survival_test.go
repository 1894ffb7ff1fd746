package scenarios

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// Test37KeepAlive: RFC 9293 section 3.8.4: an idle connection is probed after two
// hours, then every 75 s, and given up when nine probes had no answer.
func Test37KeepAlive(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, _, c, _ := pair(t, w)
		if err := c.SetKeepAlive(true); err != nil {
			t.Fatal(err)
		}
		cut(w)
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Error(err)
		}
		w.WantElapsed(t, 2*time.Hour+9*75*time.Second)
		w.Packets(sim.From(cli), sim.Probe).WantTimes(t, "0 1m15s 2m30s 3m45s 5m 6m15s 7m30s 8m45s 10m")
		w.WantCounter(t, cli, sim.TimedOut, 1)
	})
}

// Test38PathMTU: RFC 1191 section 6.3: "packet too big" from a narrower path
// makes TCP send smaller segments. Where the message is suppressed the path is
// a black hole: what is too big vanishes until TCP gives up. RFC 4821, which
// would find out by itself, is not in gVisor.
func Test38PathMTU(t *testing.T) {
	narrow := func(t *testing.T, suppressed bool, f func(w *sim.World, c, s *netstack.Conn)) {
		inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
			cli, srv, c, s := pair(t, w)
			w.SetPath(cli, srv, sim.PathConfig{Delay: 10 * time.Millisecond, MTU: 1400, NoTooBig: suppressed})
			sim.Must(c.Write(make([]byte, 5000)))
			f(w, c, s)
		})
	}
	t.Run("too big", func(t *testing.T) {
		narrow(t, false, func(w *sim.World, c, s *netstack.Conn) {
			sim.Must(io.ReadFull(s, make([]byte, 5000)))
			w.WantElapsed(t, 20*time.Millisecond)
			w.Packets(sim.ICMP).WantLen(t, 3)
			for _, p := range w.Packets(sim.Retransmission).All() {
				if len(p.Bytes) > 1400 {
					t.Errorf("%v is larger than the path's MTU", p)
				}
			}
		})
	})
	t.Run("black hole", func(t *testing.T) {
		narrow(t, true, func(w *sim.World, c, s *netstack.Conn) {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
				t.Errorf("read: %v, want ETIMEDOUT", err)
			}
			if w.Elapsed() < 10*time.Minute {
				t.Errorf("given up after %v already", w.Elapsed())
			}
			w.WantCounter(t, w.Host("cli"), sim.TimedOut, 1)
		})
	})
}

// Test39PAWSAndWrap: RFC 7323 section 5: a segment with an old timestamp is a
// duplicate from before and has to be discarded. gVisor does not look: it takes
// what fits into the sequence space. Sequence numbers that pass 2^32 harm
// nobody.
func Test39PAWSAndWrap(t *testing.T) {
	t.Run("PAWS", func(t *testing.T) {
		inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
			_, _, c, s := pair(t, w)
			w.RunFor(time.Minute)
			sim.Must(io.WriteString(s, "fresh"))
			w.Settle()
			forge(t, w, wire(w), c, `P. 6:9(3) ack 1 win 512 <TS val 1 ecr 0> "old"`)
			if got := sim.Must(read(c, 8)); got != "freshold" { // Linux: "fresh"
				t.Errorf("read %q", got)
			}
		})
	})
	t.Run("wrap", func(t *testing.T) {
		inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
			srv, peer := w.Host("srv"), wire(w)
			l := sim.Must(srv.Listen("tcp", ":80"))
			from, to := netip.AddrPortFrom(peer.Addrs()[0], 1000), netip.AddrPortFrom(srv.Addr(), 80)
			send := func(text string, numbers ...any) {
				t.Helper()
				if err := peer.Segment(from, to, fmt.Sprintf(text, numbers...)); err != nil {
					t.Fatal(err)
				}
				w.Settle()
			}
			const isn = 1<<32 - 4 // three bytes before the wrap
			send("S %d:%[1]d(0) win 65535 <mss 1460>", uint32(isn))
			ack := w.Packets(sim.SYNACK).At(0)
			iss := uint32(ack.Bytes[24])<<24 | uint32(ack.Bytes[25])<<16 | uint32(ack.Bytes[26])<<8 | uint32(ack.Bytes[27])
			send(`P. 4294967293:7(10) ack %d win 65535 "0123456789"`, iss+1)
			send(`P. 7:17(10) ack %d win 65535 "abcdefghij"`, iss+1)
			if got := sim.Must(read(w.Must(l.Accept()), 20)); got != "0123456789abcdefghij" {
				t.Errorf("read %q", got)
			}
			last := w.Packets(sim.From(srv)).At(-1)
			if last.Ack != 21 {
				t.Errorf("the last acknowledgement is of %d, want 21", last.Ack)
			}
		})
	})
}

// Test40CrashAndReboot: RFC 9293 section 3.5.1: a host that has crashed and come
// back knows nothing of its old connections, and answers their segments by
// resets.
func Test40CrashAndReboot(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		go io.Copy(io.Discard, s)
		sim.Must(c.Write(make([]byte, 100_000)))
		srv.Crash()
		w.RunFor(100 * time.Millisecond)
		if err := srv.Restart(); err != nil {
			t.Fatal(err)
		}
		wantStates(t, cli, srv, netstack.StateEstablished, netstack.StateClosed) // half-open
		wantReset(t, c)
		w.WantElapsed(t, 260*time.Millisecond) // a probe at 240 ms, and its answer
		w.Packets(sim.From(srv), sim.RST).WantLen(t, 1)
		if _, err := cli.Dial("tcp", "srv:80"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v: the listener has to be opened again", err)
		}
	})
}
