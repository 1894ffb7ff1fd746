package sim

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-731cb71d/warren/sim/report"
)

// TestReportsMakeTheirDirectory gives a directory that is not there yet.
func TestReportsMakeTheirDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "one") + string(os.PathSeparator)
	r := &testRun{run: &report.Run{Seed: 3}}
	r.writeFile(t, dir, ".pcapng", report.WritePcap)
	if info, err := os.Stat(filepath.Join(dir, t.Name()+"-3.pcapng")); err != nil || info.Size() == 0 {
		t.Errorf("%v, %v", info, err)
	}
}
