package seriestest

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// Nothing that is measured here takes time, so an iteration is enough.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.benchtime", "2x"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// fake is a variant that notes what is done with it.
type fake struct {
	name  string
	err   error
	calls map[string]int
}

func (f fake) Name() string { return f.name }

func (f fake) Open(context.Context) (series.Bed, error) {
	f.calls["open "+f.name]++
	return f, f.err
}

func (f fake) Run(_ context.Context, t task.Task) (task.Result, error) {
	f.calls["run "+f.name]++
	return task.Result{Seconds: 1, Bytes: int64(t.Streams) * 1e6}, nil
}

func (f fake) Close() error {
	f.calls["close "+f.name]++
	return nil
}

// TestBenchmark: the base and the variants of a row run, those that are absent
// are skipped, others are left alone, and each is closed as often as opened.
func TestBenchmark(t *testing.T) {
	calls := map[string]int{}
	p := series.Plan{
		Variants: []series.Variant{
			fake{"base", nil, calls}, fake{"a", nil, calls}, fake{"other", nil, calls},
			fake{"absent", &series.Unavailable{Reason: "install it"}, calls},
		},
		Rows: []series.Row{{
			Name: "memory row, with a comma", Task: task.Task{Streams: 3},
			Base: "base", Variants: []string{"a", "absent"}, Metrics: []series.Metric{series.Throughput(), series.CPU()},
		}},
	}
	testing.Benchmark(func(b *testing.B) { Benchmark(b, p) })
	for _, name := range []string{"base", "a"} {
		if calls["run "+name] == 0 || calls["open "+name] == 0 || calls["open "+name] != calls["close "+name] {
			t.Errorf("%s: %v", name, calls)
		}
	}
	if calls["open absent"] == 0 || calls["run absent"]+calls["close absent"] > 0 || calls["open other"] > 0 {
		t.Errorf("%v", calls)
	}
}

// One variant is measured as it is by hand, so that its metrics can be seen.
func TestBenchmarkReportsTheRowsMetrics(t *testing.T) {
	row := series.Row{Name: "memory row", Task: task.Task{Streams: 3}, Metrics: []series.Metric{series.Throughput(), series.Fairness()}}
	r := testing.Benchmark(func(b *testing.B) { benchmark(b, fake{"a", nil, map[string]int{}}, row) })
	_, timed := r.Extra["ns/op"]
	if r.Extra["MB/s"] != 3 || !timed || r.Extra["ns/op"] != 0 || len(r.Extra) != 3 {
		t.Errorf("%v", r.Extra)
	}
}

func TestNames(t *testing.T) {
	for want, name := range map[string]string{
		"one stream":           "memory one stream",
		"one stream/send":      "TUN one stream, send",
		"against iperf3":       "veth against iperf3",
		"connections/1 worker": "memory connections, 1 worker",
		"alone":                "alone",
	} {
		if got := rowName(series.Row{Name: name}); got != want {
			t.Errorf("%s became %q, want %q", name, got, want)
		}
	}
	for want, m := range map[string]series.Metric{
		"MB/s": series.Throughput(), "conns/s": series.Rate("conns/s"), "p99-us": series.Tail(), "allocations-per-64-KiB": series.Allocations(),
	} {
		if got := unit(m); got != want {
			t.Errorf("%s became %q, want %q", m.Name, got, want)
		}
	}
}
