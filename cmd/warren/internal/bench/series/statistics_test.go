package series

import (
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

func TestSpreadOf(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{7}, Spread{1, 7, 7, 7}},
		{[]float64{3, 1, 2}, Spread{3, 2, 1, 3}},
		{[]float64{4, 1, 3, 2}, Spread{4, 2.5, 1, 4}},
	} {
		if got := SpreadOf(test.values); got != test.want {
			t.Errorf("%v: %+v, want %+v", test.values, got, test.want)
		}
	}
}

// sampleOf is a sample of the only row with one value.
func sampleOf(variant string, repetition int, value float64) Sample {
	return Sample{Row: "row", Variant: variant, Repetition: repetition, Values: map[string]float64{"throughput": value}}
}

// TestRatiosAreThoseOfTheSameRepetition has a base that became ten times as
// fast in the middle: the ratio of the medians would be another one.
func TestRatiosAreThoseOfTheSameRepetition(t *testing.T) {
	row := Row{Name: "row", Base: "base", Variants: []string{"other"}, Metrics: []Metric{Throughput().With("other", Aim(1.5, 2))}}
	samples := []Sample{
		sampleOf("base", 0, 10), sampleOf("other", 0, 20),
		sampleOf("base", 1, 100), sampleOf("other", 1, 200),
		sampleOf("base", 2, 100), sampleOf("other", 2, 150),
	}
	got := cells(row, samples)
	if len(got) != 2 || got[0].Variant != "base" || got[0].Ratio.Count != 0 || got[0].Base != "" {
		t.Fatalf("cells %+v", got)
	}
	if want := (Spread{3, 2, 1.5, 2}); got[1].Ratio != want {
		t.Errorf("ratio %+v, want %+v", got[1].Ratio, want)
	}
	if got[1].Verdict() != "stretch" || got[0].Verdict() != "" {
		t.Errorf("verdicts %q and %q", got[1].Verdict(), got[0].Verdict())
	}
}

// TestExcludedSamplesMakeNoRatio leaves repetitions out in which either side
// does not count.
func TestExcludedSamplesMakeNoRatio(t *testing.T) {
	row := Row{Name: "row", Base: "base", Variants: []string{"other"}, Metrics: []Metric{Throughput()}}
	bad := func(s Sample) Sample { s.Excluded = "too slow"; return s }
	got := cells(row, []Sample{
		bad(sampleOf("base", 0, 1)), sampleOf("other", 0, 50),
		sampleOf("base", 1, 10), bad(sampleOf("other", 1, 1000)),
		sampleOf("base", 2, 10), sampleOf("other", 2, 30),
	})
	if want := (Spread{1, 3, 3, 3}); got[1].Ratio != want {
		t.Errorf("ratio %+v, want %+v", got[1].Ratio, want)
	}
	if want := (Spread{2, 40, 30, 50}); got[1].Value != want {
		t.Errorf("value %+v, want %+v", got[1].Value, want)
	}
}

func TestVerdicts(t *testing.T) {
	goal := Aim(1.4, 1.0)
	once := func(v float64) Spread { return SpreadOf([]float64{v}) }
	for want, c := range map[string]Cell{
		"":             {Base: "base", Ratio: once(1)},
		"met":          {Base: "base", Ratio: once(1.3), LowerIsBetter: true, Goal: &goal},
		"stretch":      {Base: "base", Ratio: once(1.0), LowerIsBetter: true, Goal: &goal},
		"missed":       {Base: "base", Ratio: once(1.5), LowerIsBetter: true, Goal: &goal, Value: once(1)},
		"not measured": {Base: "base", Goal: &goal, Value: once(1)},
	} {
		if got := c.Verdict(); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
	absolute := Cell{Value: once(0), LowerIsBetter: true, Goal: &Goal{Target: 1, HasStretch: true}}
	if got := absolute.Verdict(); got != "stretch" {
		t.Errorf("a value of 0: %q", got)
	}
}

func TestMetrics(t *testing.T) {
	r := task.Result{
		Seconds: 2, Bytes: 4 << 30, CPUSeconds: 8, Operations: 10, Work: 4, Allocations: 1 << 17,
		Latency: task.Latency{P50: 1, P99: 2}, Streams: []int64{1, 1},
		Idle: task.Memory{HeapBytes: 2048, HeapAfter: 512, Goroutines: 3},
	}
	for _, test := range []struct {
		metric Metric
		want   float64
	}{
		{Throughput(), float64(2<<30) / 1e6},
		{CPU(), 2}, {CPUPerOperation(), 2e6}, {Median(), 1}, {Tail(), 2}, {Rate("conns/s"), 5}, {Fairness(), 1},
		{Allocations(), 1}, {Heap(), 2}, {Goroutines(), 3}, {HeapAfter(), 0.5},
	} {
		if got := test.metric.Of(r); got != test.want {
			t.Errorf("%s: %v, want %v", test.metric.Name, got, test.want)
		}
		if got := test.metric.Of(task.Result{}); got != 0 {
			t.Errorf("%s of nothing: %v", test.metric.Name, got)
		}
	}
}
