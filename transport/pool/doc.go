// Package pool is the acceptor pool that the Transport contract was made for:
// several acceptors wait on one listener, and each connection gets a handler
// with an owner of its own. It is what a server written against package
// transport starts with.
//
//	p, err := pool.Start(pool.Config{
//		Node: node,
//		Port: 7,
//		Handler: func(ctx context.Context, tcp *transport.TCP, s *transport.Socket) {
//			for {
//				data, err := tcp.Receive(s, 0, transport.Infinity)
//				if err != nil || tcp.Send(s, data.Data) != nil {
//					return // the end of the handler closes the socket
//				}
//			}
//		},
//	})
//	...
//	err = p.Shutdown(ctx) // drains; when ctx ends, cuts
//
// Code written against package net, crypto/tls included, is served by
// ConnHandler.
//
// A handler's panic is counted and logged and harms no other connection. Its own
// is closed, or served by a fresh start of the handler where
// Config.HandlerRestartsMax allows.
//
// # Goroutines and locks
//
// There is one goroutine per acceptor and one per connection, its handler.
// Start and the acceptors start them; the end of the pool ends the former,
// the return of the handler the latter; Close and Shutdown wait for both.
// Paused acceptors and Shutdown wait in wait.go, all other waiting is in
// calls of package transport. One mutex guards the pool's state; it is not
// held during calls of package transport.
//
// # Not supported
//
//   - Refusing connections beyond ConnectionsMax: acceptors pause, the backlog
//     takes over, and beyond that the network leaves SYNs unanswered.
package pool
