package series

import "slices"

// Spread describes several values. The zero value is that of none.
type Spread struct {
	Count  int     `json:"count"`
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SpreadOf describes values, in any order. The median of an even number is the
// mean of the two in the middle.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return Spread{
		Count:  n,
		Median: (sorted[(n-1)/2] + sorted[n/2]) / 2,
		Min:    sorted[0],
		Max:    sorted[n-1],
	}
}

// Cell is one metric of one variant of a row.
type Cell struct {
	Row           string `json:"row"`
	Variant       string `json:"variant"`
	Metric        string `json:"metric"`
	Unit          string `json:"unit"`
	Base          string `json:"base,omitempty"`
	LowerIsBetter bool   `json:"lower_is_better,omitempty"`

	Value Spread `json:"value"`

	// Ratio is made of the ratios to the base in the same repetition. Its
	// Count is 0 in the base itself and in rows without one.
	Ratio Spread `json:"ratio"`

	Goal *Goal `json:"goal,omitempty"`
}

// Judged is what a goal is about: the ratio or, without a base, the value. ok is
// false where nothing has been measured.
func (c Cell) Judged() (s Spread, ok bool) {
	if c.Base != "" {
		return c.Ratio, c.Ratio.Count > 0
	}
	return c.Value, c.Value.Count > 0
}

// Verdict is "met", "stretch", "missed" or, without a goal, "".
func (c Cell) Verdict() string {
	if c.Goal == nil {
		return ""
	}
	s, ok := c.Judged()
	m := Metric{LowerIsBetter: c.LowerIsBetter}
	switch {
	case !ok:
		return "not measured"
	case !m.Meets(s.Median, c.Goal.Target):
		return "missed"
	case c.Goal.HasStretch && m.Meets(s.Median, c.Goal.Stretch):
		return "stretch"
	}
	return "met"
}

// cells makes the statistics of a row. Samples of its floor, which go by another
// name, are none of its own.
func cells(row Row, samples []Sample) []Cell {
	counted := map[string]map[int]Sample{} // by variant and repetition
	for _, s := range samples {
		if s.Row == row.Name && s.counts() {
			if counted[s.Variant] == nil {
				counted[s.Variant] = map[int]Sample{}
			}
			counted[s.Variant][s.Repetition] = s
		}
	}
	var all []Cell
	for _, m := range row.Metrics {
		for _, variant := range row.all() {
			if !slices.ContainsFunc(samples, func(s Sample) bool { return s.Variant == variant }) {
				continue // it was skipped
			}
			all = append(all, cell(row, m, variant, counted))
		}
	}
	return all
}

// all are the row's variants, the base first.
func (r Row) all() []string {
	if r.Base == "" {
		return r.Variants
	}
	return append([]string{r.Base}, r.Variants...)
}

func cell(row Row, m Metric, variant string, counted map[string]map[int]Sample) Cell {
	c := Cell{Row: row.Name, Variant: variant, Metric: m.Name, Unit: m.Unit, LowerIsBetter: m.LowerIsBetter}
	if variant != row.Base && !m.Absolute {
		c.Base = row.Base
	}
	if g, ok := m.Goals[variant]; ok {
		c.Goal = &g
	}
	var values, ratios []float64
	for repetition, s := range counted[variant] {
		v := s.Values[m.Name]
		values = append(values, v)
		base, ok := counted[row.Base][repetition]
		if c.Base != "" && ok && base.Values[m.Name] != 0 {
			ratios = append(ratios, v/base.Values[m.Name])
		}
	}
	c.Value, c.Ratio = SpreadOf(values), SpreadOf(ratios)
	return c
}
