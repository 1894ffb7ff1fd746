package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/report"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/simrows"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
)

// benchGroup is a part of what warren bench measures.
type benchGroup struct {
	name string
	// rows are the names of all rows, also of those that cannot be measured
	// here.
	rows func() []string
	// measure measures those that match b.pattern. The outcome is never nil.
	measure func(c *cobra.Command, b *benchRun) (*series.Outcome, error)
}

var (
	benchMemory = benchGroup{"memory", memoryRows, measureMemory}
	benchTUN    = benchGroup{"tun", bed.TUNRows, withDevices("tun", bed.TUN)}
	benchPeers  = benchGroup{"peers", bed.PeersRows, withDevices("peers", bed.Peers)}
	benchSim    = benchGroup{"sim", simRows, measureSim}
)

// memoryRows are the names of the rows in memory.
func memoryRows() (names []string) {
	for _, r := range bench.Memory(bench.Options{}).Rows {
		names = append(names, r.Name)
	}
	return names
}

// measureMemory measures the rows in memory.
func measureMemory(c *cobra.Command, b *benchRun) (*series.Outcome, error) {
	return b.series(c, bench.Memory(bench.Options{Quick: b.quick}))
}

// specKeys are the keys of --variant.
func specKeys() string { return strings.Join(bed.SpecKeys(), ", ") }

// series measures a plan and shows each row as soon as it is finished.
func (b *benchRun) series(c *cobra.Command, plan series.Plan) (*series.Outcome, error) {
	var rows []series.Row
	for _, r := range plan.Rows {
		if b.pattern.MatchString(r.Name) {
			rows = append(rows, r)
		}
	}
	if plan.Rows = rows; len(rows) == 0 {
		return new(series.Outcome), nil
	}
	var shown error
	options := series.Options{
		Repetitions: b.repetitions,
		LoadMax:     b.loadMax,
		Progress:    b.progress(c.ErrOrStderr()),
		Finished: func(o series.RowOutcome) {
			shown = errors.Join(shown, report.Row(c.OutOrStdout(), o))
		},
	}
	if b.quick {
		options.Tries = 2
	}
	outcome, err := series.Run(c.Context(), plan, options)
	return outcome, errors.Join(err, shown)
}

// progress shows samples, or only those that do not count.
func (b *benchRun) progress(w io.Writer) func(series.Sample) {
	return func(s series.Sample) {
		if s.Excluded+s.Remark == "" && !b.verbose {
			return
		}
		fmt.Fprintf(w, "%s\n", s)
	}
}

// withDevices measures what needs namespaces. Where this process may not make
// them, another one does in a user namespace.
func withDevices(name string, plan func(context.Context, bed.Options) (series.Plan, error)) func(*cobra.Command, *benchRun) (*series.Outcome, error) {
	return func(c *cobra.Command, b *benchRun) (*series.Outcome, error) {
		p, err := plan(c.Context(), bed.Options{Quick: b.quick, Pinned: b.pinned, Congestion: b.congestion, Specs: b.variants})
		if errors.Is(err, fs.ErrPermission) && !namespace.Inside() {
			return b.enter(c, name)
		}
		if err != nil {
			return new(series.Outcome), environmentError{err}
		}
		return b.series(c, p)
	}
}

// enter measures a group in a process of its own, which shows the rows itself
// and hands the outcome over in a file.
func (b *benchRun) enter(c *cobra.Command, group string) (*series.Outcome, error) {
	dir, err := os.MkdirTemp("", "warren-bench-")
	if err != nil {
		return new(series.Outcome), environmentError{err}
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, group+".json")
	code, err := namespace.Enter(c.Context(), b.arguments(group, name), c.OutOrStdout(), c.ErrOrStderr())
	if err != nil {
		return new(series.Outcome), environmentError{err}
	}
	outcome := new(series.Outcome)
	if f, err := report.Read(name); err == nil {
		outcome = f.Outcome
	} else if code == 0 {
		return outcome, err
	}
	return outcome, childEnded(code).orNil()
}

// childEnded is the exit code, not 0, of a child that has done this process's
// work and has said what there was to say.
type childEnded int

func (e childEnded) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// orNil is e, or nil for 0.
func (e childEnded) orNil() error {
	if e == 0 {
		return nil
	}
	return e
}

// arguments are the command line that measures one group as b does.
func (b *benchRun) arguments(group, file string) []string {
	args := []string{
		"bench", group, "--json", file, "--rows", b.rows,
		"--reps", strconv.Itoa(b.repetitions),
		"--load-max", strconv.FormatFloat(b.loadMax, 'g', -1, 64),
		"--quick=" + strconv.FormatBool(b.quick), "--verbose=" + strconv.FormatBool(b.verbose),
	}
	if b.pinned {
		args = append(args, "--pinned")
	}
	if b.congestion != "" {
		args = append(args, "--congestion", b.congestion)
	}
	for _, text := range b.written {
		args = append(args, "--variant", text)
	}
	return args
}

// measureSim measures the simulator's rows and shows each as soon as it is known.
func measureSim(c *cobra.Command, b *benchRun) (*series.Outcome, error) {
	effort := simrows.Full
	if b.quick {
		effort = simrows.Quick
	}
	outcome := new(series.Outcome)
	for r, err := range simrows.Rows(c.Context(), effort, func(name string) bool { return b.pattern.MatchString(simPrefix + name) }) {
		if err != nil {
			return outcome, err
		}
		o := simOutcome(r)
		outcome.Rows = append(outcome.Rows, o)
		if err := report.Row(c.OutOrStdout(), o); err != nil {
			return outcome, err
		}
	}
	return outcome, nil
}

// simPrefix starts the names of the simulator's rows.
const simPrefix = "simulator "

// simRows are the names of the simulator's rows.
func simRows() (names []string) {
	for _, name := range simrows.Names() {
		names = append(names, simPrefix+name)
	}
	return names
}

// simOutcome is a row of the simulator's as the others are.
func simOutcome(r simrows.Row) series.RowOutcome {
	cell := series.Cell{
		Row: simPrefix + r.Name, Variant: "stack", Metric: "goodput", Unit: "Mbit/s", Base: r.Against,
		Value: series.SpreadOf([]float64{r.Value}), Ratio: series.SpreadOf([]float64{r.Ratio}),
	}
	if r.Target > 0 {
		goal := series.Aim(r.Target, r.Stretch)
		cell.Goal = &goal
	}
	return series.RowOutcome{Name: cell.Row, Cells: []series.Cell{cell}, Notes: []string{
		fmt.Sprintf("against %s, %.2f Mbit/s; %s of %v, standard deviation of the ratios %.3f. %s", r.Against, r.Base, count.Of(r.Seeds, "seed"), r.Measured, r.Spread, r.Note),
	}}
}
