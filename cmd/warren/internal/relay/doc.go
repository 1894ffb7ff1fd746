// Package relay joins a connection with the process's input and output, as
// netcat does.
//
//	in := relay.NewInput(os.Stdin)
//	err := relay.Run(ctx, conn, in, os.Stdout, relay.Config{Drain: 10 * time.Second})
//
// Each direction ends by itself: the end of the input shuts the connection's
// sending half down, and the output still gets all that the peer has to say.
//
// # Goroutines and locks
//
// NewInput starts the goroutine that reads the input. It ends with the input:
// a Read of a terminal cannot be woken, so a program that has another reason
// to end leaves it behind. It reads at most one chunk ahead of what has been
// asked for. Run starts one goroutine that copies from the connection, and
// waits for it.
package relay
