package seriestest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// Benchmark runs each row of the plan on its base and its variants. Those that
// the machine lacks are skipped with the reason; the others are opened and closed
// for each benchmark.
func Benchmark(b *testing.B, p series.Plan) {
	for _, row := range p.Rows {
		names := row.Variants
		if row.Base != "" {
			names = append([]string{row.Base}, names...)
		}
		b.Run(rowName(row), func(b *testing.B) {
			for _, name := range names {
				b.Run(name, func(b *testing.B) {
					i := slices.IndexFunc(p.Variants, func(v series.Variant) bool { return v.Name() == name })
					if i < 0 {
						b.Fatalf("the plan has no variant %q", name)
					}
					benchmark(b, p.Variants[i], row)
				})
			}
		})
	}
}

// benchmark reports the medians of a row's metrics.
func benchmark(b *testing.B, v series.Variant, row series.Row) {
	bed, err := v.Open(b.Context())
	if absent := (*series.Unavailable)(nil); errors.As(err, &absent) {
		b.Skipf("not on this machine: %v", err)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := bed.Close(); err != nil {
			b.Errorf("closing: %v", err)
		}
	}()
	values := make([][]float64, len(row.Metrics))
	for b.Loop() {
		r, err := bed.Run(b.Context(), row.Task)
		if err != nil {
			b.Fatal(err)
		}
		for i, m := range row.Metrics {
			values[i] = append(values[i], m.Of(r))
		}
	}
	for i, m := range row.Metrics {
		b.ReportMetric(series.SpreadOf(values[i]).Median, unit(m))
	}
	b.ReportMetric(0, "ns/op")
}

// rowName is the row's without the first word, which is that of the benchmark.
func rowName(row series.Row) string {
	_, name, ok := strings.Cut(row.Name, " ")
	if !ok {
		name = row.Name
	}
	return strings.ReplaceAll(name, ", ", "/")
}

// unit is the metric's for go test: without blanks, and with its name where the
// unit alone says too little.
func unit(m series.Metric) string {
	text := m.Unit
	if m.Name != "throughput" && m.Name != "rate" {
		text = m.Name + "-" + m.Unit
	}
	return strings.ReplaceAll(text, " ", "-")
}
