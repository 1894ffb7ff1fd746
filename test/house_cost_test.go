package test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// costTolerance is how far, in MB, a binary may be from what the README says:
// it differs a little between versions of Go.
const costTolerance = 0.5

// TestImportCost measures what each room adds to a program that already uses
// package net, and compares it with the README's table: megabytes of a
// stripped linux/amd64 binary, and modules besides this one. Run with -v to
// see the table's rows.
func TestImportCost(t *testing.T) {
	if testing.Short() {
		t.Skip("builds six programs; runs without -short")
	}
	base := buildSize(t, "base")
	for _, room := range []struct{ name, program string }{
		{"netstack", "netstack"},
		{"netstack/pcap", "pcap"},
		{"tun", "tun"},
		{"transport", "transport"},
		{"sim", "sim"},
	} {
		added := float64(buildSize(t, room.program)-base) / 1e6
		modules := foreignModules(t, "./test/testdata/importcost/"+room.program)
		t.Logf("| `%s` | %.1f MB | %d |", room.name, added, len(modules))
		t.Logf("  %s", strings.Join(modules, " "))

		row := regexp.MustCompile("(?m)^\\| `" + room.name + "` \\| ([0-9.]+) MB \\| ([0-9]+) \\|").FindStringSubmatch(readme(t))
		if row == nil {
			t.Errorf("README.md has no row for the cost of importing %s", room.name)
			continue
		}
		if said, err := strconv.ParseFloat(row[1], 64); err != nil || math.Abs(said-added) > costTolerance {
			t.Errorf("README.md says that %s adds %s MB to a binary, measured: %.1f MB", room.name, row[1], added)
		}
		if row[2] != fmt.Sprint(len(modules)) {
			t.Errorf("README.md says that %s needs %s modules, measured: %d, %v", room.name, row[2], len(modules), modules)
		}
	}
}

// costEnv is the platform and the settings of the measurement.
func costEnv() []string {
	return append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
}

// buildSize builds a program of testdata/importcost and returns its size.
func buildSize(t *testing.T, program string) int64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), program)
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", file, "./test/testdata/importcost/"+program)
	cmd.Dir = repoRoot()
	cmd.Env = costEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", program, err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// foreignModules lists the modules besides this one that a package is made of.
func foreignModules(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", pkg)
	cmd.Dir = repoRoot()
	cmd.Env = costEnv()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	seen := map[string]bool{module: true}
	var modules []string
	for _, m := range strings.Fields(string(out)) {
		if !seen[m] {
			seen[m] = true
			modules = append(modules, m)
		}
	}
	return modules
}
