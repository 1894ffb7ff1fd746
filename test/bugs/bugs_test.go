package bugs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "find the fault events under testdata anew instead of using them")

// bugs are the patches, each with a seed that shows it and what the test then
// says. What the seed does is drawn from it by the mix, which knows no bug.
var bugs = []struct {
	patch string
	seed  uint64
	says  string
}{
	{"lost-wakeup", 17, "slots are in use and"},
	{"lost-byte", 43, "is not its bytes in reverse"},
	{"no-half-close", 17, "the server ended the session without an answer"},
	{"double-release", 17, "the server works on 3 jobs at a time, its slots are 2"},
	{"no-backoff", 68, "times within a second"},
}

// eventsMost is how many fault events may be left of a failing run.
const eventsMost = 3

// replays is how often a failing run has to be the same.
func replays() int {
	if *long {
		return 20
	}
	return 2
}

// TestBugs finds each bug: the service with the patch passes on a calm
// network, fails with the seed, fails in the same way with the few fault
// events that its run was reduced to, and does the same each time. The
// service without the patch passes with these events. With -long, all seeds
// are tried and the run is reduced again.
func TestBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program for each bug; leave out -short")
	}
	for _, bug := range bugs {
		t.Run(bug.patch, func(t *testing.T) {
			t.Parallel()
			program := build(t, bug.patch+".patch")
			if o := run(t, program, "TestJobServiceOnACalmNetwork"); o.failed {
				t.Fatalf("the bug shows without faults: %v", o)
			}
			seed := fmt.Sprint("-sim.seed=", bug.seed)
			wantOneFailure(t, program, bug.says, seed)
			events := filepath.Join("testdata", bug.patch+".faults")
			if *update {
				writeEvents(t, events, reduce(t, program, seed))
			}
			wantFew(t, events)
			wantOneFailure(t, program, bug.says, "-sim.faults="+events)
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			if o := run(t, self, "TestJobService", "-sim.faults="+events); o.failed {
				t.Errorf("it fails without the bug, too: %v", o)
			}
			if *long {
				wantAmongSeeds(t, program, bug.says)
				writeEvents(t, filepath.Join(t.TempDir(), "again"), reduce(t, program, seed))
			}
		})
	}
}

// wantOneFailure runs the service a few times and wants the same failure.
func wantOneFailure(t *testing.T, program, says string, flags ...string) {
	t.Helper()
	var trace string
	for i := range replays() {
		o := run(t, program, "TestJobService", flags...)
		if !o.failed || !strings.Contains(o.output, says) {
			t.Fatalf("with %v: want it to fail with %q: %v", flags, says, o)
		}
		got := o.word(", trace ")
		if i == 0 {
			trace = got
		}
		if len(got) != 64 || got != trace {
			t.Fatalf("with %v: trace %q in run %d, %q in the first", flags, got, i+1, trace)
		}
	}
}

// wantAmongSeeds wants the bug to be found by the first seeds alone.
func wantAmongSeeds(t *testing.T, program, says string) {
	t.Helper()
	o := run(t, program, "TestJobServiceManySeeds", "-long")
	n := strings.Count(o.output, "    --- FAIL: TestJobServiceManySeeds/seed=")
	if !o.failed || n == 0 || !strings.Contains(o.output, says) {
		t.Errorf("%d of the seeds fail, want some that say %q", n, says)
	}
	t.Logf("%d of %d seeds find it", n, seedsMost)
}

// reduce has -sim.shrink look for the fault events that matter.
func reduce(t *testing.T, program, seed string) (lines []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "reduced.scenario")
	o := run(t, program, "TestJobService", seed, "-sim.shrink="+file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: %v", err, o)
	}
	commands, _, _ := strings.Cut(string(text), "----")
	for line := range strings.Lines(commands) {
		if strings.HasPrefix(line, "seed ") || len(lines) > 0 && !strings.HasPrefix(line, "gotest ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// writeEvents writes a file for -sim.faults and makes sure that it is short.
func writeEvents(t *testing.T, file string, lines []string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o666); err != nil {
		t.Fatal(err)
	}
	wantFew(t, file)
}

// wantFew wants one to three fault events in a file.
func wantFew(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run go test ./test/bugs -run TestBugs -update", err)
	}
	if n := strings.Count("\n"+string(text), "\nfault "); n == 0 || n > eventsMost {
		t.Errorf("%s has %d fault events, want 1 to %d:\n%s", file, n, eventsMost, text)
	}
}
