// Package seriestest runs a plan of package series as Go benchmarks: the same
// rows on the same networks by the same code, one by one.
//
//	func BenchmarkMemory(b *testing.B) {
//		seriestest.Benchmark(b, bench.Memory(bench.Options{Quick: true}))
//	}
//
// A benchmark is called as its row, without the first word and with a level for
// each comma, and as its variant: "connections/16_workers/kernel-loopback". An
// iteration is a sample, whose length says nothing, so ns/op is left out; what is
// reported are the medians of the row's metrics.
//
// # Goroutines and locks
//
// None.
//
// # Not supported
//
// Ratios, repetitions side by side and the exclusion of samples: series.Run has
// them.
package seriestest
