// Package fq is fair queueing with controlled delay (FQ-CoDel, RFC 8290 over
// RFC 8289): a decorator around a netstack.Link whose Send is slow or blocks, so
// that one greedy connection neither starves the others nor makes them wait.
//
//	link, err := fq.New(tunnel, fq.Config{})
//	if err != nil {
//		return err
//	}
//	stack, err := netstack.New(netstack.Config{
//		Interfaces: []netstack.Interface{{Link: link, Addresses: addresses}},
//	})
//	// later, at any time:
//	fmt.Printf("%+v\n", link.Stats())
//
// It helps where packets would otherwise wait behind the inner link's Send: a
// tunnel that encrypts in user space, a device whose Write blocks, a connection
// that carries packets. It does nothing for a link that takes everything at once
// and drops what is too much: a Pipe, or a TUN device whose other end is the
// kernel. There the queue stays empty, and costs a goroutine between the stack
// and the link.
//
// Packets are sorted by a keyed hash of addresses, protocol and ports into a
// fixed number of queues, which take turns of a quantum of bytes. A queue that
// was empty goes before those that were not, so a name query or a keystroke
// passes a bulk transfer by. Two flows that fall into one queue share its turn:
// with f flows in q queues that happens to about f/q of them (RFC 8290, section
// 5.3), so give more Queues where hundreds of flows are busy at once.
//
// # Goroutines and locks
//
// Attach starts one goroutine per Link, which takes packets from the queues and
// gives them to the inner link's Send; Close or an error of the inner link ends
// it, and Close waits for it. Close closes the inner link first, which has to
// make a Send that blocks return.
//
// One mutex per Link guards the queues. It is a leaf but for the clock, which is
// read with it held, and it is never held during the inner link's Send, Attach
// or Close. What is received does not pass through this package.
//
// # Not supported
//
// A bound on the rate of a fast link: this is no shaper. Marking instead of
// dropping (ECN), which the stack does not speak. Queueing what is received.
// Weights and priorities. Order between a datagram in fragments and the whole
// ones of its flow: fragments have no ports and are a flow of their own. A
// repeatable order in a simulation: the goroutine runs when Go lets it; sim's
// paths have a CoDel of their own.
package fq
