package worlds

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// delayedWorlds are late in every way.
func delayedWorlds() []world {
	jitter := func(kind engine.JitterKind) sim.Config {
		return sim.Config{Path: sim.PathConfig{Delay: 20 * time.Millisecond, Jitter: sim.Jitter{Kind: kind, Spread: 4 * time.Millisecond}}}
	}
	return []world{
		{name: "uniform jitter", cfg: jitter(engine.JitterUniform), build: hostsNamed("srv", "a", "b", "c"), run: chat(28, 2000, time.Millisecond)},
		{name: "normal jitter", mode: cooperative, cfg: jitter(engine.JitterNormal), build: hostsNamed("srv", "a", "b", "c"), run: chat(28, 2000, time.Millisecond)},
		{name: "pareto jitter", mode: seeded, cfg: jitter(engine.JitterPareto), build: hostsNamed("srv", "a", "b", "c"), run: chat(28, 2000, time.Millisecond)},
		{name: "delay", cfg: near, run: download(450_000),
			faults: []fault.Fault{fault.Delay{Chance: 50_000, Delay: 2 * time.Millisecond, Spread: 10 * time.Millisecond}}},
		{name: "clog", mode: cooperative, cfg: near, build: hostsNamed("srv", "a", "b"), run: chat(30, 3000, 30*time.Millisecond),
			faults: []fault.Fault{fault.Clog{Select: fault.Select{Start: 500 * time.Millisecond, End: 2 * time.Second}}}},
		{name: "clogs now and then", cfg: near, build: hostsNamed("srv", "a", "b"), run: chat(30, 3000, 30*time.Millisecond),
			faults: []fault.Fault{fault.Clog{Every: 300 * time.Millisecond, For: 100 * time.Millisecond, Chance: 300_000}}},
		{name: "a slow reader closes the window", mode: cooperative, cfg: near, run: slowReader},
	}
}

// slowReader takes little at a time from a server that has much.
func slowReader(t *testing.T, w *sim.World) {
	const size = 600_000
	srv, cli := w.Host("srv"), w.Host("cli")
	all := newCrew(t, w)
	if err := serve(srv, ":80", sends(size)); err != nil {
		t.Fatal(err)
	}
	all.start(cli, "sip", func() error {
		c, err := cli.Dial("tcp", "srv:80")
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.(interface{ SetReadBuffer(int) error }).SetReadBuffer(16 << 10); err != nil {
			return err
		}
		return sip(cli, c)
	})
	all.wait()
	if w.Packets(sim.ZeroWindow).Len() == 0 {
		t.Error("the window was never closed")
	}
}

func sip(h *sim.Host, c net.Conn) error {
	b := make([]byte, 20_000)
	for {
		if _, err := io.ReadFull(c, b); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		h.Sleep(30 * time.Millisecond)
	}
}
