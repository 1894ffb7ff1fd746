package scenarios

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// Test19BacklogFull: Linux, listen(2): a backlog of n lets n+1 connections wait.
// The SYNs of others are dropped without a word, and repeated as RFC 6298
// section 5.5 has it.
func Test19BacklogFull(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 2}))
		for range 3 {
			w.Must(cli.Dial("tcp", "srv:80"))
		}
		start := w.Mark()
		for range 2 {
			go cli.Dial("tcp", "srv:80")
		}
		if _, err := cli.Dial("tcp", "srv:80"); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Error(err)
		}
		w.WantElapsed(t, 127*time.Second)
		w.Packets(sim.SYN).Since(start).WantTimes(t, "0 0 0 1s 1s 1s 3s 3s 3s 7s 7s 7s 15s 15s 15s 31s 31s 31s 63s 63s 63s")
		w.Packets(sim.From(srv)).Since(start).WantLen(t, 0)
		w.WantCounter(t, srv, sim.ListenOverflowSYNDrops, 21)
		w.WantCounter(t, srv, sim.AcceptQueue, 3)
	})
}

// Test20BacklogDrainsLate: RFC 6298 section 5.5: whoever was dropped gets in
// with the first repetition that finds room; its timer decides when, not the
// server.
func Test20BacklogDrainsLate(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		l := sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 1}))
		w.Must(cli.Dial("tcp", "srv:80"))
		w.Must(cli.Dial("tcp", "srv:80"))
		w.Mark()
		time.AfterFunc(5*time.Second, func() { l.Accept() })
		w.Must(cli.Dial("tcp", "srv:80"))
		w.WantElapsed(t, 7*time.Second+20*time.Millisecond)
		w.WantCounter(t, srv, sim.ListenOverflowSYNDrops, 3) // at 0, 1 and 3 s
	})
}

// Test21AcceptQueueFullAtACK: Linux: an ACK that ends a handshake is dropped when
// the accept queue has become full meanwhile. The client believes to be
// connected; what it sends is repeated until there is room. gVisor answers SYNs
// with cookies from the backlog's length on, so nothing but the ACK carries the
// connection, and the data that is repeated with it opens it late.
func Test21AcceptQueueFullAtACK(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		l := sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 1}))
		conns := make(chan string, 3)
		for i := range 3 { // at one instant
			go func() {
				ctx := sim.Named(context.Background(), fmt.Sprint(i))
				c := w.Must(cli.DialContext(ctx, "tcp", "srv:80"))
				conns <- fmt.Sprint(i)
				fmt.Fprint(c, i)
			}()
		}
		w.RunFor(time.Second)
		if len(conns) != 3 {
			t.Errorf("%d clients are connected, want all 3", len(conns))
		}
		w.WantCounter(t, srv, sim.AcceptQueue, 2)
		w.Packets(sim.From(cli), sim.Retransmission).WantTimes(t, "0 400ms")
		for want := range 3 {
			s := w.Must(l.Accept())
			if got := sim.Must(read(s, 1)); got != fmt.Sprint(want) {
				t.Errorf("accepted client %s, want %d", got, want)
			}
		}
		w.Packets(sim.From(cli), sim.Retransmission).WantTimes(t, "0 400ms 1.2s")
	})
}

// flood sends SYNs from as many addresses, a hundred in a millisecond.
func flood(t *testing.T, w *sim.World, srv *sim.Host, n int) {
	t.Helper()
	mallory, to := wire(w), netip.AddrPortFrom(srv.Addr(), 80)
	for i := range n {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), 1000)
		if err := mallory.Segment(from, to, fmt.Sprintf("S %d:%[1]d(0) win 65535 <mss 1460>", i)); err != nil {
			t.Fatal(err)
		}
		if i%100 == 99 {
			w.RunFor(time.Millisecond)
		}
	}
}

// Test22SYNFloodWithCookies: RFC 4987 section 3.6: under a flood of SYNs the
// server keeps no state but a cookie in its own sequence number, and an honest
// client connects at once. The options that no cookie has room for, window
// scaling and SACK, are lost to it.
func Test22SYNFloodWithCookies(t *testing.T) {
	cfg := tenMS
	cfg.Trace = engine.TraceConfig{Full: true, Most: 50_000}
	inWorld(t, cfg, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		l := sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 100}))
		flood(t, w, srv, 10_000)
		w.WantCounter(t, srv, sim.SYNQueue, 100) // half-open; the other 9,900 have left nothing
		w.Mark()
		c := w.Must(cli.Dial("tcp", "srv:80"))
		w.WantElapsed(t, 20*time.Millisecond)
		sim.Must(io.WriteString(c, "honest"))
		if got := sim.Must(read(w.Must(l.Accept()), 6)); got != "honest" {
			t.Errorf("read %q", got)
		}
		w.WantCounter(t, srv, sim.SYNCookiesAccepted, 1)
		if synack := w.Packets(sim.To(cli), sim.SYNACK).At(0).String(); strings.Contains(synack, "wscale") {
			t.Errorf("the cookie agrees to window scaling: %s", synack)
		}
	})
}

// Test23SYNFloodWithoutCookies: RFC 4987 section 3: without cookies a full queue
// of half-open connections would shut out the honest client until they time
// out. gVisor has no switch to turn cookies off: the setting is refused with a
// clear error, and a flood that just fills the queue shows where they begin.
func Test23SYNFloodWithoutCookies(t *testing.T) {
	off := sim.Config{TCP: netstack.TCPConfig{SYNCookies: "off"}}
	if _, err := sim.Must(sim.New(off)).AddHost(sim.HostConfig{Name: "srv"}); err == nil || !strings.Contains(err.Error(), "SYNCookies") {
		t.Errorf("SYNCookies off: %v, want an error that names it", err)
	}
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv := w.Host("cli"), w.Host("srv")
		sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 100}))
		flood(t, w, srv, 99)
		w.Must(cli.Dial("tcp", "srv:80"))
		w.Settle()
		w.WantCounter(t, srv, sim.SYNCookiesSent, 0) // the queue had one place left
		w.WantCounter(t, srv, sim.SYNQueue, 99)
		w.RunFor(2 * time.Minute) // they time out after six repetitions of the SYN-ACK
		w.WantCounter(t, srv, sim.SYNQueue, 99)
		w.RunFor(10 * time.Second)
		w.WantCounter(t, srv, sim.SYNQueue, 0)
	})
}
