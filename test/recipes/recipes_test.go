package recipes

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// wan is what lies between the hosts of the recipes.
var wan = sim.Config{Path: sim.PathConfig{Delay: 10 * time.Millisecond}}

// A recipe dials and listens with one library, with one packet lost on the
// way.
type recipe struct {
	name  string
	title string // in the document's table
	run   func(t *testing.T, w *sim.World)

	took time.Duration // of virtual time, in every run
	same sameness
}

// sameness is what all runs have in common.
type sameness int

const (
	sameOutcome sameness = iota
	sameSizes            // of all packets, and their times
	sameTrace
)

// of is that much of what has happened in a world.
func (s sameness) of(w *sim.World) string {
	switch s {
	case sameTrace:
		return w.Hash()
	case sameSizes:
		var shape strings.Builder
		for _, r := range w.Trace().Last() {
			fmt.Fprintln(&shape, r.Kind, r.At, r.Path, r.Size)
		}
		return shape.String()
	}
	return ""
}

var recipes = []recipe{
	{"http", "net/http", overHTTP, 280 * time.Millisecond, sameTrace},
	{"https", "net/http with TLS", overHTTPS, 280 * time.Millisecond, sameTrace},
	{"grpc", "gRPC", overGRPC, 280 * time.Millisecond, sameOutcome},
	{"pgx", "pgx", overPgx, 300 * time.Millisecond, sameTrace},
	{"mysql", "go-sql-driver/mysql", overMySQL, 320 * time.Millisecond, sameTrace},
	{"redis", "go-redis", overRedis, 340 * time.Millisecond, sameTrace},
	{"nats", "nats.go", overNATS, 340 * time.Millisecond, sameSizes},
}

// TestRecipes runs each recipe several times in one process, so that nothing
// of one world may be left for the next.
func TestRecipes(t *testing.T) {
	for _, r := range recipes {
		t.Run(r.name, func(t *testing.T) {
			seen := map[uint64]string{} // by seed
			for range 3 {
				wan.Test(t, func(t *testing.T, w *sim.World) {
					r.run(t, w)
					w.Wait()
					if w.Now() != r.took {
						t.Errorf("took %v, want %v", w.Now(), r.took)
					}
					got := r.same.of(w)
					if want, again := seen[w.Seed()]; again && got != want {
						t.Errorf("this run:\n%s\nthe first run:\n%s", got, want)
					}
					seen[w.Seed()] = got
				})
			}
		})
	}
}

// wantOneHit makes sure that the packet was lost which the recipe is to do
// without.
func wantOneHit(t *testing.T, h *fault.Handle) {
	t.Helper()
	if h.Hits() != 1 {
		t.Errorf("%v hit %d packets, want one", h, h.Hits())
	}
}

// TestDocument wants the document to say of each recipe what TestRecipes
// holds it to.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/simulation.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recipes {
		answer := "no"
		if r.same == sameTrace {
			answer = "yes"
		}
		if row := fmt.Sprintf("\n| %s | %s | ", r.title, answer); !strings.Contains(string(text), row) {
			t.Errorf("docs/simulation.md has no row that begins %q", strings.TrimSpace(row))
		}
	}
}
