package worlds

import (
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// routedWorlds have routers between hosts, and hosts in several subnets.
func routedWorlds() []world {
	return []world{
		{name: "a line of routers", cfg: near, build: func(w *sim.World) { w.Line("cli", "r1", "r2", "srv") }, run: download(340_000),
			faults: []fault.Fault{fault.Loss{Select: fault.Select{From: []string{"r1"}, To: []string{"r2"}, BothWays: true}, Chance: 20_000}}},
		{name: "a star with a link that flaps", mode: seeded, cfg: near, build: func(w *sim.World) { w.Star("hub", "srv", "a", "b", "c") },
			run: chat(32, 2000, 40*time.Millisecond),
			faults: []fault.Fault{
				fault.Flap{Select: fault.Select{From: []string{"hub"}, To: []string{"srv"}, BothWays: true}, Up: time.Second, Down: 300 * time.Millisecond},
			}},
		{name: "a bottleneck with CoDel", cfg: near, build: bottleneck, run: download(180_000),
			faults: []fault.Fault{fault.Partition{Start: 300 * time.Millisecond, End: 600 * time.Millisecond, A: []string{"hub"}, B: []string{"c"}}}},
		{name: "two interfaces", mode: cooperative, cfg: near, build: twoInterfaces, run: byBothInterfaces},
	}
}

// bottleneck has a slow link from the server to the hub.
func bottleneck(w *sim.World) {
	w.Star("hub", "srv", "a", "b", "c")
	w.Link(w.Host("srv"), w.Router("hub"), sim.PathConfig{
		Delay: 5 * time.Millisecond, BitsPerSecond: 10_000_000, Queue: sim.Queue{CoDel: true},
	})
}

// twoInterfaces adds a server that is in the subnets of two clients.
func twoInterfaces(w *sim.World) {
	add := func(name string, prefixes ...string) {
		w.Host(name, func(c *sim.HostConfig) {
			for _, p := range prefixes {
				c.Interfaces = append(c.Interfaces, sim.InterfaceConfig{Addresses: []netip.Prefix{netip.MustParsePrefix(p)}})
			}
		})
	}
	add("srv", "192.0.2.1/24", "2001:db8::1/64")
	add("cli-4", "192.0.2.2/24")
	add("cli-6", "2001:db8::2/64")
}

func byBothInterfaces(t *testing.T, w *sim.World) {
	const size = 300_000
	all := newCrew(t, w)
	if err := serve(w.Host("srv"), ":80", sends(size)); err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{"cli-4": "192.0.2.1:80", "cli-6": "[2001:db8::1]:80"} {
		h := w.Host(name)
		all.start(h, "fetch", func() error { return fetch(h, address, size) })
	}
	all.wait()
}
