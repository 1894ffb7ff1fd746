package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// Settings are those of a run that change what its numbers mean.
type Settings struct {
	Quick       bool     `json:"quick"`
	Repetitions int      `json:"repetitions"`
	LoadMax     float64  `json:"load_max"` // below 0: any
	Pinned      bool     `json:"pinned,omitempty"`
	Congestion  string   `json:"congestion,omitempty"`
	Variants    []string `json:"variants,omitempty"` // as they were written
}

// Differences is a sentence that says in what two runs differ, besides what they
// have measured, or "" if they do not. Dates and commits are meant to differ.
func Differences(before, after File) string {
	var all []string
	note := func(what string, old, now any) {
		if old, now := fmt.Sprint(old), fmt.Sprint(now); old != now {
			all = append(all, fmt.Sprintf("%s (%s and %s)", what, old, now))
		}
	}
	a, b := before.Machine, after.Machine
	note("the processor", a.CPU, b.CPU)
	note("GOMAXPROCS", a.GOMAXPROCS, b.GOMAXPROCS)
	note("the system", a.System, b.System)
	note("the kernel", a.Kernel, b.Kernel)
	note("Go", a.Go, b.Go)
	note("gVisor", a.GVisor, b.GVisor)
	if s, t := before.Settings, after.Settings; s != nil && t != nil {
		note("--quick", s.Quick, t.Quick)
		note("--reps", s.Repetitions, t.Repetitions)
		note("--load-max", s.LoadMax, t.LoadMax)
		note("--pinned", s.Pinned, t.Pinned)
		note("--congestion", quoted(s.Congestion), quoted(t.Congestion))
		note("--variant", fmt.Sprintf("%q", s.Variants), fmt.Sprintf("%q", t.Variants))
	}
	if text := lengths(before.Outcome, after.Outcome); text != "" {
		all = append(all, text)
	}
	if len(all) == 0 {
		return ""
	}
	return "OLD and NEW were not measured alike: they differ in " + strings.Join(all, ", ") + "."
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }

// sameLength is how much samples of one length differ in what they took.
const sameLength = 1.25

// lengths says where the samples of a row were longer in one run.
func lengths(before, after *series.Outcome) string {
	now := map[string]float64{}
	for _, row := range after.Rows {
		now[row.Name] = sampleSeconds(after, row.Name)
	}
	first, more := "", 0
	for _, row := range before.Rows {
		a, b := sampleSeconds(before, row.Name), now[row.Name]
		if a == 0 || b == 0 || math.Max(a/b, b/a) < sameLength {
			continue
		}
		if first != "" {
			more++
			continue
		}
		first = fmt.Sprintf("the length of samples (%s: %.2g s and %.2g s", row.Name, a, b)
	}
	switch {
	case first == "":
		return ""
	case more == 0:
		return first + ")"
	case more == 1:
		return first + ", and in 1 more row)"
	}
	return fmt.Sprintf("%s, and in %d more rows)", first, more)
}

// sampleSeconds is how long a sample of the row that counts has measured, or 0.
func sampleSeconds(o *series.Outcome, row string) float64 {
	var all []float64
	for _, s := range o.Samples {
		if s.Row == row && s.Excluded == "" {
			all = append(all, s.Result.Seconds)
		}
	}
	return series.SpreadOf(all).Median
}
