package bugs

import (
	"flag"
	"fmt"
	"testing"

	"github.com/seed-731cb71d/warren/sim"
)

// long asks for what takes minutes; see test/long_test.go.
var long = flag.Bool("long", false, "run the tests that take minutes, at full size")

// seedsMost is how many seeds the service must pass.
const seedsMost = 2000

// seeds is how many of them are tried.
func seeds() uint64 {
	if *long {
		return seedsMost
	}
	return 50
}

// playIn runs the service in a world, with the seed that cfg or the command
// line says, and with what the network does to it.
func playIn(t *testing.T, cfg sim.Config, faults bool) {
	cfg.Path.Delay = pathDelay
	cfg.Test(t, func(t *testing.T, w *sim.World) {
		for _, name := range hostNames() {
			w.Host(name)
		}
		if faults {
			for _, f := range mix(w.Seed(), hostNames()) {
				w.Fault(f)
			}
		}
		p := &play{t: t, w: w}
		p.run()
	})
}

// TestJobService runs the service once, with -sim.runs more often.
func TestJobService(t *testing.T) { playIn(t, sim.Config{}, true) }

// TestJobServiceOnACalmNetwork runs it without faults.
func TestJobServiceOnACalmNetwork(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		playIn(t, sim.Config{Seed: seed}, false)
	}
}

// TestJobServiceManySeeds runs it with one seed after the other.
func TestJobServiceManySeeds(t *testing.T) {
	for seed := uint64(1); seed <= seeds(); seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { playIn(t, sim.Config{Seed: seed}, true) })
	}
}
