package worlds

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// crowdWorlds have many hosts.
func crowdWorlds() []world {
	lost := []fault.Fault{fault.Loss{Chance: 20_000}}
	return []world{
		{name: "two hundred hosts", cfg: near, build: hostsNamed(append([]string{"srv"}, numbered("cli", 199)...)...),
			run: chat(1, 500, 0), faults: lost},
		{name: "a ring of sixty", mode: seeded, cfg: near, build: hostsNamed(numbered("node", 60)...), run: ring, faults: lost},
		{name: "gossip of thirty", cfg: near, build: hostsNamed(numbered("node", 30)...), run: gossip, faults: []fault.Fault{
			fault.Loss{Chance: 100_000}, fault.Partition{Start: 300 * time.Millisecond, End: 900 * time.Millisecond, A: numbered("node", 10)},
		}},
		{name: "a hundred hosts cooperatively", mode: cooperative, cfg: near, build: hostsNamed(append([]string{"srv"}, numbered("cli", 99)...)...),
			run: download(1000), faults: lost},
	}
}

// ring lets every host converse with the next one.
func ring(t *testing.T, w *sim.World) {
	hosts, all := w.Hosts(), newCrew(t, w)
	for _, h := range hosts {
		if err := serve(h, ":7", echoes); err != nil {
			t.Fatal(err)
		}
	}
	for i, h := range hosts {
		next := hosts[(i+1)%len(hosts)].Name()
		all.start(h, "talk", func() error { return converse(h, next+":7", 1, 1000, 5*time.Millisecond) })
	}
	all.wait()
}

// gossip lets every host tell a few others, drawn from the seed, what it has
// heard of, in datagrams at the same instants.
func gossip(t *testing.T, w *sim.World) {
	hosts, all := w.Hosts(), newCrew(t, w)
	heard := make([]map[int]bool, len(hosts))
	for i, h := range hosts {
		heard[i] = map[int]bool{i: true}
		p, err := h.ListenPacket("udp", ":9")
		if err != nil {
			t.Fatal(err)
		}
		draw := h.Rand("gossip")
		all.start(h, "gossip", func() error {
			defer p.Close()
			b := make([]byte, 100)
			for round := 1; round <= 12; round++ {
				for range 2 {
					to := hosts[draw.IntN(len(hosts))]
					for k := range hosts {
						if heard[i][k] && draw.IntN(4) == 0 {
							b[k] = 1
						}
					}
					c, err := h.Dial("udp", to.Name()+":9")
					if err != nil {
						return err
					}
					c.Write(b)
					c.Close()
				}
				if err := p.SetReadDeadline(sim.Start.Add(time.Duration(round) * 50 * time.Millisecond)); err != nil {
					return err
				}
				for n, _, err := p.ReadFrom(b); err == nil; n, _, err = p.ReadFrom(b) {
					for k, one := range b[:n] {
						if one == 1 {
							heard[i][k] = true
						}
					}
				}
			}
			return nil
		})
	}
	all.wait()
	if n := len(fmt.Sprint(heard)); n < 100 {
		t.Errorf("nothing was heard: %v", heard)
	}
}
