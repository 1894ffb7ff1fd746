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
// # What limits the rows
//
// With losses, CUBIC is below its models for reasons in gVisor. Its Reno-friendly
// window (RFC 9438, section 4.3) starts at 0.7 of what fast convergence has left
// of the last one, not at the window of the moment, so that after two losses in a
// row it takes a while to matter; until then growth by less than a segment per
// acknowledgement is cut off. Other settings do not help. In the mean of 20 seeds
// of 30 s, with losses of 0.1, 1 and 3 per cent and with reordering, against pftk:
//
//	defaults                            0.92  0.92  0.99  1.38
//	TCPConfig.NoRACK                    0.92  0.92  0.94  1.16
//	TCPConfig.NoSACK                    0.93  0.90  0.82  1.36
//	TCPConfig.RTOMin of 100 ms          0.91  0.88  0.87  1.32
//	TCPConfig.RTOMin of 60 ms           0.87  0.75  0.72  1.30
//
// A shorter RTO raises the model too, and sends again what is still under way. The
// buffers limit nothing here, and gVisor's first window of ten segments cannot be
// changed. RACK, whose comparison of sequence numbers misleads it in virtual time
// alone, sends some segments twice that were not lost and still does best: behind
// a path with a rate, acknowledgements and so new segments have times of their own.
//
// Reno's rows say little, because gVisor's reno adds a segment with each
// acknowledgement above the threshold too. Its window is held at 256 KiB, which the
// model does not reach; without that it would be limited by the path.
//
// # Goroutines and locks
//
// Rows runs as many worlds at once as Go uses processors, each in a goroutine of
// its own that one more starts. The loop ends when all have ended. A
// process with GOMAXPROCS=1 is done soonest on a busy machine: the goroutines of a
// stack wait for each other all the time.
//
// # Not supported
//
// Rows of the wall clock: those of the other groups are measured elsewhere.
package simrows
