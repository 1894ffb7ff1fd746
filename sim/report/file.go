package report

import (
	"fmt"
	"io"
	"os"
)

// WritePcap writes what Pcap writes to a file, which it makes or replaces.
func WritePcap(path string, run *Run) error { return writeFile(path, run, Pcap) }

// WriteHTML writes what HTML writes to a file, which it makes or replaces.
func WriteHTML(path string, run *Run) error { return writeFile(path, run, HTML) }

// writeFile writes a report to a file. Half a report is removed again, but not
// a device or a pipe, nor a link to one.
func writeFile(path string, run *Run, write func(io.Writer, *Run) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	err = write(f, run)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		if info, statErr := os.Lstat(path); statErr == nil && info.Mode().IsRegular() {
			_ = os.Remove(path) // the first error is the one to tell
		}
		return fmt.Errorf("report: writing %s: %w", path, err)
	}
	return nil
}
