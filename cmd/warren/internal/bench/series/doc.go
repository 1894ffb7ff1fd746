// Package series repeats the workloads of package task on several networks, side
// by side, and makes ratios of what was measured in the same repetition.
//
//	plan := series.Plan{Variants: variants, Rows: rows}
//	outcome, err := series.Run(ctx, plan, series.Options{Repetitions: 5})
//	for _, row := range outcome.Rows {
//		fmt.Println(row.Name, row.Cells)
//	}
//
// # Goroutines and locks
//
// Run works on the calling goroutine and starts none; beds have their own.
//
// # Not supported
//
// Measuring two networks at the same time.
package series
