package scenario

import (
	"strings"
	"testing"
)

// reduced is what -sim.shrink has left of a test of package sim that is meant
// to fail: its SYN is lost, and a message later.
const reduced = `seed 7
fault exact path="cli/eth0>srv/eth0" flow="tcp 10.0.0.2:53584 > 10.0.0.1:7" drop
fault exact path="cli/eth0>srv/eth0" flow="tcp 10.0.0.2:53584 > 10.0.0.1:7" index=29 drop
gotest github.com/seed-731cb71d/warren/sim TestFixtureLate
----
fails
`

// TestGoTestRunsATestWithFaults wants the failure again, and none without the
// faults.
func TestGoTestRunsATestWithFaults(t *testing.T) {
	t.Setenv("WARREN_SIM_FIXTURE", "1")
	run := func(text string) []string {
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
	first := run(reduced)
	if len(first) != 3 || first[0] != "fails" || !strings.HasPrefix(first[1], "shrinking_test.go:") || !strings.HasPrefix(first[2], "trace ") {
		t.Errorf("%q", first)
	}
	var calm []string
	for line := range strings.Lines(reduced) {
		if !strings.HasPrefix(line, "fault ") {
			calm = append(calm, line)
		}
	}
	if got := run(strings.Join(calm, "")); got[0] != "passes" {
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
