package sim

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim/report"
)

// write writes the capture and the report that the flags ask for; where go
// test has -artifacts, a failed test leaves both.
func (r *testRun) write(t *testing.T) {
	t.Helper()
	pcap, html := r.options.pcap, r.options.html
	if keep := flag.Lookup("test.artifacts"); t.Failed() && keep != nil && keep.Value.String() == "true" {
		dir := t.ArtifactDir()
		if pcap == "" {
			pcap = filepath.Join(dir, "sim.pcapng")
		}
		if html == "" {
			html = filepath.Join(dir, "sim.html")
		}
	}
	r.writeFile(t, pcap, ".pcapng", report.WritePcap)
	r.writeFile(t, html, ".html", report.WriteHTML)
}

func (r *testRun) writeFile(t *testing.T, path, ext string, write func(string, *report.Run) error) {
	t.Helper()
	if path == "" {
		return
	}
	if os.IsPathSeparator(path[len(path)-1]) {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Errorf("sim: %v: give a directory that can be made", err)
			return
		}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, fmt.Sprintf("%s-%d%s", fileName(t.Name()), r.run.Seed, ext))
	}
	if err := write(path, r.run); err != nil {
		t.Errorf("sim: %v: give a file, or a directory, that can be written", err)
		return
	}
	if len(r.run.Records) < int(r.run.RecordsAll) {
		t.Logf("sim: wrote %s: the last %d of %d records, raise Config.Trace.Most for more", path, len(r.run.Records), r.run.RecordsAll)
		return
	}
	t.Logf("sim: wrote %s", path)
}

// fileName is a test's name as a file's.
func fileName(test string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.':
			return c
		}
		return '_'
	}, test)
}
