// Package report shows what a series has measured: as a table, as JSON and as
// charts, and compares it with an earlier one.
//
//	err := report.Row(os.Stdout, outcome)
//
// # Goroutines and locks
//
// None.
//
// # Not supported
//
// Reading the JSON of versions that do not exist yet.
package report
