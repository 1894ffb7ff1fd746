package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/report"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// benchRun is what warren bench was asked for.
type benchRun struct {
	repetitions int
	loadMax     float64
	tries       int
	rows        string
	quick       bool
	verbose     bool
}

// newBench returns the command warren bench.
func newBench() *cobra.Command {
	var b benchRun
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: the stack beside the kernel",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return b.run(c, b.memory) },
	}
	b.add(c)
	c.AddCommand(&cobra.Command{
		Use:   "memory",
		Short: "Two stacks in this process, beside the kernel's loopback",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return b.run(c, b.memory) },
	})
	c.AddCommand(b.newTUN(), b.newPeers())
	return c
}

// add defines the flags on c and on the commands below it.
func (b *benchRun) add(c *cobra.Command) {
	f := c.PersistentFlags()
	f.IntVar(&b.repetitions, "reps", 5, "measure each row this `number` of times")
	f.Float64Var(&b.loadMax, "load-max", 0.3, "how many processors other programs may keep busy; a `number` below 0 is any")
	f.StringVar(&b.rows, "rows", "", "only the rows whose names match this `regexp`")
	f.BoolVar(&b.quick, "quick", false, "short samples, 2 of each, whatever else runs: a look, not a measurement")
	f.BoolVarP(&b.verbose, "verbose", "v", false, "say what each sample has shown")
}

// memory is the plan of warren bench memory.
func (b *benchRun) memory(context.Context) (series.Plan, error) {
	return bench.Memory(bench.Options{Quick: b.quick}), nil
}

// run measures a plan and shows each row as soon as it is finished.
func (b *benchRun) run(c *cobra.Command, planned func(context.Context) (series.Plan, error)) error {
	pattern, err := b.check(c)
	if err != nil {
		return usage(c, err)
	}
	plan, err := planned(c.Context())
	if err != nil {
		return err
	}
	if plan.Rows = matching(plan.Rows, pattern); len(plan.Rows) == 0 {
		return usage(c, fmt.Errorf("--rows %q: no row has such a name", b.rows))
	}
	out := c.OutOrStdout()
	var shown error
	outcome, err := series.Run(c.Context(), plan, series.Options{
		Repetitions: b.repetitions,
		LoadMax:     b.loadMax,
		Tries:       b.tries,
		Progress:    b.progress(c.ErrOrStderr()),
		Finished:    func(o series.RowOutcome) { shown = errors.Join(shown, report.Row(out, o)) },
	})
	for name, reason := range outcome.Skipped {
		fmt.Fprintf(out, "skipped: %s: %s\n", name, reason)
	}
	return errors.Join(err, shown)
}

// check finds mistakes in the flags.
func (b *benchRun) check(c *cobra.Command) (*regexp.Regexp, error) {
	if b.repetitions < 1 || b.repetitions > 1000 {
		return nil, fmt.Errorf("--reps %d: cannot be: give 1 to 1000", b.repetitions)
	}
	if b.quick && !c.Flags().Changed("reps") {
		b.repetitions = 2
	}
	if b.quick && !c.Flags().Changed("load-max") {
		b.loadMax = -1
	}
	if b.quick {
		b.tries = 2
	}
	pattern, err := regexp.Compile(b.rows)
	if err != nil {
		return nil, fmt.Errorf("--rows %q: %w: give a regular expression, such as 'round trip'", b.rows, err)
	}
	return pattern, nil
}

// matching are the rows whose names match.
func matching(rows []series.Row, pattern *regexp.Regexp) []series.Row {
	var some []series.Row
	for _, r := range rows {
		if pattern.MatchString(r.Name) {
			some = append(some, r)
		}
	}
	return some
}

// progress shows samples, or only those that do not count.
func (b *benchRun) progress(w io.Writer) func(series.Sample) {
	return func(s series.Sample) {
		if s.Excluded == "" && s.Remark == "" && !b.verbose {
			return
		}
		fmt.Fprintf(w, "%s, %s, repetition %d: %v (others: %.2f processors)", s.Row, s.Variant, s.Repetition+1, s.Values, s.ForeignCores)
		if s.Excluded+s.Remark != "" {
			fmt.Fprintf(w, ": %s", s.Excluded+s.Remark)
		}
		fmt.Fprintln(w)
	}
}
