// Package bugs is a job service, five bugs in it as patches, and a test that
// finds them by one mix of faults which knows none of them.
//
//	go test ./test/bugs -run 'TestJobService$' -sim.seed=7 -sim.shrink
//
// Package jobs is the service. The patches beside this file each put one bug
// into it that shows only when the network misbehaves: a lost wake-up, a
// frame that loses a byte, a half-close that is taken for a close, a slot
// that is given back twice, and a client that tries again at once. The tests
// are run with them by go build's overlay, so the sources stay as they are.
//
// The service passes seeds 1 to 2000 (TestJobServiceManySeeds, -long for all).
// With a patch, some of them fail; testdata has the first for each, and the
// few fault events to which -sim.shrink has reduced its run. TestBugs runs
// both. Where a change of the stack or the simulator is meant to change
// packets, it looks for them anew:
//
//	go test ./test/bugs -run TestBugs -update
package bugs
