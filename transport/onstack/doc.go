// Package onstack carries the sockets of package transport on a
// netstack.Stack. It is the one package that knows both, and adds nothing of
// its own: each call becomes one call of the stack.
//
//	a, b := netstack.Pipe(1500)
//	server, err := netstack.New(netstack.Config{Interfaces: []netstack.Interface{{
//		Link: a, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")},
//	}}})
//	...
//	node, err := transport.NewNode(transport.Config{Network: onstack.New(server)})
//	tcp := node.NewOwner("server").TCP()
//	listener, err := tcp.Listen(8080, transport.Binary(), transport.Active(false))
//
// The client's stack is made of b in the same way.
//
// # Goroutines and locks
//
// The package starts no goroutine. A listener has a mutex for what it
// remembers; nothing is called with it held. Functions given to Notify are
// handed to the stack as they are, so they run with its locks held.
//
// # Not supported
//
//   - Descriptors (ListenSpec.FD, DialSpec.FD): there are none, the answer is
//     a *transport.OptionError that is errors.ErrUnsupported.
//   - Binding to an interface by name, SockPriority and SockDontRoute:
//     errors.ErrUnsupported. Bind to the interface's address instead.
//   - Options of a listener are remembered and read back; a connection gets
//     its own from package transport when it is handed out.
package onstack
