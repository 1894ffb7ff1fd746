// Package fault holds what can go wrong in a simulated network: packets that
// are lost, doubled, reordered, damaged or late, partitions and outages, hosts
// that crash, stand still or have clocks that are wrong, and names that are
// not found. All are plain values that print as one line, are read back from
// it, and have a JSON form.
//
//	set := fault.NewSet(42)
//	secondSYN, err := set.Add(fault.Drop{Select: fault.Select{Flags: fault.SYN, Without: fault.ACK, Nth: 2}})
//	...
//	faults, err := fault.ParseList(`
//		loss chance=0.5% from=client proto=tcp
//		partition a=db1,db2 start=5s end=20s
//		crash host=db1 at=30s restart=2s
//	`)
//	set.Serve(world) // who makes the crash happen
//	handles, err := set.AddList(faults)
//	...
//	verdict := set.Judge(&packet) // for every packet that enters a path
//	secondSYN.Hits()              // 1, once it has been lost
//	secondSYN.Remove()
//
// The faults are
//
//   - Drop: every packet that its Select selects, such as the n-th of a kind
//   - Loss: packets at random; Burst: at random in bursts (Gilbert and Elliott)
//   - Duplicate: further copies; Corrupt: inverted bits
//   - Reorder: later packets overtake, by time or by number; Delay: in order
//   - Partition: nothing passes between two sets of hosts, or one way only
//   - Flap: a link that goes down and up by a schedule
//   - Clog: packets of a while are kept back and let go in order
//   - Exact: one packet by its number, as a run's record has it
//   - Func: a closure, which has no line to be read back
//   - Crash: a host is gone, for good or until it restarts
//   - Pause: a host stands still for a while
//   - Skew: a host's clock runs fast or slow
//   - DNS: lookups of names that are late, lost or answered wrongly
//
// The last four are about hosts. One List and one Set take all of them: a Set
// plans Crash, Pause and Skew with the Hosts that it serves, and JudgeLookup
// asks DNS about each question for a name.
//
// Select, which most others embed, narrows a fault to hosts, addresses,
// ports, TCP flags, payload, sizes, a span of virtual time, and the n-th
// packet. Probabilities are whole parts per million and times are virtual;
// nothing is computed in floating point, so verdicts are the same on every
// machine.
//
// A verdict is a function of the seed, the fault, and the packet's hosts,
// path, flow and index in its flow. It does not depend on the order in which
// simultaneous packets of different flows are judged, nor on other faults,
// except that what one drops the later ones do not see. Only Nth counts: per
// flow and path, where the order is known, unless Across asks for a count of
// all; that one is as repeatable as the order of judging is.
//
// # Goroutines and locks
//
// The package starts no goroutine. Faults are values and judge without state.
// A Set's Judge is for one goroutine at a time; it takes no lock. Add, Remove
// and the queries may be called from any goroutine, by a closure within Judge
// too; one mutex is held while the row of faults is replaced. JudgeLookup may
// be called from any goroutine and holds another mutex while it asks. The
// methods of Hosts are called with neither of them held.
//
// # Not supported
//
//   - Matching after IPsec headers, or within the packet that an ICMP error
//     quotes.
//   - Ports and flags of fragments: a fragment has addresses and bytes only.
package fault
