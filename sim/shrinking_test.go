package sim

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// fixtureVariable lets the tests of this file that are meant to fail do so,
// in processes that other tests start.
const fixtureVariable = "WARREN_SIM_FIXTURE"

// failing runs one of those tests in a process of its own and returns what it
// printed.
func failing(t *testing.T, test string, args ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"-test.run=^" + test + "$", "-test.count=1"}, args...)...)
	cmd.Env = append(os.Environ(), fixtureVariable+"=1", environment+"=")
	output, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("%s passes:\n%s", test, output)
	}
	return string(output)
}

// fixture skips a test that is meant to fail.
func fixture(t *testing.T) {
	t.Helper()
	if os.Getenv(fixtureVariable) == "" {
		t.Skip("fails, for other tests to see how")
	}
}

// TestFixtureLate fails when an answer comes later than a client cares for.
// The network loses, delays and doubles what it likes.
func TestFixtureLate(t *testing.T) {
	fixture(t)
	Config{Path: PathConfig{Delay: 5 * time.Millisecond}}.Test(t, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		for _, line := range []string{
			"loss chance=4%", "duplicate chance=4% copies=1", "reorder chance=4% delay=30ms", "delay chance=4% delay=30ms",
			"flap to=srv bothways up=3s down=150ms", "pause host=srv at=1s for=50ms",
		} {
			w.Fault(Must(fault.Parse(line)))
		}
		l := Must(srv.Listen("tcp", ":7"))
		go func() {
			c, err := l.Accept()
			if err == nil {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}
		}()
		c := w.Must(cli.Dial("tcp", "srv:7"))
		for i := range 60 {
			began := w.Now()
			b := []byte(fmt.Sprint("message ", i))
			if _, err := c.Write(b); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c, b); err != nil {
				t.Fatal(err)
			}
			if took := w.Now() - began; took > 450*time.Millisecond {
				t.Errorf("the answer took %v", took)
				break
			}
		}
		_ = c.Close()
		_ = l.Close()
	})
}

// lateSeed is one with which TestFixtureLate fails.
const lateSeed = "-sim.seed=7"

// shrunkLine is what a reduction says at first.
var shrunkLine = regexp.MustCompile(`sim: -sim\.shrink: (\d+) of (\d+) fault events are left after (\d+) runs, written to (\S+):`)

// traceOf finds the first trace that a test has printed.
var traceOf = regexp.MustCompile(`trace [0-9a-f]{64}`)

// TestShrinkWritesWhatMatters reduces the third of several runs, the first
// that fails, and runs what was written three times.
func TestShrinkWritesWhatMatters(t *testing.T) {
	dir := t.TempDir()
	output := failing(t, "TestFixtureLate", "-sim.seed=5", "-sim.runs=9", "-sim.shrink="+dir)
	all := shrunkLine.FindAllStringSubmatch(output, -1)
	if len(all) != 1 {
		t.Fatalf("%d runs were reduced, want one:\n%s", len(all), output)
	}
	m := all[0]
	file := filepath.Join(dir, "TestFixtureLate-7.scenario")
	text, err := os.ReadFile(file)
	if err != nil || m[4] != file {
		t.Fatalf("written to %s, %v", m[4], err)
	}
	t.Logf("\n%s", text)
	r, err := readReduced(file)
	if err != nil || r.seed != 7 || len(r.faults) == 0 || len(r.faults) > 3 || fmt.Sprint(len(r.faults)) != m[1] {
		t.Errorf("seed %d, %d faults, %v; want seed 7 and at most 3 faults", r.seed, len(r.faults), err)
	}
	var traces []string
	for range 3 {
		again := failing(t, "TestFixtureLate", "-sim.faults="+file)
		if !strings.Contains(again, "the answer took") {
			t.Errorf("the reduced run fails otherwise:\n%s", again)
		}
		traces = append(traces, traceOf.FindString(again))
	}
	written := traceOf.FindString(string(text))
	if written == "" || slices.ContainsFunc(traces, func(s string) bool { return s != written }) {
		t.Errorf("traces %v, want three times that in the file", traces)
	}
}

// pasted is what a shell prints for a command line in the module's root.
func pasted(t *testing.T, line string, env ...string) string {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to paste a line into:", err)
	}
	cmd := exec.Command(shell, "-c", line)
	cmd.Dir = ".."
	cmd.Env = append(append(os.Environ(), fixtureVariable+"=1", environment+"="), env...)
	output, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("%s\npasses:\n%s", line, output)
	}
	return string(output)
}

