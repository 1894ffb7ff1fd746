package task

import "slices"

// Result is what a side of a task has seen. It travels between processes as
// JSON.
type Result struct {
	// Seconds is the measured time.
	Seconds float64 `json:"seconds"`

	// Bytes were received in that time, by all streams and by each.
	Bytes   int64   `json:"bytes,omitempty"`
	Streams []int64 `json:"streams,omitempty"`

	// Operations are round trips or connections, made in that time without
	// an error.
	Operations int64   `json:"operations,omitempty"`
	Latency    Latency `json:"latency,omitzero"`

	// Errors counts operations that failed; FirstError is one of them.
	Errors     int64  `json:"errors,omitempty"`
	FirstError string `json:"first_error,omitempty"`

	// CPUSeconds is the processor time that this process has used for Work
	// bytes or operations. Merge adds that of two processes.
	CPUSeconds float64 `json:"cpu_seconds,omitempty"`
	Work       int64   `json:"work,omitempty"`

	// Allocations and AllocatedBytes are those of this process meanwhile.
	Allocations    int64 `json:"allocations,omitempty"`
	AllocatedBytes int64 `json:"allocated_bytes,omitempty"`

	Idle Memory `json:"idle,omitzero"`

	// Process is the process that has measured.
	Process int `json:"process,omitempty"`
}

// Latency describes how long single operations took, in microseconds.
type Latency struct {
	P50  float64 `json:"p50_us"`
	P99  float64 `json:"p99_us"`
	Mean float64 `json:"mean_us"`
}

// Memory is what idle connections cost, per endpoint: a connection within one
// process has two.
type Memory struct {
	Endpoints  int     `json:"endpoints"`
	HeapBytes  float64 `json:"heap_bytes"`
	Goroutines float64 `json:"goroutines"`

	// HeapAfter and GoroutinesAfter are what is left after all have closed.
	HeapAfter       float64 `json:"heap_after"`
	GoroutinesAfter float64 `json:"goroutines_after"`
}

// latency describes samples in nanoseconds, which it sorts.
func latency(samples []int64) Latency {
	if len(samples) == 0 {
		return Latency{}
	}
	slices.Sort(samples)
	var sum int64
	for _, s := range samples {
		sum += s
	}
	at := func(percent int) float64 { return float64(samples[(len(samples)-1)*percent/100]) / 1e3 }
	return Latency{P50: at(50), P99: at(99), Mean: float64(sum) / float64(len(samples)) / 1e3}
}

// Jain is Jain's fairness index of the streams' bytes: 1 when all have the
// same, 1/n when one has everything. It is 0 without streams.
func (r Result) Jain() float64 {
	var sum, squares float64
	for _, b := range r.Streams {
		sum += float64(b)
		squares += float64(b) * float64(b)
	}
	if squares == 0 {
		return 0
	}
	return sum * sum / (float64(len(r.Streams)) * squares)
}

// Starved is the number of streams that received nothing.
func (r Result) Starved() int {
	n := 0
	for _, b := range r.Streams {
		if b == 0 {
			n++
		}
	}
	return n
}

// Merge joins what the two sides of a task have seen. The receiver of a stream
// knows its bytes, the driving side everything else; processor time and
// allocations of another process are added in proportion to the work.
func Merge(t Task, driven, served Result) Result {
	main, other := driven, served
	if t.Kind == Stream && t.Direction != FromAcceptor {
		main, other = served, driven
	}
	if main.FirstError == "" {
		main.FirstError = other.FirstError
	}
	main.Errors += other.Errors
	if main.Process != other.Process && main.Work > 0 && other.Work > 0 {
		scale := float64(main.Work) / float64(other.Work)
		main.CPUSeconds += scale * other.CPUSeconds
		main.Allocations += int64(scale * float64(other.Allocations))
		main.AllocatedBytes += int64(scale * float64(other.AllocatedBytes))
	}
	return main
}
