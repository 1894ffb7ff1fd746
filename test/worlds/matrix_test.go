package worlds

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-731cb71d/warren/test/golden"
)

var (
	long       = flag.Bool("long", false, "run the worlds on 1, 2 and 8 processors, with and without -race, while others are busy")
	worldsRuns = flag.Int("worlds.runs", 0, "how often each world runs with one seed; 0 is 3, 2 with -short and 20 with -long")
	worldsOut  = flag.String("worlds.out", "", "a file to which TestWorlds adds the hash and the name of each world")
)

// worldRuns is how often each world has to show the same trace.
func worldRuns() int {
	switch {
	case *worldsRuns > 0:
		return *worldsRuns
	case testing.Short():
		return 2
	}
	return 3
}

// longRuns is worldRuns in the matrix.
func longRuns() int {
	const each = 20
	if *worldsRuns > 0 {
		return *worldsRuns
	}
	return each
}

var outLock sync.Mutex

// note adds a world's hash to the file of -worlds.out.
func note(t *testing.T, name, hash string) {
	if *worldsOut == "" {
		return
	}
	outLock.Lock()
	defer outLock.Unlock()
	f, err := os.OpenFile(*worldsOut, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, hash, name); err != nil {
		t.Fatal(err)
	}
}

// hogVariable makes the test binary a process that is busy with nothing until
// its standard input ends.
const hogVariable = "WARREN_WORLDS_HOG"

func TestMain(m *testing.M) {
	if os.Getenv(hogVariable) != "" {
		go func() { os.Exit(waitForEnd()) }()
		var spins atomic.Int64
		for {
			spins.Add(1)
		}
	}
	os.Exit(m.Run())
}

// waitForEnd returns when there is nobody any more who could write to us.
func waitForEnd() int {
	_, _ = os.Stdin.Read(make([]byte, 1)) // its error is the end
	return 0
}

// TestWorldsEverywhere runs the worlds in processes of their own: on 1, 2 and
// 8 processors, which decides among other things on how many goroutines each
// stack has, with and without the race detector, while other processes keep
// all processors busy. All of them have to show the same traces.
func TestWorldsEverywhere(t *testing.T) {
	if !*long {
		t.Skip("runs under -long: it takes long")
	}
	if *golden.Update {
		t.Skip("nothing is compared under -update")
	}
	keepBusy(t)
	var first map[string]string
	for _, race := range []bool{false, true} {
		binary := build(t, race)
		for _, procs := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("race=%v procs=%d", race, procs), func(t *testing.T) {
				hashes := runApart(t, binary, procs)
				if first == nil {
					first = hashes
				}
				if len(hashes) == 0 || !maps.Equal(first, hashes) {
					t.Errorf("the traces differ from the first process's:\n%v\n%v", hashes, first)
				}
			})
		}
	}
}

// build makes a test binary of this package.
func build(t *testing.T, race bool) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "worlds.test")
	args := []string{"test", "-c", "-o", binary}
	if race {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return binary
}

// runApart runs TestWorlds in a process, and returns the hashes by name.
func runApart(t *testing.T, binary string, procs int) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hashes")
	cmd := exec.Command(binary, "-test.run=^TestWorlds$", "-test.timeout=0",
		fmt.Sprintf("-worlds.runs=%d", longRuns()), "-worlds.out="+file)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", procs))
	if out, err := cmd.CombinedOutput(); err != nil {
		const most = 20_000
		t.Fatalf("%v\n%s", err, out[:min(len(out), most)])
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	hashes := map[string]string{}
	for line := range strings.Lines(string(text)) {
		hash, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		hashes[name] = hash
	}
	return hashes
}

// keepBusy starts a process for each processor that uses it up, until the
// test ends.
func keepBusy(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range runtime.NumCPU() {
		hog := exec.CommandContext(ctx, os.Args[0])
		hog.Env = append(os.Environ(), hogVariable+"=1", "GOMAXPROCS=2")
		stdin, err := hog.StdinPipe() // it ends with this process, if nothing else does
		if err != nil {
			t.Fatal(err)
		}
		if err := hog.Start(); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			_ = hog.Wait() // it was killed
			stdin.Close()
		})
	}
	t.Cleanup(func() { cancel(); all.Wait() })
}
