package worlds

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/test/golden"
)

// world is one of the worlds that show what the simulator promises: one
// seed, one trace, and that it is about something: many packets, and each
// fault it names has met at least one of them.
type world struct {
	name string
	mode worldMode
	cfg  sim.Config // its Seed is the run's
	// build adds the hosts; nil adds srv and cli.
	build  func(w *sim.World)
	faults []fault.Fault
	// run starts programs and waits for them. It is called in the bubble, or
	// by the driver of a cooperative world.
	run func(t *testing.T, w *sim.World)
	// alone says that the world changes the process and runs by itself.
	alone bool
}

// worldMode is how the programs of a world run.
type worldMode uint8

const (
	bubbled     worldMode = iota // in a testing/synctest bubble
	cooperative                  // one at a time, in a fixed order
	seeded                       // one at a time, in an order drawn from the seed
)

// worlds are all of them.
func worlds() []world {
	return slices.Concat(lossyWorlds(), delayedWorlds(), brokenWorlds(), pathWorlds(), routedWorlds(), hostWorlds(),
		nameWorlds(), httpWorlds(), contractWorlds(), limitWorlds(), crowdWorlds())
}

// packetsLeast is how many packets a world that proves something has.
const packetsLeast = 500

// outcome is what a run of a world leaves behind.
type outcome struct {
	hash    string
	packets int // that were sent
}

// runOnce runs a world in the given mode.
func (p world) runOnce(t *testing.T, seed uint64) (o outcome) {
	t.Helper()
	cfg := p.cfg
	cfg.Seed = seed
	if p.mode == bubbled {
		cfg.Test(t, func(t *testing.T, w *sim.World) { o = p.live(t, w) })
		return o
	}
	if p.mode == seeded {
		cfg.Order = sim.OrderSeeded
	}
	w, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	o = p.live(t, w)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	return o
}

// live is one life of a world.
func (p world) live(t *testing.T, w *sim.World) outcome {
	t.Helper()
	build := p.build
	if build == nil {
		build = hostsNamed("srv", "cli")
	}
	build(w)
	var handles []*fault.Handle
	for _, f := range p.faults {
		handles = append(handles, w.Fault(f))
	}
	p.run(t, w)
	w.Settle()
	for _, h := range handles {
		if h.Hits() == 0 {
			t.Errorf("seed %d: the fault %q has met nothing", w.Seed(), h.Fault())
		}
	}
	return outcome{w.Hash(), w.Packets().Len()}
}

var worldHashes = golden.Open("../testdata/golden/worlds.txt")

// TestWorlds runs each world several times with one seed, and once with
// another: go test ./test/worlds -run TestWorlds/loss.
func TestWorlds(t *testing.T) {
	for _, p := range worlds() {
		t.Run(p.name, func(t *testing.T) {
			if !p.alone {
				t.Parallel()
			}
			first := p.runOnce(t, 1)
			t.Logf("%d packets", first.packets)
			if first.packets < packetsLeast {
				t.Errorf("%d packets prove nothing: %d are the least", first.packets, packetsLeast)
			}
			traces := map[string]int{first.hash: 1}
			for range worldRuns() - 1 {
				traces[p.runOnce(t, 1).hash]++
			}
			if len(traces) > 1 {
				t.Fatalf("one seed has %d traces: %v", len(traces), traces)
			}
			if other := p.runOnce(t, 2); other.hash == first.hash {
				t.Error("another seed has the same trace")
			}
			worldHashes.Check(t, p.name, first.hash)
			note(t, p.name, first.hash)
		})
	}
}

// TestWorldsAreMany counts the worlds, and what they name.
func TestWorldsAreMany(t *testing.T) {
	const least = 30
	names, modes, kinds := map[string]bool{}, map[worldMode]int{}, map[string]bool{}
	for _, p := range worlds() {
		if names[p.name] {
			t.Errorf("two worlds are called %q", p.name)
		}
		names[p.name] = true
		modes[p.mode]++
		for _, f := range p.faults {
			kinds[fmt.Sprintf("%T", f)] = true
		}
	}
	if len(names) < least || len(modes) != 3 {
		t.Errorf("%d worlds in %d modes, want at least %d in 3", len(names), len(modes), least)
	}
	for _, f := range []fault.Fault{
		fault.Drop{}, fault.Loss{}, fault.Burst{}, fault.Duplicate{}, fault.Corrupt{}, fault.Reorder{}, fault.Delay{},
		fault.Partition{}, fault.Flap{}, fault.Clog{}, fault.Exact{}, fault.Func{}, fault.Crash{}, fault.Pause{},
		fault.Skew{}, fault.DNS{},
	} {
		if kind := fmt.Sprintf("%T", f); !kinds[kind] {
			t.Errorf("no world names a %s", kind)
		}
	}
	golden, err := worldHashes.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range golden {
		if !names[name] {
			t.Errorf("test/testdata/golden/worlds.txt has a hash for %q, which is no world", name)
		}
	}
}
