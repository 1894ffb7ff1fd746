package bugs

import (
	"flag"
	"fmt"
	"strings"
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
func playIn(t *testing.T, cfg sim.Config, faults bool) (p *play) {
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
		p = &play{t: t, w: w}
		p.run()
	})
	return p
}

// TestJobService runs the service once, with -sim.runs more often.
func TestJobService(t *testing.T) { playIn(t, sim.Config{}, true) }

// TestJobServiceOnACalmNetwork runs it without faults.
func TestJobServiceOnACalmNetwork(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		p := playIn(t, sim.Config{Seed: seed}, false)
		if p.answered != clientCount*jobsEach || p.failed != 0 {
			t.Errorf("%d jobs answered and %d failed, want all %d answered", p.answered, p.failed, clientCount*jobsEach)
		}
	}
}

// TestJobServiceManySeeds runs it with one seed after the other. Over all of
// them, most jobs have answers, and every kind of fault has hit something.
func TestJobServiceManySeeds(t *testing.T) {
	ran, answered, retried, hits := uint64(0), 0, 0, map[string]uint64{}
	for seed := uint64(1); seed <= seeds(); seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			p := playIn(t, sim.Config{Seed: seed}, true)
			ran++
			answered += p.answered
			retried += p.dialCount - clientCount
			for _, h := range p.w.Faults().Handles() {
				kind, _, _ := strings.Cut(h.String(), " ")
				hits[kind] += h.Hits()
			}
		})
	}
	if ran < seeds() {
		return // they failed, or others were asked for
	}
	if all := int(seeds()) * clientCount * jobsEach; answered < all*9/10 {
		t.Errorf("%d of %d jobs were answered, want nine of ten: the faults are too severe to show anything", answered, all)
	}
	if retried == 0 {
		t.Error("no client had to try again: the faults are too harmless to show anything")
	}
	for _, f := range mixOf(1, hostNames()) {
		if kind, _, _ := strings.Cut(f.String(), " "); hits[kind] == 0 {
			t.Errorf("%s has hit nothing in %d runs", kind, seeds())
		}
	}
	t.Logf("%d jobs answered, %d further dials, hits %v", answered, retried, hits)
}
