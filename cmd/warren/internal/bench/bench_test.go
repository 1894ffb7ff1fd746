package bench

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series/seriestest"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/worker"
)

func TestMain(m *testing.M) {
	worker.RunIfAsked()
	os.Exit(m.Run())
}

// tiny is the plan with samples of some milliseconds and few connections.
func tiny() series.Plan {
	p := Memory(Options{Quick: true})
	for i := range p.Rows {
		t := &p.Rows[i].Task
		if t.Kind != task.Idle {
			t.Duration, t.Warmup = 30*time.Millisecond, 10*time.Millisecond
		}
		if t.Streams > 1 && t.Kind == task.Stream { // a base that starves a stream would not count
			p.Rows[i].Variants, p.Rows[i].Base = append(p.Rows[i].Variants, p.Rows[i].Base), ""
		}
		t.Streams, t.Workers = min(t.Streams, 20), min(t.Workers, 4)
		p.Rows[i].Floor = nil
	}
	return p
}

// TestEveryRowMeasuresSomething runs the whole plan, but for wireguard-go, which
// is built for it.
func TestEveryRowMeasuresSomething(t *testing.T) {
	p := tiny()
	p.Rows = slices.DeleteFunc(p.Rows, func(r series.Row) bool { return strings.HasPrefix(r.Base, wireguardKind) })
	o, err := series.Run(t.Context(), p, series.Options{Repetitions: 1, LoadMax: -1})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Rows) != len(p.Rows) || len(o.Skipped) != 0 {
		t.Fatalf("%d rows of %d, skipped %v", len(o.Rows), len(p.Rows), o.Skipped)
	}
	for _, row := range o.Rows {
		for _, c := range row.Cells {
			first := c.Metric == row.Cells[0].Metric
			if c.Value.Count == 0 || first && c.Value.Median <= 0 && c.Metric != "allocations" {
				t.Errorf("%s, %s, %s: %+v", c.Row, c.Variant, c.Metric, c.Value)
			}
			if first && c.Base != "" && c.Ratio.Count == 0 {
				t.Errorf("%s, %s has no ratio", c.Row, c.Variant)
			}
		}
	}
	for _, s := range o.Samples {
		if s.Result.Errors > 0 {
			t.Errorf("%v", s)
		}
	}
}

// TestTargets compares the goals with the table that the project has set itself.
func TestTargets(t *testing.T) {
	want := map[string]series.Goal{
		"memory one stream, throughput":                                 series.Aim(1.5, 2.0),
		"memory 1000 streams, throughput":                               series.Aim(1.0, 1.5),
		"memory round trip, p50":                                        series.Aim(1.4, 1.0),
		"memory connections, 16 workers, rate":                          series.Aim(1.2, 1.6),
		"memory allocations, allocations":                               series.Aim(1, 0),
		"memory one stream against wireguard-go, MTU 1420, throughput":  {Target: 50},
		"memory one stream against wireguard-go, MTU 65520, throughput": {Target: 6},
		"memory idle endpoint, heap":                                    series.Aim(6, 5),
		"memory idle endpoint, goroutines":                              series.Aim(0, 0),
	}
	for _, row := range Memory(Options{}).Rows {
		if row.Task.Kind == task.Idle && row.Task.Streams != 100_000 {
			t.Errorf("%s: %d connections", row.Name, row.Task.Streams)
		}
		for _, m := range row.Metrics {
			name := row.Name + ", " + m.Name
			for variant, goal := range m.Goals {
				if goal != want[name] {
					t.Errorf("%s, %s: %+v, want %+v", name, variant, goal, want[name])
				}
				delete(want, name)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no goals for %v", want)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	for _, bed := range []series.Bed{stackPair{"pipe", 1500}, loopback{}, netPipe{}} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		_, err := bed.Run(ctx, task.Task{Kind: task.Stream, Streams: 3, Duration: time.Hour})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%T: error %v", bed, err)
		}
	}
}

func TestIdleEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := (stackPair{"pipe", 1500}).Run(ctx, task.Task{Kind: task.Idle, Streams: 1 << 20}); err == nil {
		t.Error("no error")
	}
}

// TestWireguardWorkerMovesBytes builds the worker, where its module can be had
// without the network.
func TestWireguardWorkerMovesBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program; runs without -short")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	t.Setenv("GOPROXY", "off")
	for _, v := range []wireguard{{wireguard1420Name, wireguardKind, 1420}, {gonetName, gonetKind, 65520}} {
		bed, err := v.Open(t.Context())
		if missing := (*series.Unavailable)(nil); errors.As(err, &missing) {
			t.Skipf("needs wireguard-go in the module cache: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []task.Kind{task.Stream, task.Connections} {
			r, err := bed.Run(t.Context(), task.Task{Kind: kind, Warmup: 10 * time.Millisecond, Duration: 50 * time.Millisecond})
			if err != nil || r.Bytes == 0 && r.Operations == 0 || r.Process == os.Getpid() {
				t.Errorf("%s, %s: %+v, %v", v.name, kind, r, err)
			}
		}
		if err := bed.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWireguardWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := wireguard{wireguard1420Name, wireguardKind, 1420}.Open(t.Context())
	if missing := (*series.Unavailable)(nil); !errors.As(err, &missing) || !strings.Contains(missing.Reason, "go command") {
		t.Errorf("error %v", err)
	}
}

// BenchmarkMemory has the rows of warren bench memory one by one, by the same
// code. An iteration is one short sample.
func BenchmarkMemory(b *testing.B) { seriestest.Benchmark(b, Memory(Options{Quick: true})) }
