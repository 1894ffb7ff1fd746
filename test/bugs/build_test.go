package bugs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repoRoot is the directory of go.mod, two above this package's.
func repoRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// build compiles this package's tests with a bug in the service, and returns
// the program. The sources are not touched: go build is told to read others
// in the place of those that the patch changes.
func build(t *testing.T, patch string) string {
	t.Helper()
	text, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	root, dir := repoRoot(t), t.TempDir()
	changed, err := applyPatch(string(text), func(name string) (string, error) {
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		return string(b), err
	})
	if err != nil {
		t.Fatalf("%s: %v: make the patch anew", patch, err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, text := range changed {
		file := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, filepath.FromSlash(name))] = file
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "bugs.test")
	if err := os.WriteFile(file, list, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-c", "-buildvcs=false", "-ldflags=-s -w", "-overlay="+file, "-o", program, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go test -c with %s: %v\n%s", patch, err, out)
	}
	return program
}

// outcome is how a test of a program ended.
type outcome struct {
	failed bool
	output string
}

// run runs one test of a program that build has made, or of this one.
func run(t *testing.T, program, test string, flags ...string) outcome {
	t.Helper()
	cmd := exec.Command(program, append([]string{"-test.run=^" + test + "$", "-test.v"}, flags...)...)
	cmd.Env = []string{}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "WARREN_SIM") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{err != nil, string(out)}
}

// word returns the word behind the first mark in the output, "" if there is
// none.
func (o outcome) word(mark string) string {
	_, rest, _ := strings.Cut(o.output, mark)
	if words := strings.Fields(rest); len(words) > 0 {
		return words[0]
	}
	return ""
}

func (o outcome) String() string { return fmt.Sprintf("failed: %v\n%s", o.failed, o.output) }