// TestReplayLineIsPasted runs the line that a failing test prints, and the
// same by the variable, for packages of which one knows no such flag.
func TestReplayLineIsPasted(t *testing.T) {
	first := failing(t, "TestFixtureLate", lateSeed)
	m := regexp.MustCompile(`(?m)run it again\n\s+(go test .*)$`).FindStringSubmatch(first)
	if m == nil {
		t.Fatalf("there is no line to paste:\n%s", first)
	}
	trace := traceOf.FindString(first)
	if again := pasted(t, m[1]); trace == "" || traceOf.FindString(again) != trace {
		t.Errorf("%s\nran another %s, want %s:\n%s", m[1], traceOf.FindString(again), trace, again)
	}
	line := environment + "=seed=7 go test -run '^TestFixtureLate$' ./sim ./sim/fault"
	if again := pasted(t, line); traceOf.FindString(again) != trace || !strings.Contains(again, "ok") {
		t.Errorf("%s\nran another %s, want %s and another package to pass:\n%s", line, traceOf.FindString(again), trace, again)
	}
}

// TestFixtureTwoWorlds makes a world that passes, and one that fails.
func TestFixtureTwoWorlds(t *testing.T) {
	fixture(t)
	Test(t, func(*testing.T, *World) {})
	Test(t, func(t *testing.T, _ *World) { t.Error("fails") })
}

// TestFixtureNeedsNothing fails in any case.
func TestFixtureNeedsNothing(t *testing.T) {
	fixture(t)
	Test(t, func(t *testing.T, w *World) {
		w.Fault(fault.Loss{Chance: fault.Always})
		_, err := w.Host("a").DialTimeout("tcp", "b:1", time.Second)
		_ = w.Host("b")
		t.Error("fails:", err)
	})
}

// TestShrinkSaysWhatItCannot is about failures that are not reduced.
func TestShrinkSaysWhatItCannot(t *testing.T) {
	dir := "-sim.shrink=" + t.TempDir()
	if output := failing(t, "TestFixtureTwoWorlds", dir); !strings.Contains(output, "sim: -sim.shrink: the test has made a world before this one") {
		t.Errorf("two worlds:\n%s", output)
	}
	output := failing(t, "TestFixtureNeedsNothing", dir)
	if m := shrunkLine.FindStringSubmatch(output); m == nil || m[1] != "0" {
		t.Errorf("no fault is needed:\n%s", output)
	}
}

// TestReducedFilesAreChecked wants place and remedy.
func TestReducedFilesAreChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.scenario")
	for text, want := range map[string]string{
		"seed 0":                        `x.scenario:1: seed is "0": give a whole number from 1 on`,
		"# a comment\n\nfault los":      `x.scenario:3: fault: no fault is called "los"`,
		"seed 7\nhost srv":              `x.scenario:2: "host" is none of seed, gotest and fault: give a file as -sim.shrink writes it`,
		"gotest . TestX\n----\nfails\n": "",
		"----\nhost\n\nhost":            `x.scenario:4: "host" is none`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := readReduced(file)
		if want == "" && (err != nil || r.faults == nil) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := readReduced(file + "x"); err == nil || !strings.Contains(err.Error(), "-sim.faults: open ") {
		t.Errorf("no file: %v", err)
	}
}

// TestFixtureStuck waits for ever for an answer when one of its datagrams is
// lost.
func TestFixtureStuck(t *testing.T) {
	fixture(t)
	Test(t, func(t *testing.T, w *World) {
		srv, cli := w.Host("srv"), w.Host("cli")
		w.Fault(fault.Loss{Chance: 100_000})
		w.Fault(fault.Delay{Chance: 200_000, Delay: time.Millisecond})
		l := Must(srv.ListenPacket("udp", ":7"))
		go func() {
			b := make([]byte, 10)
			for {
				n, from, err := l.ReadFrom(b)
				if err != nil {
					return
				}
				_, _ = l.WriteTo(b[:n], from)
			}
		}()
		c := w.Must(cli.Dial("udp", "srv:7"))
		for range 40 {
			Must(c.Write([]byte("x")))
			if _, err := c.Read(make([]byte, 1)); err != nil {
				break
			}
		}
		_, _ = c.Close(), l.Close()
	})
}

// TestShrinkOfATestThatIsStuck finds the one datagram.
func TestShrinkOfATestThatIsStuck(t *testing.T) {
	dir := t.TempDir()
	output := failing(t, "TestFixtureStuck", "-sim.shrink="+dir)
	m := shrunkLine.FindStringSubmatch(output)
	if m == nil || m[1] != "1" || !strings.Contains(output, " drop name=\"loss chance=10%\"\n") {
		t.Fatalf("want one lost datagram:\n%s", output)
	}
	if again := failing(t, "TestFixtureStuck", "-sim.faults="+m[4]); !strings.Contains(again, "sim: nothing will ever happen any more") {
		t.Errorf("the reduced run fails otherwise:\n%s", again)
	}
}
