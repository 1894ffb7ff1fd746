package test

import (
	"bytes"
	"encoding/json"
	"go/format"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// topLevel is all that the repository's root may hold.
var topLevel = []string{
	".ci", ".gitignore", "LICENSE", "README.md", "cmd", "docs", "go.mod", "go.sum",
	"netstack", "sim", "test", "transport", "tun",
}

// TestTopLevel keeps the root to what a newcomer needs to see.
func TestTopLevel(t *testing.T) {
	for _, name := range trackedTopLevel(t) {
		if !slices.Contains(topLevel, name) {
			t.Errorf("%s stands at the root of the repository: put it into a room, or name it in topLevel", name)
		}
	}
}

// trackedTopLevel lists the root's entries; those that git ignores do not
// count.
func trackedTopLevel(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files")
	cmd.Dir = repoRoot()
	if out, err := cmd.Output(); err == nil && len(out) > 0 {
		var names []string
		for _, file := range strings.Fields(string(out)) {
			top, _, _ := strings.Cut(file, "/")
			names = append(names, top)
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	entries, err := os.ReadDir(repoRoot())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != ".git" {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestGoModHasNoReplace keeps the module usable by others: a replace holds in
// the main module only, so what passes here would break there.
func TestGoModHasNoReplace(t *testing.T) {
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = repoRoot()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod edit -json: %v", err)
	}
	var mod struct {
		Module  struct{ Path string }
		Replace []any
		Exclude []any
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Module.Path != module {
		t.Errorf("go.mod names the module %q, want %q", mod.Module.Path, module)
	}
	if len(mod.Replace)+len(mod.Exclude) > 0 {
		t.Error("go.mod has a replace or exclude directive: they hold in the main module only, so users would build something else than we test")
	}
}

// TestGofmt keeps the diff of a change to what was changed.
func TestGofmt(t *testing.T) {
	for _, f := range houseFiles(t) {
		want, err := format.Source(f.text)
		if err != nil {
			t.Errorf("%s: %v", f.path, err)
		} else if !bytes.Equal(want, f.text) {
			t.Errorf("%s is not formatted: run gofmt -w %s", f.path, f.path)
		}
	}
}

// shapelessNames say nothing of what a file holds.
var shapelessNames = []string{"utils.go", "util.go", "helpers.go", "helper.go", "types.go", "common.go", "misc.go"}

// TestFileNames wants each file named after its one concern.
func TestFileNames(t *testing.T) {
	for _, f := range houseFiles(t) {
		base := strings.Replace(path.Base(f.path), "_test.go", ".go", 1)
		if slices.Contains(shapelessNames, base) {
			t.Errorf("%s: a file is named by the noun it is about, so that a reader finds the code by its name", f.path)
		}
	}
}
