// Package worker runs the sides of a task in other processes: the program
// executes itself, and the two speak JSON lines over the standard input and
// output of the second one.
//
//	func main() { // and TestMain
//		worker.RunIfAsked() // does not return in a worker
//		…
//	}
//
//	cmd, err := worker.Command()
//	w, err := worker.Start(ctx, cmd) // in whatever namespace the caller is
//	err = w.Open(ctx, worker.KernelKind, nil)
//	address, err := w.Serve(ctx, t)
//
// # Goroutines and locks
//
// Start starts a goroutine that waits for the process; Close ends the process
// and waits for both. A worker has one more that reads its input, whose end
// ends the worker.
//
// # Not supported
//
// Several tasks at a time in one worker, and calls from several goroutines.
package worker
