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
//
// A Run is plain data: this package knows neither worlds nor hosts.
//
// # Goroutines and locks
//
// The package starts no goroutine and takes no lock. Its functions may be
// called from any goroutine, as long as nobody changes the Run meanwhile.
//
// # Not supported
//
// Reading reports back.
package report
