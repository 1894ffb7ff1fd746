package bugs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "look for the seeds and fault events under testdata anew")

// bugs are the patches, and what the test says when it has found one. A file
// under testdata has the first seed that shows it and the few fault events
// that are enough.
var bugs = []struct{ patch, says string }{
	{"lost-wakeup", "slots are in use and"},
	{"lost-byte", "did not end by EOF: a frame of"},
	{"no-half-close", "the server ended the session without an answer"},
	{"double-release", "the server works on 3 jobs at a time, its slots are 2"},
	{"no-backoff", "times within a second"},
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
			events := filepath.Join("testdata", bug.patch+".faults")
			if *update {
				find(t, program, events)
			}
			seed := wantFew(t, events)
			wantOneFailure(t, program, bug.says, fmt.Sprint("-sim.seed=", seed))
			wantOneFailure(t, program, bug.says, "-sim.faults="+events)
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			if o := run(t, self, "TestJobService", "-sim.faults="+events); o.failed {
				t.Errorf("it fails without the bug, too: %v", o)
			}
			if *long {
				wantAmongSeeds(t, program, seed)
				again := filepath.Join(t.TempDir(), "again")
				reduce(t, program, seed, again)
				wantFew(t, again)
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
			t.Fatalf("with %v: want it to fail with %q; if its packets are meant to be others now, run go test ./test/bugs -run TestBugs -update: %v", flags, says, o)
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

// wantAmongSeeds tries all seeds and wants this to be one of those that fail.
func wantAmongSeeds(t *testing.T, program string, seed uint64) {
	t.Helper()
	const mark = "    --- FAIL: TestJobServiceManySeeds/seed="
	o := run(t, program, "TestJobServiceManySeeds", "-long")
	if !strings.Contains(o.output, fmt.Sprint(mark, seed, " ")) {
		t.Errorf("among the first %d seeds, %d does not show it", seedsMost, seed)
	}
	t.Logf("%d of %d seeds show it", strings.Count(o.output, mark), seedsMost)
}

// find writes the file of a bug: with the first seed that shows it and whose
// run can be reduced far enough.
func find(t *testing.T, program, file string) {
	t.Helper()
	for seed := uint64(1); ; seed++ {
		o := run(t, program, "TestJobService", fmt.Sprint("-sim.seed=", seed), fmt.Sprint("-sim.runs=", seedsMost+1-seed))
		var err error
		if seed, err = strconv.ParseUint(o.word(" -sim.seed="), 10, 64); err != nil {
			t.Fatalf("no seed up to %d shows it, or no run of one can be reduced to %d fault events: %v", seedsMost, eventsMost, o)
		}
		if reduce(t, program, seed, file) <= eventsMost {
			return
		}
	}
}

// reduce has -sim.shrink look for the fault events that matter, writes them
// to a file for -sim.faults, and returns how many they are.
func reduce(t *testing.T, program string, seed uint64, file string) int {
	t.Helper()
	scenario := filepath.Join(t.TempDir(), "reduced.scenario")
	o := run(t, program, "TestJobService", fmt.Sprint("-sim.seed=", seed), "-sim.shrink="+scenario)
	text, err := os.ReadFile(scenario)
	if err != nil {
		t.Fatalf("%v: %v", err, o)
	}
	commands, _, _ := strings.Cut(string(text), "gotest ")
	_, commands, _ = strings.Cut(commands, "seed=") // in the remarks
	_, commands, _ = strings.Cut(commands, "\n")
	if err := os.WriteFile(file, []byte(commands), 0o666); err != nil {
		t.Fatal(err)
	}
	return strings.Count(commands, "\nfault ")
}

// wantFew wants a few fault events in a file and returns the seed.
func wantFew(t *testing.T, file string) (seed uint64) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run go test ./test/bugs -run TestBugs -update", err)
	}
	if n := strings.Count(string(text), "\nfault "); n == 0 || n > eventsMost {
		t.Errorf("%s has %d fault events, want 1 to %d:\n%s", file, n, eventsMost, text)
	}
	if _, err := fmt.Sscanf(string(text), "seed %d\n", &seed); err != nil || seed == 0 || seed > seedsMost {
		t.Fatalf("%s: %v: want it to begin with seed and a number from 1 to %d", file, err, seedsMost)
	}
	return seed
}
