package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/report"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
)

func TestMain(m *testing.M) {
	worker.RunIfAsked()
	os.Exit(m.Run())
}

func TestBenchNamesBadFlags(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"--reps 0", "--reps 0: cannot be: give 1 to 1000"},
		{"--reps 1001", "give 1 to 1000"},
		{"--load-max 0", "--load-max 0: no machine is that quiet"},
		{"--rows (", `--rows "(": `},
		{"--load-max NaN", "--load-max NaN: is no number of processors"},
		{"--load-max -Inf", "--load-max -Inf: is no number of processors"},
		{"--rows nothing-like-that", `--rows "nothing-like-that": no row has such a name: the names are ["memory one stream" `},
		{"memory --rows TUN", `--rows "TUN": no row has such a name`},
		{"tun --rows memory", `"TUN round trip"`},
		{"peers --rows memory", `"peers round trip"`},
		{"sim --rows memory", `"simulator reno, nothing lost, against path"`},
		{"--json=", "--json: is empty"},
		{"memory --svg=", "--svg: is empty"},
		{"tun --congestion=", "--congestion: is empty"},
		{"memory disk", `unknown command "disk"`},
		{"tun --variant mtu=9", "--variant: variant \"mtu=9\""},
		{"tun --variant name=x;speed=9", `"speed": is no key`},
		{"tun --variant name=x;congestion=foo", `"foo": use "cubic" or "reno"`},
		{"tun --variant name=x;cpuprofile=/no/such/file", "x: cpuprofile: open /no/such/file: no such"},
		{"tun --variant name=x;cpuprofile=p --variant name=y;cpuprofile=./p", "y: cpuprofile=./p: is that of x as well"},
		{"tun --variant name=tun-1500", "name=tun-1500: is taken: choose one that is none of kernel-veth, "},
		{"peers --variant name=pasta-1500", "name=pasta-1500: is taken"},
		{"tun --variant name=x --variant name=x", "name=x: is taken"},
		{"tun --congestion nonsense", `--congestion: congestion control "nonsense": `},
		{"memory --pinned", "unknown flag: --pinned"},
		{"sim --reps 3", "unknown flag: --reps"},
		{"compare one.json", "OLD.json NEW.json: missing"},
		{"compare --svg x one.json two.json", "unknown flag: --svg"},
		{"--reps 3 compare one.json two.json", "unknown flag: --reps"},
		{"compare /no/such.json /no/such.json", "OLD.json: open /no/such.json"},
	} {
		args := append([]string{"bench"}, strings.Fields(test.args)...)
		code, stdout, stderr := invoke(t, args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) || !strings.Contains(stderr, "--help' for usage") {
			t.Errorf("warren bench %s: exit code %d, stdout %q, stderr %q; want 2 and %q", test.args, code, stdout, stderr, test.want)
		}
	}
}

