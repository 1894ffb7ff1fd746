// Package worlds holds the proof that one seed has one trace: worlds of 1 to
// 200 hosts with every kind of fault, in which programs of all kinds talk to
// one another, and which are run again and again.
//
//	go test ./test/worlds                 each world three times
//	go test ./test/worlds -run TestWorlds/crash
//	go test ./test/worlds -long           on 1, 2 and 8 processors, with and
//	                                      without -race, while others are busy
//
// A world is a row in a table: its hosts, its faults, and a program that runs
// on them. It has to send at least 500 packets, each of its faults has to meet
// one, and another seed has to give another trace. The hashes of the traces are
// kept in test/testdata/golden/worlds.txt.
//
// # Goroutines and locks
//
// Programs are started with Host.Go, most of them so that they run in a bubble
// and cooperatively; a crew counts those that a test waits for, under its lock.
//
// # Not supported
//
// The package has tests only.
package worlds
