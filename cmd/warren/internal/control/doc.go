// Package control lets one process ask another for its sockets and counters
// through a unix socket that only their user can open.
//
//	server, err := control.Serve(path, func() control.Report { return report })
//	defer server.Close()
//	...
//	report, err := control.Ask(ctx, path) // in the other process
//
// The server writes one report, as JSON, to each connection and closes it. It
// reads nothing, so there is nothing to get wrong.
//
// # Goroutines and locks
//
// Serve starts one goroutine, which answers one connection at a time and gives
// each a few seconds; Close ends it and waits for it.
package control
