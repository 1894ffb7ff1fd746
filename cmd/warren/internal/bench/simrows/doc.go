// Package simrows measures TCP over a long path in virtual time, 50 ms there and
// back at 100 Mbit/s, and compares what arrives with what the path, the window
// or a published model of TCP allows. Nothing is timed on the wall: equal
// versions have equal rows on every machine of one GOARCH.
//
//	for r, err := range simrows.Rows(ctx, simrows.Quick, nil) {
//		if err != nil {
//			return err
//		}
//		fmt.Printf("%-50s %.2f of %.2f Mbit/s: %.2fx\n", r.Name, r.Value, r.Base, r.Ratio)
//	}
//
// # What is counted
//
// Value is payload that the receiving program has read. The rate of the path is
// that of IP packets, so of 1500 bytes 1448 are payload and 52 are headers: full,
// it carries 96.53 Mbit/s of payload. What was sent again counts once. Loss and
// reordering hit what the sender sends, not the acknowledgements, as the models
// have it.
//
// # Goroutines and locks
//
// Rows runs as many worlds at once as Go uses processors, each in a goroutine of
// its own that one more starts. The loop, and Measure, end when all have ended. A
// process with GOMAXPROCS=1 is done soonest on a busy machine: the goroutines of a
// stack wait for each other all the time.
//
// # Not supported
//
// Rows of the wall clock: those of the other groups are measured elsewhere.
package simrows
