package test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestSimulationDocumentRuns runs the commands of the console blocks in
// docs/simulation.md, and wants them to print what stands there, but for
// hashes and versions.
func TestSimulationDocumentRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a test binary; runs without -short")
	}
	text := simulationText(t)
	want := text
	blocks := fencedBlocks(text, "console")
	if len(blocks) == 0 {
		t.Error("docs/simulation.md shows no run of a test")
	}
	dir := t.TempDir() + string(filepath.Separator)
	aside := t.TempDir() // where the tests run, so that none can write into the tree
	if err := os.CopyFS(aside, os.DirFS("worked")); err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks {
		var ran strings.Builder
		for _, line := range strings.Split(block, "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				ran.WriteString(line + "\n" + runShown(t, dir, aside, command))
			}
		}
		shown := strings.TrimRight(ran.String(), "\n")
		if promised(shown) == promised(block) {
			continue
		}
		want = strings.Replace(want, "```console\n"+block+"\n```", "```console\n"+shown+"\n```", 1)
		if !*update {
			t.Errorf("docs/simulation.md shows\n%s\n\nbut it is\n%s\n\nrun go test ./test -run TestSimulationDocumentRuns -update", block, shown)
		}
	}
	if want != text && *update {
		if err := os.WriteFile(simulationDocument, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// runShown runs one command: go in the module's directory, or cat; what it
// prints may go through head -n or tail -n. Where the document says /tmp/, it
// works in dir. What go test builds runs in the directory aside.
func runShown(t *testing.T, dir, aside, command string) string {
	t.Helper()
	command, filter, _ := strings.Cut(command, " | ")
	words := strings.Fields(strings.ReplaceAll(command, "/tmp/", dir))
	var out []byte
	var err error
	if words[0] == "cat" {
		out, err = os.ReadFile(words[1])
	} else {
		if words[0] != "go" || words[1] != "test" {
			t.Fatalf("%s: only cat and go test are known", command)
		}
		there := "-exec=sh -c 'cd \"" + aside + "\" && exec \"$0\" \"$@\"'"
		words = slices.Insert(words, 2, there)
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		cmd.Dir = repoRoot()
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "WARREN_SIM=") }), "GOFLAGS=-vet=off")
		out, err = cmd.CombinedOutput()
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
			err = nil // tests that fail are what is shown
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return filtered(t, filter, steady(string(bytes.ReplaceAll(out, []byte(dir), []byte("/tmp/")))))
}

// filtered is what head -n or tail -n leaves.
func filtered(t *testing.T, filter, text string) string {
	t.Helper()
	if filter == "" {
		return text
	}
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	name, number, _ := strings.Cut(filter, " -n ")
	n, err := strconv.Atoi(number)
	if err != nil || n > len(lines) {
		t.Fatalf("%s: of %d lines: %v", filter, len(lines), err)
	}
	switch name {
	case "head":
		lines = lines[:n]
	case "tail":
		lines = lines[len(lines)-n:]
	default:
		t.Fatalf("%s: only head and tail are known", filter)
	}
	return strings.TrimSuffix(strings.Join(lines, ""), "\n") + "\n"
}

var (
	passedSeed = regexp.MustCompile(`(?m)^ +test\.go:\d+: sim: seed .*\n`)
	ownPlace   = regexp.MustCompile(`(?m)^( +[a-z]+\.go):\d+: `)
	wallSpans  = regexp.MustCompile(`(?m)(\t| \()\d+\.\d+s\)?$`)

	versions = regexp.MustCompile(`warren \S+, gVisor \S+, go\S+, \w+`)
	hashes   = regexp.MustCompile(`[0-9a-f]{64}`)
)

// steady leaves out what is different in every run, where in package sim a
// line is from, and the line that each seed has.
func steady(out string) string {
	out = passedSeed.ReplaceAllString(out, "")
	return wallSpans.ReplaceAllString(ownPlace.ReplaceAllString(out, "$1: "), "")
}

// promised leaves out what other versions and architectures may print.
func promised(block string) string {
	return hashes.ReplaceAllString(versions.ReplaceAllString(block, "versions"), "hash")
}
