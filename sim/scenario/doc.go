// Package scenario runs scenarios that are written as text: hosts and links,
// sockets and faults, packets by hand, and what was observed of it all.
//
//	host srv
//	host cli
//	link cli srv delay=10ms
//	l = listen srv :80
//	c = dial cli srv:80
//	s = accept l
//	write c "hello"
//	read s
//	----
//	20ms      c: dial ok after 20ms
//	20ms      s: accept ok from cli
//	30ms      s: read "hello" after 10ms
//
// A file is run in a world of virtual time, so it takes no time and gives the
// same every time. The format is described in docs/scenarios.md; Commands lists
// what it knows. The command warren sim run does what this package does, and
// RunTest makes tests of a directory of such files:
//
//	func TestScenarios(t *testing.T) { scenario.RunTest(t, "testdata/scenarios", *update) }
//
// # Goroutines and locks
//
// Run has its world's goroutines and ends them all before it returns. A File
// may be run by several goroutines at once.
//
// # Not supported
//
// Loops and conditions: a scenario is one fixed sequence, but for repeat.
// Application code: see package sim for tests in Go. The command gotest runs
// such a test, by the command go: who runs a file from elsewhere runs its code.
package scenario
