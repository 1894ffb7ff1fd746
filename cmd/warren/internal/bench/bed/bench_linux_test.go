//go:build !android

package bed

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
)

// The rows of warren bench tun and peers, one by one. An iteration is a sample.
//
//	go test ./cmd/warren/internal/bench/bed -run '^$' -bench 'TUN/one_stream,_send' -benchtime 5x
func BenchmarkTUN(b *testing.B)   { benchmarkPlan(b, TUN) }
func BenchmarkPeers(b *testing.B) { benchmarkPlan(b, Peers) }

func benchmarkPlan(b *testing.B, plan func(context.Context, Options) (series.Plan, error)) {
	p, err := plan(b.Context(), Options{})
	if errors.Is(err, fs.ErrPermission) {
		b.Skipf("needs root: %v", err)
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range p.Rows {
		for _, v := range p.Variants {
			if v.Name() == row.Base || slices.Contains(row.Variants, v.Name()) {
				_, name, _ := strings.Cut(row.Name, " ")
				b.Run(name+"/"+v.Name(), func(b *testing.B) { benchmarkRow(b, row, v) })
			}
		}
	}
}

// benchmarkRow reports the median of the samples.
func benchmarkRow(b *testing.B, row series.Row, v series.Variant) {
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
		b.ReportMetric(series.SpreadOf(values[i]).Median, m.Name+"-"+strings.ReplaceAll(m.Unit, " ", "-"))
	}
	b.ReportMetric(0, "ns/op") // the length of a sample says nothing
}
