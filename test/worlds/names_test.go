package worlds

import (
	"net/netip"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// nameWorlds look up names with and without success.
func nameWorlds() []world {
	three := []string{"srv", "a", "b"}
	return []world{
		{name: "names are late and lost", cfg: near, build: hostsNamed(three...), run: lookups(35),
			faults: []fault.Fault{
				fault.DNS{Name: "late", Names: []string{"srv"}, Nth: 10, Times: 5, Late: 3 * time.Second},
				fault.DNS{Name: "lost", Names: []string{"srv"}, Nth: 25, Times: 2, Lost: true},
			}},
		{name: "names are wrong", mode: cooperative, cfg: near, build: hostsNamed(three...), run: lookups(35),
			faults: []fault.Fault{
				fault.DNS{Name: "nowhere", Nth: 5, Times: 2, Answer: []netip.Addr{netip.MustParseAddr("10.0.0.3")}},
				fault.DNS{Name: "missing", Nth: 20, Times: 3, NotFound: true},
				fault.DNS{Name: "failed", From: []string{"b"}, Nth: 30, Failed: true},
			}},
		{name: "both families", cfg: near, build: hostsOf(sim.DualStack, three...), run: lookups(35),
			faults: []fault.Fault{
				fault.DNS{Name: "late", Record: fault.RecordAAAA, Nth: 10, Times: 20, Late: 100 * time.Millisecond},
				fault.Loss{Select: fault.Select{Dst: netip.MustParsePrefix("10.0.0.0/16"), Flags: fault.SYN, Without: fault.ACK}, Chance: 300_000},
			}},
	}
}

// lookups is a run in which each client dials by name again and again.
func lookups(dials int) func(t *testing.T, w *sim.World) {
	return func(t *testing.T, w *sim.World) {
		all := newCrew(t, w)
		if err := serve(w.Host("srv"), ":7", echoes); err != nil {
			t.Fatal(err)
		}
		for _, h := range w.Hosts()[1:] {
			all.start(h, "dial", func() error {
				for range dials {
					if err := persist(h, 10, func() error { return converse(h, "srv:7", 1, 100, 0) }); err != nil {
						return err
					}
				}
				return nil
			})
		}
		all.wait()
	}
}
