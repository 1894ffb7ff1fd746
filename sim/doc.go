// Package sim is a deterministic network of hosts in virtual time: each host
// has a TCP/IP stack of its own, the paths between them delay, lose, reorder
// and damage packets as told, and one seed gives one bit-identical trace. Use
// it to test what a backlog that overflows, a timeout of 13 minutes or a range
// of ports that is used up does to a program, in milliseconds.
//
//	func TestBacklogOverflow(t *testing.T) {
//		sim.Test(t, func(t *testing.T, w *sim.World) {
//			srv, cli := w.Host("srv"), w.Host("cli")
//			w.Link(cli, srv, sim.PathConfig{Delay: 10 * time.Millisecond})
//			sim.Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 4})) // nobody accepts
//			for range 5 {
//				w.Must(cli.Dial("tcp", "srv:80"))
//			}
//			_, err := cli.Dial("tcp", "srv:80") // gives up after 127 s of virtual time
//			if !errors.Is(err, syscall.ETIMEDOUT) {
//				t.Fatal(err)
//			}
//		})
//	}
//
// # Two ways to run programs
//
// Test runs unmodified Go code in a testing/synctest bubble: goroutines,
// channels, time.Sleep, contexts, net/http. New makes a cooperative world for
// programs outside of tests, for fuzzing and for tests without a bubble: there
// the goroutine that called New drives the world while it waits, and programs
// started with Host.Go run one at a time. Both run the same engine, and the
// same program sends the same packets.
//
// # What is promised
//
// For equal versions of warren, gVisor and Go on one GOARCH, equal seeds give
// equal traces wherever no two goroutines can write the same connection, or
// draw from the same random source, at one virtual instant. Programs of which
// this is not true (HTTP/2, gRPC, several TLS handshakes at once) run correctly
// and may differ; the flag -sim.check runs a test twice and shows the first
// packet that differs. A host has a random source too: dials draw from it in
// order, but the ports of Listen on port 0, and the numbers of datagrams that
// do not fit into a packet, go to whoever comes first.
//
// # Waiting
//
// World.Wait blocks until nothing is left to do at this instant. It takes the
// place of synctest.Wait, which the driver of the world uses: a second call
// panics. World.Settle, RunFor and RunUntil let time pass; in a bubble
// time.Sleep does so too.
//
// # Hosts that fail
//
// Host.Crash, Restart, Pause, Resume and SetSkew, or the faults of those names,
// change a host at one instant. A crash is silent: no packet says so, and calls
// of the host's programs return net.ErrClosed, but goroutines cannot be ended
// from outside. HostConfig.Boot is a program that is started with the host and
// after each restart, when listeners have to be opened again. A host that is
// paused keeps what arrives, and its timers, until it goes on; in a bubble its
// programs that wait for something else than their host go on.
//
// # Names and networks
//
// The names of hosts and routers, and those of World.AddName, are resolved by
// the world itself, at once and without packets, so faults of paths change
// nothing about it; fault.DNS does. Without more, all hosts are in one subnet
// and have a path to each other. AddSubnet, AddRouter, Star and Line make
// larger networks, in which packets take the shortest way.
//
// # Flags
//
// Test binaries that import this package have flags for every sim.Test:
//
//	-sim.seed=N       the world's seed, in place of the test's own
//	-sim.runs=N       N seeds, one after the other
//	-sim.check        each run twice; where they part is an error
//	-sim.shrink       reduce a failing run to the fault events that matter, and
//	                  write them to TEST-SEED.scenario, or with =FILE there
//	-sim.faults=FILE  play such a file again, in place of the test's faults
//	-sim.pcap=FILE    write the packets; in a directory, one file for each run;
//	                  one that ends in / is made
//	-sim.html=FILE    write a report; likewise
//
// The variable WARREN_SIM holds the same for go test ./... over packages that
// do not know the flags: WARREN_SIM='seed=7 check'. A flag goes before it. What
// a failing test prints as the command that runs it again has all that matters.
//
// # Goroutines and locks
//
// Test has one driver goroutine in its bubble; New has none. Each host's stack
// has the goroutines that netstack names. The package has one goroutine of its
// own, outside of all bubbles, which makes stacks. World.topo is held while
// hosts are added; World.mu and Host.mu are leaves.
//
// # Not supported
//
// A stack in a bubble follows the clock of its host; an offset or a skew of it
// does not change what time.Now says to the host's programs. Programs of a
// cooperative world must not wait in channels, mutexes or package time.
package sim
