package worlds

import (
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// pathWorlds have paths with rates, queues and small MTUs.
func pathWorlds() []world {
	path := func(p sim.PathConfig) sim.Config { return sim.Config{Path: p} }
	tail := sim.PathConfig{Delay: 15 * time.Millisecond, BitsPerSecond: 6_000_000, Queue: sim.Queue{Packets: 12}}
	bytes := tail
	bytes.Queue = sim.Queue{Bytes: 12_000}
	codel := tail
	codel.Queue = sim.Queue{CoDel: true}
	narrow := sim.PathConfig{Delay: 10 * time.Millisecond, MTU: 900}
	return []world{
		{name: "tail drop", cfg: path(tail), run: dropsBy(engine.DropQueue, download(600_000))},
		{name: "tail drop by bytes", mode: cooperative, cfg: path(bytes), run: dropsBy(engine.DropQueue, download(600_000))},
		{name: "CoDel", mode: seeded, cfg: path(codel), run: dropsBy(engine.DropCoDel, download(800_000))},
		{name: "path MTU", cfg: path(narrow), run: dropsBy(engine.DropMTU, download(300_000))},
		{name: "path MTU over IPv6", mode: cooperative, cfg: path(sim.PathConfig{Delay: 10 * time.Millisecond, MTU: 1280}),
			build: hostsOf(sim.IPv6, "srv", "cli"), run: dropsBy(engine.DropMTU, download(450_000))},
		{name: "other ways there and back", cfg: near, run: func(t *testing.T, w *sim.World) {
			srv, cli := w.Host("srv"), w.Host("cli")
			w.SetPath(srv, cli, sim.PathConfig{Delay: 5 * time.Millisecond, BitsPerSecond: 8_000_000})
			w.SetPath(cli, srv, sim.PathConfig{Delay: 40 * time.Millisecond, BitsPerSecond: 256_000, Queue: sim.Queue{Packets: 5}})
			download(600_000)(t, w)
		}},
		{name: "bulk over IPv6", cfg: near, build: hostsOf(sim.IPv6, "srv", "cli"), run: download(500_000),
			faults: []fault.Fault{fault.Loss{Chance: 5_000}}},
	}
}

// hostsOf adds hosts with addresses of a family.
func hostsOf(family sim.Family, names ...string) func(w *sim.World) {
	return hostsWith(func(c *sim.HostConfig) { c.Family = family }, names...)
}

// hostsWith adds hosts with an option.
func hostsWith(option sim.HostOption, names ...string) func(w *sim.World) {
	return func(w *sim.World) {
		for _, name := range names {
			w.Host(name, option)
		}
	}
}

// dropsBy is run, which has to lose packets for that reason.
func dropsBy(why engine.Drop, run func(*testing.T, *sim.World)) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		run(t, w)
		var n uint64
		for _, from := range w.Hosts() {
			for _, to := range w.Hosts() {
				if p, err := w.Path(from, to); err == nil {
					n += p.Counters().Dropped[why]
				}
			}
		}
		if n == 0 {
			t.Errorf("no packet was dropped by %v", why)
		}
	}
}
