package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchChecksPlacesBeforeItMeasures(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--json", dir},
		{"--json", filepath.Join(dir, "no", "such.json")},
		{"--json", filepath.Join(file, "below.json")},
		{"--svg", file},
		{"--svg", filepath.Join(file, "below")},
		{"--svg", filepath.Join(dir, "same"), "--json", filepath.Join(dir, ".", "same")},
		{"--svg", filepath.Join(dir, "same", "below"), "--json", filepath.Join(dir, "same")},
	} {
		code, stdout, stderr := invoke(t, append([]string{"bench", "memory", "--quick", "--rows", "allocations"}, args...)...)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "warren: "+args[0]) || !strings.Contains(stderr, ": give a") {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	b := benchRun{json: filepath.Join(dir, "new.json"), svg: filepath.Join(dir, "new", "charts")}
	if err := b.checkPlaces(); err != nil {
		t.Error(err)
	}
	if err := (&benchRun{json: file}).checkPlaces(); err != nil {
		t.Error(err)
	}
	names, err := os.ReadDir(dir)
	if text, _ := os.ReadFile(file); err != nil || len(names) != 1 || string(text) != "kept" {
		t.Errorf("%v, %v and %q are left", err, names, text)
	}
}
