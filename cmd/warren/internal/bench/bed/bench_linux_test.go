//go:build !android

package bed

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series"
	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/series/seriestest"
)

// The rows of warren bench tun and peers, one by one. An iteration is a sample.
//
//	go test ./cmd/warren/internal/bench/bed -run '^$' -bench 'TUN/one_stream/send' -benchtime 5x
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
	seriestest.Benchmark(b, p)
}
