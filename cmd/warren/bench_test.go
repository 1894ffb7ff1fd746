package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		{"--reps many", `"many"`},
		{"--load-max 0", "--load-max 0: no machine is that quiet"},
		{"--rows (", `--rows "(": `},
		// Over TUN an ordinary user's command runs this binary again, in a user
		// namespace.
		{"memory --rows nothing-like-that", `--rows "nothing-like-that": no row has such a name`},
		{"--json=", "--json, --svg: is empty"},
		{"memory --svg=", "--json, --svg: is empty"},
		{"memory disk", `unknown command "disk"`},
		{"tun --variant mtu=9", "--variant: variant \"mtu=9\""},
		{"tun --variant name=x;speed=9", "speed: is no key"},
		{"tun --congestion nonsense", `congestion control "nonsense"`},
		{"compare one.json", "OLD.json NEW.json: missing"},
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

func TestBenchMeasuresTheSimulator(t *testing.T) {
	code, stdout, stderr := invoke(t, "bench", "sim", "--quick", "--rows", "simulator .* against window")
	if code != 0 || !strings.HasPrefix(stdout, "simulator cubic, nothing lost, window 256 KiB, against window\n") || strings.Count(stdout, "\nsimulator ") != 0 {
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

func TestBenchSaysWhatCannotBeWritten(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "no", "such", "file")
	code, _, stderr := invoke(t, "bench", "memory", "--quick", "--reps", "1", "--rows", "allocations", "--json", nowhere)
	if code != exitFailure || !strings.Contains(stderr, "--json: ") || !strings.Contains(stderr, nowhere) {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

// benchFile is a file with one ratio.
func benchFile(t *testing.T, ratio float64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bench.json")
	o := &series.Outcome{Rows: []series.RowOutcome{{Name: "memory x", Cells: []series.Cell{
		{Row: "memory x", Variant: "v", Metric: "m", Base: "b", Ratio: series.SpreadOf([]float64{ratio})},
	}}}}
	if err := report.Write(name, report.ThisMachine(), o); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestBenchCompare(t *testing.T) {
	before := benchFile(t, 2)
	for _, test := range []struct {
		after string
		code  int
		want  string
	}{
		{benchFile(t, 1.71), 0, ""},
		{benchFile(t, 1.69), exitFailure, "1 of 1 ratios have fallen below 85 per cent"},
		{filepath.Join(t.TempDir(), "none"), exitFailure, "NEW.json: open "},
	} {
		code, _, stderr := invoke(t, "bench", "compare", before, test.after)
		if code != test.code || !strings.Contains(stderr, test.want) {
			t.Errorf("exit code %d, stderr %q; want %d and %q", code, stderr, test.code, test.want)
		}
	}
}
