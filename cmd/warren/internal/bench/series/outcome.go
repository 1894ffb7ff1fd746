package series

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// RowOutcome is what came of a row.
type RowOutcome struct {
	Name string `json:"name"`
	// Cells are ordered by metric and then as the variants are.
	Cells []Cell `json:"cells"`
	// Invalid counts the samples that did not count, by their variant.
	Invalid map[string]int `json:"invalid,omitempty"`
	// Missing says by variant why there is none that counts.
	Missing map[string]string `json:"missing,omitempty"`
	// Notes are sentences for the reader of this row.
	Notes []string `json:"notes,omitempty"`
}

// Outcome is what came of a plan. The zero value is that of an empty one.
type Outcome struct {
	Rows    []RowOutcome `json:"rows"`
	Samples []Sample     `json:"samples"`
	// Skipped are the variants, or groups of rows, that this machine lacks,
	// with the reason.
	Skipped map[string]string `json:"skipped,omitempty"`
	Notes   []string          `json:"notes,omitempty"`
}

// Measured reports whether there is any value, and why not, as far as a row
// knows.
func (o *Outcome) Measured() (ok bool, why string) {
	for _, row := range o.Rows {
		for _, c := range row.Cells {
			if c.Value.Count > 0 {
				return true, ""
			}
		}
		for _, variant := range slices.Sorted(maps.Keys(row.Missing)) {
			why = cmp.Or(why, fmt.Sprintf("%s: %s: %s", row.Name, variant, row.Missing[variant]))
		}
	}
	return false, why
}

// Add appends what came of another plan.
func (o *Outcome) Add(more *Outcome) {
	o.Rows = append(o.Rows, more.Rows...)
	o.Samples = append(o.Samples, more.Samples...)
	o.Notes = append(o.Notes, more.Notes...)
	for name, reason := range more.Skipped {
		o.Skip(name, reason)
	}
}

// Skip notes that a variant or a group could not be measured.
func (o *Outcome) Skip(name, reason string) {
	o.Skipped = maps.Clone(o.Skipped)
	if o.Skipped == nil {
		o.Skipped = map[string]string{}
	}
	o.Skipped[name] = reason
}
