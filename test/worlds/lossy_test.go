package worlds

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// near is a path like that between two towns.
var near = sim.Config{Path: sim.PathConfig{Delay: 10 * time.Millisecond}}

// lossyWorlds lose, copy, damage and overtake packets.
func lossyWorlds() []world {
	one := fault.PerMillion(10_000)
	return []world{
		{name: "loss", cfg: near, run: download(500_000),
			faults: []fault.Fault{fault.Loss{Chance: 2 * one}}},
		{name: "loss of acknowledgements", mode: cooperative, cfg: near, run: download(600_000),
			faults: []fault.Fault{fault.Loss{Select: fault.Select{From: []string{"cli"}}, Chance: 10 * one}}},
		{name: "burst", mode: seeded, cfg: near, run: chat(60, 3000, 5*time.Millisecond),
			faults: []fault.Fault{fault.Burst{Enter: one, Leave: 30 * one, Bad: 80 * one}}},
		{name: "duplicate", cfg: near, run: download(500_000),
			faults: []fault.Fault{fault.Duplicate{Chance: 10 * one, Copies: 2}}},
		{name: "reorder by time", mode: cooperative, cfg: near, run: download(450_000),
			faults: []fault.Fault{fault.Reorder{Chance: 5 * one, Delay: 3 * time.Millisecond, Spread: 4 * time.Millisecond}}},
		{name: "reorder by number", cfg: near, run: download(450_000),
			faults: []fault.Fault{fault.Reorder{Chance: 5 * one, Distance: 4, Delay: 50 * time.Millisecond}}},
		{name: "corrupt", mode: cooperative, cfg: near, run: download(450_000),
			faults: []fault.Fault{fault.Corrupt{Chance: 3 * one, Bits: 3}}},
		{name: "corrupt with right checksums", cfg: near, run: datagrams(300, true),
			faults: []fault.Fault{fault.Corrupt{Select: fault.Select{Proto: fault.UDP}, Chance: 10 * one, Bits: 1, PayloadOnly: true, FixChecksum: true}}},
		{name: "datagrams are lost", mode: seeded, cfg: near, run: datagrams(400, false),
			faults: []fault.Fault{fault.Loss{Chance: 20 * one}, fault.Duplicate{Chance: 5 * one, Copies: 1}}},
		{name: "a closure", cfg: near, run: download(500_000),
			faults: []fault.Fault{fault.Func{Name: "each 40th", Verdict: func(_ fault.Seed, p *fault.Packet) fault.Verdict {
				return fault.Verdict{Drop: p.Index%40 == 13}
			}}}},
		{name: "everything at once", cfg: near, build: hostsNamed(append(numbered("cli", 6), "srv")...), run: download(70_000),
			faults: []fault.Fault{
				fault.Loss{Chance: one}, fault.Burst{Enter: one / 4, Leave: 30 * one, Bad: 50 * one},
				fault.Duplicate{Chance: one, Copies: 1}, fault.Corrupt{Chance: one, Bits: 1},
				fault.Reorder{Chance: 2 * one, Delay: 5 * time.Millisecond, Spread: 10 * time.Millisecond},
				fault.Delay{Chance: one, Delay: 3 * time.Millisecond, Spread: 3 * time.Millisecond},
			}},
	}
}

// datagrams sends numbered datagrams to a server that sends them back, some
// at each instant. What comes back damaged or not at all is counted; if it is
// damaged, it must be so in the payload.
func datagrams(n int, damaged bool) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		p, err := srv.ListenPacket("udp", ":53")
		if err != nil {
			t.Fatal(err)
		}
		srv.Go("echo", func() {
			b := make([]byte, 2000)
			for {
				n, from, err := p.ReadFrom(b)
				if err != nil {
					return
				}
				p.WriteTo(b[:n], from)
			}
		})
		var wrong, right atomic.Int64
		all := newCrew(t, w)
		all.start(cli, "ask", func() error { return askNumbers(cli, n, &wrong, &right) })
		all.wait()
		if right.Load() == 0 || (wrong.Load() > 0) != damaged {
			t.Errorf("%d answers are right and %d wrong, damaged is %v", right.Load(), wrong.Load(), damaged)
		}
	}
}

func askNumbers(cli *sim.Host, n int, wrong, right *atomic.Int64) error {
	c, err := cli.Dial("udp", "srv:53")
	if err != nil {
		return err
	}
	defer c.Close()
	for i := 0; i < n; i += 4 {
		for k := range 4 {
			b := binary.BigEndian.AppendUint64(nil, uint64(i+k))
			if _, err := c.Write(append(b, text(400)...)); err != nil {
				return err
			}
		}
		if err := c.SetReadDeadline(cli.Now().Add(40 * time.Millisecond)); err != nil {
			return err
		}
		readNumbers(c, n, wrong, right)
	}
	if right.Load()+wrong.Load() == 0 {
		return fmt.Errorf("no answers to %d questions", n)
	}
	return nil
}

// readNumbers reads answers until the deadline.
func readNumbers(c net.Conn, n int, wrong, right *atomic.Int64) {
	b, want := make([]byte, 2000), string(text(400))
	for {
		m, err := c.Read(b)
		if err != nil {
			return
		}
		if m == 408 && binary.BigEndian.Uint64(b) < uint64(n) && string(b[8:m]) == want {
			right.Add(1)
		} else {
			wrong.Add(1)
		}
	}
}
