// Package bed has the networks of warren bench that need devices: the stack over
// TUN with the kernel on the other end, the kernel over a veth pair as the base,
// iperf3 as the base's own, and gateways of others.
//
//	plan, err := bed.TUN(ctx, bed.Options{})
//	if errors.Is(err, fs.ErrPermission) {
//		code, err := namespace.Enter(ctx, os.Args[1:], os.Stdout, os.Stderr)
//		…
//	}
//	outcome, err := series.Run(ctx, plan, series.Options{})
//
// Everything happens in network namespaces without a name, which end with the
// bed, and with the process however that ends. The system's own network is not
// touched.
//
// # Processes
//
// The two sides of a task are two processes, this program again as workers of
// package worker, started for each sample. They and the gateways die with the
// thread that has started them, and so with their bed.
//
// # Goroutines and locks
//
// A bed has the threads of its namespaces (package namespace) and a goroutine
// for each other program that it has started, which waits for its end. Close ends
// them. There are no locks but one on the last words of such programs.
//
// # Not supported
//
// Systems other than Linux, IPv6, and several streams with iperf3.
package bed
