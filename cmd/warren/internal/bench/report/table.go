package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/count"
)

// Row writes what came of one row as aligned columns: the variant, what was
// measured, its median with the least and the most, the ratio to the base
// likewise, and what was wanted.
func Row(w io.Writer, o series.RowOutcome) error {
	if _, err := fmt.Fprintln(w, o.Name); err != nil {
		return err
	}
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range o.Cells {
		fmt.Fprintf(columns, "  %s\t%s\t%s\t%s\t%s\t%s\n", c.Variant, c.Metric, value(c), ratio(c), wanted(c), c.Verdict())
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	return lines(w, "  ", append(uncounted(o), o.Notes...))
}

// uncounted says of each variant how many samples did not count and, where there
// are no others, why and what follows.
func uncounted(o series.RowOutcome) (all []string) {
	for _, c := range o.Cells {
		n := o.Invalid[c.Variant]
		if n == 0 || c.Metric != o.Cells[0].Metric {
			continue
		}
		text := fmt.Sprintf("%s: %s did not count", c.Variant, count.Of(n, "sample"))
		if why := o.Missing[c.Variant]; why != "" {
			text += ", and there is no other; the last one: " + why
			if isBase(o, c.Variant) {
				text += ". So there are no ratios to it"
			}
		}
		all = append(all, text)
	}
	return all
}

// isBase reports whether others are compared with the variant.
func isBase(o series.RowOutcome, variant string) bool {
	return slices.ContainsFunc(o.Cells, func(c series.Cell) bool { return c.Base == variant })
}

// End writes what stands below the rows: what was skipped, the notes and the
// machine.
func End(w io.Writer, m Machine, o *series.Outcome) error {
	var skipped []string
	for _, name := range slices.Sorted(maps.Keys(o.Skipped)) {
		skipped = append(skipped, fmt.Sprintf("Skipped: %s: %s", name, o.Skipped[name]))
	}
	return lines(w, "", slices.Concat(skipped, o.Notes, []string{m.String()}))
}

// lines writes each on one of its own.
func lines(w io.Writer, indent string, all []string) error {
	for _, line := range all {
		if _, err := fmt.Fprintf(w, "%s%s\n", indent, line); err != nil {
			return err
		}
	}
	return nil
}

// value is the cell's own number.
func value(c series.Cell) string {
	if c.Value.Count == 0 {
		return "-"
	}
	return spread(c.Value) + " " + c.Unit
}

// ratio is the cell's number against the base.
func ratio(c series.Cell) string {
	if c.Ratio.Count == 0 {
		return ""
	}
	return "x" + spread(c.Ratio)
}

// spread is "median [least-most]", or one number where there is only one.
func spread(s series.Spread) string {
	if s.Count == 1 {
		return number(s.Median)
	}
	return fmt.Sprintf("%s [%s-%s]", number(s.Median), number(s.Min), number(s.Max))
}

// number has three digits that matter, and no exponent.
func number(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10 || v <= -10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case v == 0:
		return "0"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// wanted is the cell's goal: "at least x1.50 (x2.00)".
func wanted(c series.Cell) string {
	if c.Goal == nil {
		return ""
	}
	sign, bound := "", "at least"
	if c.Base != "" {
		sign = "x"
	}
	if c.LowerIsBetter {
		bound = "at most"
	}
	text := fmt.Sprintf("%s %s%s", bound, sign, number(c.Goal.Target))
	if c.Goal.HasStretch && c.Goal.Stretch != c.Goal.Target {
		text += fmt.Sprintf(" (%s%s)", sign, number(c.Goal.Stretch))
	}
	return text
}
