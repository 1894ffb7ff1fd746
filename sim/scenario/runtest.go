package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// extension ends the names of scenario files.
const extension = ".scenario"

// RunTest makes a subtest of each scenario file in a directory, or of one file.
// A subtest fails where something else is observed than expected; with update
// the file is rewritten instead. A directory without any is a failure.
func RunTest(t *testing.T, path string, update bool) {
	t.Helper()
	paths := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		paths, _ = filepath.Glob(filepath.Join(path, "*"+extension)) // fails for malformed patterns only
	}
	if len(paths) == 0 {
		t.Fatalf("%s has no file that ends in %s", path, extension)
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), extension), func(t *testing.T) { runTest(t, p, update) })
	}
}

func runTest(t *testing.T, path string, update bool) {
	f, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	result, err := f.Run(Options{})
	if update && err == nil {
		if !result.Passed() {
			err = os.WriteFile(path, result.Updated, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	for i := range result.Differences {
		t.Errorf("%v", &result.Differences[i])
	}
	if mistake := (*Error)(nil); errors.As(err, &mistake) {
		t.Errorf("%v", mistake)
	} else if err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Logf("seed %d; to see it alone: go run ./cmd/warren sim run %s", result.Seed, path)
	}
}
