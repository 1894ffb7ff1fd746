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

	// Every run is of the same packets, and takes this much virtual time. 0:
	// runs may differ.
	took time.Duration
}

var recipes = []recipe{
	{"http", "net/http", overHTTP, 280 * time.Millisecond},
	{"https", "net/http with TLS", overHTTPS, 280 * time.Millisecond},
	{"grpc", "gRPC", overGRPC, 0},
	{"pgx", "pgx", overPgx, 300 * time.Millisecond},
	{"mysql", "go-sql-driver/mysql", overMySQL, 320 * time.Millisecond},
	{"redis", "go-redis", overRedis, 340 * time.Millisecond},
	{"nats", "nats.go", overNATS, 0},
}

// TestRecipes runs each recipe several times in one process, so that nothing
// of one world may be left for the next.
func TestRecipes(t *testing.T) {
	for _, r := range recipes {
		t.Run(r.name, func(t *testing.T) {
			traces := map[uint64]string{} // by seed
			for range 3 {
				wan.Test(t, func(t *testing.T, w *sim.World) {
					r.run(t, w)
					w.Wait()
					if r.took == 0 {
						return
					}
					if w.Now() != r.took {
						t.Errorf("took %v, want %v", w.Now(), r.took)
					}
					if first := traces[w.Seed()]; first != "" && first != w.Hash() {
						t.Errorf("the trace is %s, the first run had %s", w.Hash(), first)
					}
					traces[w.Seed()] = w.Hash()
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
		if r.took != 0 {
			answer = "yes"
		}
		if row := fmt.Sprintf("\n| %s | %s | ", r.title, answer); !strings.Contains(string(text), row) {
			t.Errorf("docs/simulation.md has no row that begins %q", strings.TrimSpace(row))
		}
	}
}
