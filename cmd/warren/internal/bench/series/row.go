package series

import (
	"math"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// Row is one workload on several variants.
type Row struct {
	// Name stands in tables and JSON, and is what --rows is matched with.
	Name string
	Task task.Task

	// Base is the name of the variant that the others are compared with. ""
	// means that the metrics are absolute.
	Base string

	// Variants are the names of the others, in the order of measuring.
	Variants []string

	// Metrics are what is made of each sample.
	Metrics []Metric

	// Floor, if not nil, is what a sample of the base must reach.
	Floor *Floor

	// Repetitions, if not 0, bounds Options.Repetitions, for a workload that
	// takes long and varies little.
	Repetitions int
}

// Floor makes samples of a base invalid that are much slower than what the same
// network does otherwise.
type Floor struct {
	// Task is what the base does otherwise; it is run once per repetition.
	Task task.Task
	// Share is the part of that task's bytes per second that must be reached.
	Share float64
}

// Metric is a number made of a result.
type Metric struct {
	// Name and Unit stand in tables and JSON: "throughput", "MB/s".
	Name, Unit string

	// Of takes the number from a result.
	Of func(task.Result) float64

	// LowerIsBetter says so of the number and of its ratio to the base.
	LowerIsBetter bool

	// Absolute keeps the number from being compared with the base.
	Absolute bool

	// Goals are what the ratio, or without a base the number, is to reach,
	// by the name of the variant. A variant that is not in it has none.
	Goals map[string]Goal
}

// Goal is a target and a harder one. Both are ratios to the base; where a row has
// none, they are values in the metric's unit.
type Goal struct {
	Target float64 `json:"target"`
	// Stretch is the harder one; it is meant only where HasStretch is set,
	// because 0 is a good number of allocations.
	Stretch    float64 `json:"stretch,omitempty"`
	HasStretch bool    `json:"has_stretch,omitempty"`
}

// Aim is a goal with a target and a harder one.
func Aim(target, stretch float64) Goal {
	return Goal{Target: target, Stretch: stretch, HasStretch: true}
}

// Meets reports whether a value is at least as good as what is wanted.
func (m Metric) Meets(value, wanted float64) bool {
	if m.LowerIsBetter {
		return value <= wanted
	}
	return value >= wanted
}

// With is the metric with a goal for one variant.
func (m Metric) With(variant string, g Goal) Metric {
	goals := map[string]Goal{variant: g}
	for name, goal := range m.Goals {
		if name != variant {
			goals[name] = goal
		}
	}
	m.Goals = goals
	return m
}

// Throughput is what all streams received together.
func Throughput() Metric {
	return Metric{Name: "throughput", Unit: "MB/s", Of: throughput}
}

func throughput(r task.Result) float64 {
	if r.Seconds == 0 {
		return 0
	}
	return float64(r.Bytes) / r.Seconds / 1e6
}

// Fairness is Jain's index of the streams.
func Fairness() Metric {
	return Metric{Name: "fairness", Unit: "Jain", Of: task.Result.Jain, Absolute: true}
}

// CPU is the processor time of all processes for a GiB.
func CPU() Metric {
	return Metric{Name: "cpu", Unit: "s/GiB", LowerIsBetter: true, Of: func(r task.Result) float64 {
		if r.Bytes == 0 {
			return 0
		}
		return r.CPUSeconds / float64(r.Bytes) * (1 << 30)
	}}
}

// CPUPerOperation is the processor time of all processes for a round trip or a
// connection. It depends less than others on what else the machine does.
func CPUPerOperation() Metric {
	return Metric{Name: "cpu", Unit: "us/op", LowerIsBetter: true, Of: func(r task.Result) float64 {
		if r.Work == 0 {
			return 0
		}
		return r.CPUSeconds / float64(r.Work) * 1e6
	}}
}

// Median is the latency of the median operation.
func Median() Metric {
	return Metric{Name: "p50", Unit: "us", LowerIsBetter: true, Of: func(r task.Result) float64 { return r.Latency.P50 }}
}

// Tail is the latency of the operation that one in a hundred exceeds.
func Tail() Metric {
	return Metric{Name: "p99", Unit: "us", LowerIsBetter: true, Of: func(r task.Result) float64 { return r.Latency.P99 }}
}

// Rate is the number of operations per second: connections, mostly.
func Rate(unit string) Metric {
	return Metric{Name: "rate", Unit: unit, Of: func(r task.Result) float64 {
		if r.Seconds == 0 {
			return 0
		}
		return float64(r.Operations) / r.Seconds
	}}
}

// Allocations is how many of them 64 KiB take that are sent or received: half of
// what both ends of a stream together need for 64 KiB. It is rounded to
// hundredths, because pools that the garbage collector has emptied are filled
// again now and then.
func Allocations() Metric {
	return Metric{Name: "allocations", Unit: "per 64 KiB", LowerIsBetter: true, Of: func(r task.Result) float64 {
		if r.Bytes == 0 {
			return 0
		}
		each := float64(r.Allocations) / (2 * float64(r.Bytes) / (64 << 10))
		return math.Round(each*100) / 100
	}}
}

// Heap is what an idle endpoint keeps.
func Heap() Metric {
	return Metric{Name: "heap", Unit: "KiB/endpoint", LowerIsBetter: true, Of: func(r task.Result) float64 { return r.Idle.HeapBytes / 1024 }}
}

// Goroutines is how many an idle endpoint needs.
func Goroutines() Metric {
	return Metric{Name: "goroutines", Unit: "per endpoint", LowerIsBetter: true, Of: func(r task.Result) float64 { return r.Idle.Goroutines }}
}

// HeapAfter is what an endpoint leaves behind when it has closed.
func HeapAfter() Metric {
	return Metric{Name: "left after close", Unit: "KiB/endpoint", LowerIsBetter: true, Of: func(r task.Result) float64 { return r.Idle.HeapAfter / 1024 }}
}

// Times are the measured time and the warm-up of a task.
func Times(t task.Task, d time.Duration) task.Task {
	t.Duration, t.Warmup = d, d/4
	return t
}
