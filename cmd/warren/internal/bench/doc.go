// Package bench is what warren bench measures in memory: two stacks joined by a
// netstack.Pipe, beside the kernel's loopback, net.Pipe and wireguard-go's
// netstack. The workloads are those of package task, the method is that of
// package series, and package bed has the networks that need devices.
//
//	plan := bench.Memory(bench.Options{})
//	outcome, err := series.Run(ctx, plan, series.Options{})
//	for _, row := range outcome.Rows { report.Row(os.Stdout, row) }
//
// # Goroutines and locks
//
// Nothing is shared: a sample makes its own stacks, and the task that runs on
// them has ended its goroutines before they are closed.
//
// # Not supported
//
// Datagrams and more than one link at a time.
package bench
