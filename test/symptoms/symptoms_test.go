// Package symptoms provokes what goes wrong in a bubble when a test does what
// bubbles do not allow, so that the table in docs/simulation.md stays true.
package symptoms

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-731cb71d/warren/sim"
)

var long = flag.Bool("long", false, "also make the mistakes that take long to be noticed")

const document = "../../docs/simulation.md"

// symptom is a mistake and the words that it is known by, which stand in the
// document's table.
type symptom struct {
	name    string
	words   string // or others, behind a |
	provoke func(t *testing.T)
}

// timedOut is what go test says of a test that hangs.
const timedOut = "test timed out"

// waitsForLock is what sim says of one, after nine seconds on the wall.
const waitsForLock = "wait for a lock whose holder waits for the network or for time"

// inWorld is a mistake inside of sim.Test.
func inWorld(f func(t *testing.T, w *sim.World)) func(t *testing.T) {
	return func(t *testing.T) { sim.Test(t, f) }
}

var kept chan int // from one world to the next

var symptoms = []symptom{
	{"package-level channel", "synctest channel from outside bubble", func(t *testing.T) {
		sim.Test(t, func(*testing.T, *sim.World) { kept = make(chan int, 1) })
		sim.Test(t, func(*testing.T, *sim.World) { kept <- 1 })
	}},
	{"time out from before", "close of synctest channel from outside bubble", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		sim.Test(t, func(*testing.T, *sim.World) { <-ctx.Done() })
	}},
	{"finalizer", "synctest channel from outside bubble", inWorld(func(*testing.T, *sim.World) {
		closed := make(chan int, 1)
		runtime.AddCleanup(new([64]byte), func(int) { closed <- 1 }, 0)
		for range 1000 { // it runs soon after a collection
			runtime.GC()
			runtime.Gosched()
		}
	})},
	{"t.Run", "t.Run called inside synctest bubble", inWorld(func(t *testing.T, _ *sim.World) {
		t.Run("part", func(*testing.T) {})
	})},
	{"t.Parallel", "t.Parallel called inside synctest bubble", inWorld(func(t *testing.T, _ *sim.World) {
		t.Parallel()
	})},
	{"t.Deadline", "t.Deadline called inside synctest bubble", inWorld(func(t *testing.T, _ *sim.World) {
		t.Deadline()
	})},
	{"bubble in a world", "synctest.Run called from within a synctest bubble", inWorld(func(t *testing.T, _ *sim.World) {
		synctest.Test(t, func(*testing.T) {})
	})},
	{"world in a world", "sim: Test was called in a bubble", inWorld(func(t *testing.T, _ *sim.World) {
		sim.Test(t, func(*testing.T, *sim.World) {})
	})},
	{"synctest.Wait", "wait already in progress|synctest.Wait was called in a test of sim", inWorld(func(*testing.T, *sim.World) {
		synctest.Wait() // whoever is second notices
	})},
	{"goroutine left", "goroutines of the test are still there", inWorld(func(*testing.T, *sim.World) {
		forever := make(chan int)
		go func() { <-forever }()
	})},
	{"nothing to wait for", "nothing will ever happen any more", inWorld(func(_ *testing.T, w *sim.World) {
		sim.Must(sim.Must(w.Host("srv").Listen("tcp", ":80")).Accept())
	})},
	{"t of outside", "the t of the function around sim.Test", func(outer *testing.T) {
		sim.Test(outer, func(*testing.T, *sim.World) { outer.Error("seen") })
	}},
	{"mutex", waitsForLock, inWorld(func(_ *testing.T, w *sim.World) {
		var mu sync.Mutex
		go func() {
			mu.Lock()
			w.Host("a").Sleep(time.Second)
			mu.Unlock()
		}()
		w.Wait()
		mu.Lock()
	})},
	{"real socket", timedOut, inWorld(func(t *testing.T, w *sim.World) {
		l := sim.Must(net.Listen("tcp", "127.0.0.1:0"))
		go l.Accept()
		w.RunFor(time.Second)
	})},
}

// chosen names the mistake that a child of TestSymptoms is to make.
const chosen = "WARREN_SYMPTOM"

func TestMistake(t *testing.T) {
	for _, s := range symptoms {
		if s.name == os.Getenv(chosen) {
			s.provoke(t)
			return
		}
	}
}

// TestSymptoms makes each mistake in a process of its own.
func TestSymptoms(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range symptoms {
		t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			words := strings.Split(s.words, "|")
			for _, w := range words {
				if !bytes.Contains(text, []byte(w)) {
					t.Errorf("%s does not have the words %q", document, w)
				}
			}
			if s.words == waitsForLock && !*long {
				t.Skip("nine seconds, with -long")
			}
			limit := "10m"
			if s.words == timedOut {
				limit = "1s" // it comes to that
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMistake$", "-test.timeout="+limit)
			cmd.Env = append(os.Environ(), chosen+"="+s.name)
			out, err := cmd.CombinedOutput()
			var failed *exec.ExitError
			said := func(w string) bool { return bytes.Contains(out, []byte(w)) }
			if !errors.As(err, &failed) || !slices.ContainsFunc(words, said) {
				t.Errorf("%v, without the words %q:\n%s", err, words, out)
			}
		})
	}
}
