// Package overtime bounds what happens after an interrupt.
//
//	late, cancel := overtime.Context(ctx, 10*time.Second)
//	defer cancel()
//	<-ctx.Done()                // the user wants to stop
//	return server.Shutdown(late) // and gets 10 s to do so in order
//
// # Goroutines and locks
//
// A timer and, while a context ends, a goroutine of package context; both are
// gone when cancel has returned and its callbacks have run.
package overtime
