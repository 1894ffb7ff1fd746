package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// keptShare is the part of a recorded ratio that must be reached again.
const keptShare = 0.85

// memoryPrefix starts the names of rows in memory, which depend on nothing but
// the machine's processors.
const memoryPrefix = "memory"

// InMemory reports whether a row of that name is one in memory.
func InMemory(row string) bool { return strings.HasPrefix(row, memoryPrefix) }

// Change is the ratio of one variant in two files, or that one of them lacks it.
type Change struct {
	// Variant and Metric are "" if a whole row is missing or new.
	Row, Variant, Metric string
	Old, New             float64
	// Kept is the part of the old ratio that is reached: above 1 is better,
	// also where lower ratios are.
	Kept float64
	// Missing says that the new file does not have it, and Why, where that is
	// known, is the reason. Added says that the old one does not.
	Missing, Added bool
	Why            string
}

// Compared reports whether both files have the ratio.
func (c Change) Compared() bool { return !c.Missing && !c.Added }

// Lost reports whether more is lost than chance explains.
func (c Change) Lost() bool { return c.Compared() && c.Kept < keptShare }

// Name is the row and, unless all of it is meant, the variant.
func (c Change) Name() string {
	if c.Variant == "" {
		return c.Row
	}
	return c.Row + ": " + c.Variant
}

// Compare compares the ratios of two outcomes in the rows that want approves of,
// each by the row's first metric: first all that before has, then what only after
// has. Rows without ratios are only looked for.
func Compare(before, after *series.Outcome, want func(row string) bool) []Change {
	var changes []Change
	for _, old := range before.Rows {
		if !want(old.Name) {
			continue
		}
		if now, ok := findRow(after, old.Name); ok {
			changes = append(changes, compareRows(old, now)...)
		} else {
			changes = append(changes, Change{Row: old.Name, Missing: true})
		}
	}
	for _, now := range after.Rows {
		if !want(now.Name) {
			continue
		}
		old, ok := findRow(before, now.Name)
		if !ok {
			changes = append(changes, Change{Row: now.Name, Added: true})
			continue
		}
		for _, c := range ratios(now) {
			if _, ok := findRatio(old, c); !ok {
				changes = append(changes, Change{Row: c.Row, Variant: c.Variant, Metric: c.Metric, New: c.Ratio.Median, Added: true})
			}
		}
	}
	return changes
}

// compareRows compares what the old row has.
func compareRows(old, now series.RowOutcome) (changes []Change) {
	for _, c := range ratios(old) {
		change := Change{Row: c.Row, Variant: c.Variant, Metric: c.Metric, Old: c.Ratio.Median}
		if n, ok := findRatio(now, c); !ok {
			change.Missing = true
			change.Why = cmp.Or(now.Missing[c.Variant], now.Missing[c.Base])
		} else {
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

// ratios are the cells of a row that can be compared.
func ratios(row series.RowOutcome) (cells []series.Cell) {
	for _, c := range row.Cells {
		if c.Metric == row.Cells[0].Metric && c.Ratio.Count > 0 && c.Ratio.Median > 0 {
			cells = append(cells, c)
		}
	}
	return cells
}

func findRow(o *series.Outcome, name string) (series.RowOutcome, bool) {
	i := slices.IndexFunc(o.Rows, func(r series.RowOutcome) bool { return r.Name == name })
	if i < 0 {
		return series.RowOutcome{}, false
	}
	return o.Rows[i], true
}

// findRatio finds the cell of c's variant and metric.
func findRatio(row series.RowOutcome, c series.Cell) (series.Cell, bool) {
	all := ratios(row)
	i := slices.IndexFunc(all, func(other series.Cell) bool { return other.Variant == c.Variant && other.Metric == c.Metric })
	if i < 0 {
		return series.Cell{}, false
	}
	return all[i], true
}
