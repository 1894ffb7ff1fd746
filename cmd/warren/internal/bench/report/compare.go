package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// keptShare is the part of a recorded ratio that must be reached again.
const keptShare = 0.85

// memoryPrefix starts the names of rows in memory, which depend on nothing but
// the machine's processors.
const memoryPrefix = "memory"

// Change is the ratio of one variant in two files.
type Change struct {
	Row, Variant, Metric string
	Old, New             float64
	// Kept is the part of the old ratio that is reached: above 1 is better,
	// also where lower ratios are.
	Kept float64
	// Missing says that the new file does not have it.
	Missing bool
}

// Lost reports whether more is lost than chance explains.
func (c Change) Lost() bool { return !c.Missing && c.Kept < keptShare }

// Compare compares the ratios of two files, of rows in memory or of all, each by
// the row's first metric.
func Compare(before, after *series.Outcome, all bool) []Change {
	now := map[[3]string]series.Cell{}
	for _, c := range ratios(after, true) {
		now[[3]string{c.Row, c.Variant, c.Metric}] = c
	}
	var changes []Change
	for _, c := range ratios(before, all) {
		change := Change{Row: c.Row, Variant: c.Variant, Metric: c.Metric, Old: c.Ratio.Median}
		n, ok := now[[3]string{c.Row, c.Variant, c.Metric}]
		change.Missing = !ok
		if ok {
			change.New = n.Ratio.Median
			change.Kept = change.New / change.Old
			if c.LowerIsBetter {
				change.Kept = change.Old / change.New
			}
		}
		changes = append(changes, change)
	}
	return changes
}

// ratios are the cells that can be compared.
func ratios(o *series.Outcome, all bool) []series.Cell {
	var cells []series.Cell
	for _, row := range o.Rows {
		if !all && !strings.HasPrefix(row.Name, memoryPrefix) {
			continue
		}
		for _, c := range row.Cells {
			if c.Metric == row.Cells[0].Metric && c.Ratio.Count > 0 && c.Ratio.Median > 0 {
				cells = append(cells, c)
			}
		}
	}
	return cells
}

// Changes writes a table of them, what is lost marked.
func Changes(w io.Writer, changes []Change) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "ROW\tVARIANT\tMETRIC\tOLD\tNEW\tKEPT\t")
	for _, c := range changes {
		fmt.Fprintf(columns, "%s\t%s\t%s\tx%s\t", c.Row, c.Variant, c.Metric, number(c.Old))
		switch {
		case c.Missing:
			fmt.Fprintln(columns, "-\t-\tnot in NEW")
		case c.Lost():
			fmt.Fprintf(columns, "x%s\t%.0f %%\tLOST\n", number(c.New), 100*c.Kept)
		default:
			fmt.Fprintf(columns, "x%s\t%.0f %%\t\n", number(c.New), 100*c.Kept)
		}
	}
	return columns.Flush()
}
