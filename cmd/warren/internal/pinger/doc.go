// Package pinger sends echo requests at an interval and reports the answers as
// ping(8) does.
//
//	err := pinger.Run(ctx, pinger.Config{
//		To:   netip.MustParseAddr("10.7.0.1"),
//		Ping: stack.Ping,
//		Out:  os.Stdout,
//	})
//
// # Goroutines and locks
//
// Run works on its caller's goroutine; one request is under way at a time.
package pinger
