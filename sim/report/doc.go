// Package report explains a run of a simulated world to the one who has to
// find out why it failed: as text, as a capture for Wireshark, and as one HTML
// file with diagrams.
//
//	run := &report.Run{
//		Test: t.Name(), Seed: seed, Hash: trace.Sum(), Now: events.Now(),
//		Records: trace.Last(), RecordsAll: trace.Len(),
//		Hosts: hosts, Faults: faults,
//		Replay: "go test -run '^TestUpload$' -sim.seed=42",
//	}
//	err := report.Text(os.Stderr, run)
//	err = report.WritePcap("upload.pcapng", run)
//	err = report.WriteHTML("upload.html", run)
//
// A Run is plain data: this package knows neither worlds nor stacks. It joins
// the records of a trace to packets with a beginning and an end, follows each
// TCP connection on each link, and so finds what was sent again.
//
// # Goroutines and locks
//
// The package starts no goroutine and takes no lock. Its functions may be
// called from any goroutine, as long as nobody changes the Run meanwhile.
//
// # Not supported
//
// Reading reports back. Words for what stands above TCP and UDP: a payload is
// shown as it is. The bytes of a packet after a fault has changed them; reports
// show what was sent, and say how many bits a fault inverted.
package report
