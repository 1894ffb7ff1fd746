// Package vectors runs recorded gen_tcp scenarios against package transport.
// A file of scenarios says, step by step, what an actor or a peer does and
// what the real gen_tcp answered; the interpreter performs the steps on an
// Arm (a Network to stand on, with a peer at its other end) and compares.
//
//	file, err := vectors.Load("testdata/gen_tcp-vectors.json")
//	if err != nil {
//		return err
//	}
//	for _, s := range file.Scenarios {
//		verdict := vectors.Run(arm, s, vectors.Deviations)
//		fmt.Println(s.ID, verdict.Status, verdict.Difference)
//	}
//
// The format is described in test/testdata/gen_tcp-vectors.md. A step that
// Go's types cannot express (a timeout that is no number) is passed on as the
// nearest malformed value that they can, see args.go.
//
// # Goroutines and locks
//
// Run performs a scenario on the calling goroutine, the controller, which
// alone owns all bindings of names. Each actor and each peer has one goroutine that
// performs its operations one at a time; Run ends them, in order, before it
// returns. There are no locks: an operation hands its answer over through a
// channel. Several scenarios may run at once, each in a World of its own.
//
// # Not supported
//
// Scenarios that need the Erlang runtime (unrecv, deliver, ssl_tls) have no
// operation here; the table of deviations lists them with the reason.
package vectors
