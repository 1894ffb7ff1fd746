package scenario

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var long = flag.Bool("long", false, "also run Go tests by the command go, which builds them first")

// standIn, if it is set in its environment, lets this test binary stand in for
// the command go.
const standIn = "WARREN_GO"

func TestMain(m *testing.M) {
	if os.Getenv(standIn) != "" {
		os.Exit(standInForGo(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// standInForGo prints what go test prints of a test that fails where it has
// faults, and passes without; the trace has the number of their lines.
func standInForGo(args []string) int {
	var seed int
	var file string
	if _, err := fmt.Sscanf(os.Getenv("WARREN_SIM"), "seed=%d faults=%q", &seed, &file); err != nil {
		fmt.Println("WARREN_SIM:", err)
		return 2
	}
	faults, err := os.ReadFile(file)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	fmt.Printf("=== RUN\n    args_test.go:1: %q\n", args)
	lines := strings.Count(string(faults), "fault exact ")
	if lines > 0 {
		fmt.Println("    shrinking_test.go:67: too late")
	}
	fmt.Printf("    sim.go:1: sim: seed %d: 5 packets, trace %064x\n", seed, lines)
	return min(lines, 1)
}

// reduced is what -sim.shrink has left of a test of package sim that is meant
// to fail: its SYN is lost, and a message later.
const reduced = `seed 7
fault exact path="cli/eth0>srv/eth0" flow="tcp 10.0.0.2:53584 > 10.0.0.1:7" drop
fault exact path="cli/eth0>srv/eth0" flow="tcp 10.0.0.2:53584 > 10.0.0.1:7" index=29 drop
gotest github.com/seed-731cb71d/warren/sim TestFixtureLate
----
fails
`

// without is a scenario without its lines that begin so.
func without(text, begin string) string {
	lines := slices.Collect(strings.Lines(text))
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, begin) })
	return strings.Join(lines, "")
}

// observed runs a scenario of one block and returns what it shows.
func observed(t *testing.T, text string) []string {
	t.Helper()
	f, err := Parse("reduced.scenario", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	result, err := f.Run(Options{})
	if err != nil || len(result.Differences) != 1 {
		t.Fatalf("%+v, %v; want one block that shows more than is expected", result, err)
	}
	return result.Differences[0].Got
}

// TestGoTestAsksGo wants the command, the seed and the faults to reach the
// command go, and what it prints to be shown.
func TestGoTestAsksGo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the test binary stands in for go by a symbolic link, which needs rights on Windows")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "go")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv(standIn, "1")
	want := fmt.Sprintf("fails\nargs_test.go:1\nshrinking_test.go:67\ntrace %064x", 2)
	if got := strings.Join(observed(t, reduced), "\n"); got != want {
		t.Errorf("with faults:\n%s\nwant\n%s", got, want)
	}
	want = fmt.Sprintf("passes\nargs_test.go:1\ntrace %064x", 0)
	if got := strings.Join(observed(t, without(reduced, "fault ")), "\n"); got != want {
		t.Errorf("without:\n%s\nwant\n%s", got, want)
	}
}

// TestGoTestRunsATestWithFaults wants the failure again, and none without the
// faults, from the command go itself.
func TestGoTestRunsATestWithFaults(t *testing.T) {
	if !*long {
		t.Skip("builds the tests of package sim, with -long")
	}
	t.Setenv("WARREN_SIM_FIXTURE", "1")
	first := observed(t, reduced)
	if len(first) != 3 || first[0] != "fails" || !strings.HasPrefix(first[1], "shrinking_test.go:") || !strings.HasPrefix(first[2], "trace ") {
		t.Errorf("%q", first)
	}
	if got := observed(t, without(reduced, "fault ")); got[0] != "passes" {
		t.Errorf("without the faults: %q", got)
	}
}

// TestGoTestRefusesFlags lets only the test's own flags pass.
func TestGoTestRefusesFlags(t *testing.T) {
	for line, want := range map[string]string{
		"gotest ./sim":                     "TEST is missing: write gotest PACKAGE TEST",
		"gotest -exec=x TestX":             `"-exec=x" is a flag`,
		"gotest ./sim TestX -test.v":       `"-test.v" is no flag of the test's own`,
		"gotest ./sim TestX --test.v=true": `"--test.v=true" is no flag of the test's own`,
		"gotest ./sim TestX more":          `"more" is no flag of the test's own`,
	} {
		if _, err := Parse("x", []byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}
