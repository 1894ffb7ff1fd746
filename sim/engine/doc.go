// Package engine is the lowest part of the simulator: virtual time, ports,
// paths and what happens to packets on them. It knows of packets as bytes
// and of hosts as names; stacks, goroutines and tests come above it.
//
//	events, err := engine.NewEvents(engine.Limits{Events: 1_000_000})
//	net, err := engine.New(engine.Config{Seed: 1, Events: events, NewPacket: newPacket,
//		Path: engine.PathConfig{Delay: 10 * time.Millisecond, BitsPerSecond: 10_000_000}})
//	a, err := net.AddPort(engine.PortConfig{Host: "a", Interface: "eth0",
//		Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}})
//	a.Receive(func(p engine.Packet) { stack.Deliver(p) })
//	net.Send(a, packet) // by a host, at any time
//	net.Forward()       // by the driver, once all hosts are idle
//	more, err := events.Step()
//
// Everything that is drawn comes from a hash of the seed and of what it is
// drawn for, in integers, so runs are the same wherever the same packets are
// sent at the same times.
//
// A host can be paused, in two parts: HostClock.Pause keeps back its timers,
// Network.Pause its packets.
//
// # Goroutines and locks
//
// The package starts no goroutine. One goroutine, the driver, calls Step and
// Forward, and all that happens happens in it; Network, Path, Port and Trace
// belong to it. Events, Timer and HostClock, and Network.Send, may be used by
// all. Locks are held only to change the package's own state and never while
// a callback runs. Their order: Events, then HostClock; Network alone.
//
// # Not supported
//
// Fragmentation on a path (larger packets are dropped), multicast and
// broadcast. A router counts hops and drops what has passed as many as its
// hop limit says, but does not write the smaller number into the packet. It
// answers echo requests, and says "time exceeded", "no route" and "packet too
// big", without a limit of their rate; where nobody has an address on its
// subnets it stays silent, and other packets to its own addresses come to
// nothing.
package engine
