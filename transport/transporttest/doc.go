// Package transporttest is the Transport contract as a test suite, for
// whoever writes a transport.Network. Each promise is a subtest named after
// it.
//
//	func TestContract(t *testing.T) {
//		transporttest.Run(t, func(t *testing.T) transporttest.Harness {
//			return transporttest.Harness{
//				Server: transport.Kernel(),
//				Client: transport.Kernel(),
//				Addr:   netip.MustParseAddr("127.0.0.1"),
//			}
//		})
//	}
//
// # Goroutines and locks
//
// A subtest that needs a call to block starts one goroutine for it and waits
// for its result; closing the nodes, which every subtest does, ends the call.
// There are no locks.
//
// # Not supported
//
//   - Refused arguments and option values: those answers do not depend on the
//     Network and are tested in package transport.
//   - Timing. A subtest waits for what must happen with a generous limit, and
//     for a moment where nothing may happen.
package transporttest