func TestBenchMeasures(t *testing.T) {
	dir := t.TempDir()
	json, svg := filepath.Join(dir, "out.json"), filepath.Join(dir, "charts")
	code, stdout, stderr := invoke(t, "bench", "memory", "--quick", "--reps", "1", "--rows", "round trip", "--json", json, "--svg", svg)
	if code != 0 {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{"memory round trip\n", "kernel-loopback", "pipe-65520", "at most x1.40 (x1.00)", "GOMAXPROCS"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	f, err := report.Read(json)
	if err != nil || len(f.Outcome.Rows) != 1 || len(f.Outcome.Samples) < 4 {
		t.Errorf("%+v, %v", f.Outcome, err)
	}
	if charts, err := os.ReadDir(svg); err != nil || len(charts) != 3 {
		t.Errorf("charts %v, %v", charts, err)
	}
	if code, stdout, stderr := invoke(t, "bench", "compare", json, json); code != 0 || !strings.Contains(stdout, "100 %") {
		t.Errorf("compared with itself: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// TestBenchLeavesOtherGroupsAlone: a group without a row that is asked for may
// need what this process does not have.
func TestBenchLeavesOtherGroupsAlone(t *testing.T) {
	b := &benchRun{repetitions: 1, loadMax: -1}
	var measured []string
	group := func(name string) benchGroup {
		rows := func() []string { return []string{name + " row"} }
		return benchGroup{name, rows, func(*cobra.Command, *benchRun) (*series.Outcome, error) {
			measured = append(measured, name)
			return new(series.Outcome), nil
		}}
	}
	c := b.command("bench", "", "", "", group("memory"), group("tun"))
	c.SetArgs([]string{"--rows", "tun"})
	c.SetOut(io.Discard)
	c.SilenceErrors, c.SilenceUsage = true, true
	if err := c.Execute(); err != nil || !slices.Equal(measured, []string{"tun"}) {
		t.Errorf("%v were measured, %v; want tun alone", measured, err)
	}
}

func TestBenchMeasuresTheSimulator(t *testing.T) {
	code, stdout, stderr := invoke(t, "bench", "sim", "--quick", "--rows", "simulator .* against window")
	if code != 0 || !strings.Contains(stdout, "; 1 seed of ") || !strings.HasPrefix(stdout, "simulator cubic, nothing lost, window 256 KiB, against window\n") || strings.Count(stdout, "\nsimulator ") != 0 {
		t.Errorf("exit code %d, stderr %q, stdout\n%s", code, stderr, stdout)
	}
}

func TestBenchIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var out, errs strings.Builder
	code := run(ctx, []string{"bench", "memory", "--rows", "one stream$", "--load-max", "-1"}, &out, &errs)
	if code != exitFailure || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("exit code %d, stderr %q", code, errs.String())
	}
}

// A group that this machine lacks, or a row without a base, is no failure beside
// others; that nothing was measured is.
func TestBenchThatHasMeasuredNothing(t *testing.T) {
	value := series.RowOutcome{Cells: []series.Cell{{Value: series.SpreadOf([]float64{1})}}}
	busy := series.RowOutcome{Name: "row", Cells: []series.Cell{{}}, Missing: map[string]string{"base": "busy"}}
	skipped := map[string]string{"tun": "no rights"}
	for _, test := range []struct {
		total       series.Outcome
		want        string
		environment bool
	}{
		{series.Outcome{}, "", false},
		{series.Outcome{Rows: []series.RowOutcome{busy, value}, Skipped: skipped}, "", false},
		{series.Outcome{Rows: []series.RowOutcome{busy}, Skipped: skipped}, "no sample counts: row: base: busy", false},
		{series.Outcome{Skipped: skipped}, "nothing was measured: tun: no rights", true},
	} {
		err := nothingMeasured(&test.total)
		if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) || errors.As(err, new(environmentError)) != test.environment {
			t.Errorf("%+v: %v, want %q", test.total, err, test.want)
		}
	}
}

func TestBenchSaysWhatCannotBeWritten(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "no", "such", "file")
	code, _, stderr := invoke(t, "bench", "memory", "--quick", "--reps", "1", "--rows", "allocations", "--json", nowhere)
	if code != exitUsage || !strings.Contains(stderr, "--json: ") || !strings.Contains(stderr, nowhere) {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

// benchFile is a file with one ratio in a row.
func benchFile(t *testing.T, row string, ratio float64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bench.json")
	o := &series.Outcome{Rows: []series.RowOutcome{{Name: row, Cells: []series.Cell{
		{Row: row, Variant: "v", Metric: "m", Base: "b", Ratio: series.SpreadOf([]float64{ratio})},
	}}}}
	if err := report.Write(name, report.File{Machine: report.ThisMachine(), Outcome: o}); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestBenchCompare(t *testing.T) {
	before := benchFile(t, "memory x", 2)
	for _, test := range []struct {
		after, flags string
		code         int
		want         string // on the standard output or error
	}{
		{benchFile(t, "memory x", 1.71), "", 0, "86 %"},
		{benchFile(t, "memory x", 1.69), "", exitFailure, "1 of 1 ratios has fallen below 85 per cent of what was recorded: memory x: v"},
		{benchFile(t, "memory y", 2), "", exitFailure, "lacks what OLD.json has: memory x"},
		{benchFile(t, "memory y", 2), "", exitFailure, "new\n"},
		{benchFile(t, "memory y", 2), "--rows x$", exitFailure, "lacks what OLD.json has: memory x"},
		{benchFile(t, "memory y", 2), "--rows z", exitUsage, `--rows "z": neither file`},
		{benchFile(t, "memory y", 2), "--rows (", exitUsage, `--rows "(": `},
		{benchFile(t, "TUN x", 2), "--rows TUN", exitUsage, "--all"},
		{benchFile(t, "TUN x", 2), "--rows TUN --all", exitFailure, "nothing was compared"},
		{filepath.Join(t.TempDir(), "none"), "", exitUsage, "NEW.json: open "},
	} {
		args := append([]string{"bench", "compare"}, strings.Fields(test.flags)...)
		code, stdout, stderr := invoke(t, append(args, before, test.after)...)
		if code != test.code || !strings.Contains(stdout+stderr, test.want) {
			t.Errorf("compare %s: exit code %d, stdout %q, stderr %q; want %d and %q", test.flags, code, stdout, stderr, test.code, test.want)
		}
	}
}
