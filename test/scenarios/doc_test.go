// Package scenarios is forty situations of TCP that a simulator must reproduce
// exactly: each as a Go test, whose first line of comment names the rule, as a
// scenario file in testdata, and as a golden trace.
package scenarios

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/test/golden"
)

var hashes = golden.Open("../testdata/golden/scenarios.txt")

// inWorld runs f in a world and compares the trace with the golden one.
func inWorld(t *testing.T, cfg sim.Config, f func(t *testing.T, w *sim.World)) {
	t.Helper()
	cfg.Test(t, func(t *testing.T, w *sim.World) {
		f(t, w)
		w.Wait()
		hashes.Check(t, t.Name(), w.Hash())
	})
}

// scenarios is how many there are.
const scenarios = 40

// tests are the names and the comments of the tests by number, such as
// Test01SYNToNowhere.
func tests(t *testing.T) map[string]*ast.FuncDecl {
	t.Helper()
	found := map[string]*ast.FuncDecl{}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`^Test(\d\d)[A-Z]`)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if m := number.FindStringSubmatch(f.Name.Name); m != nil {
				if found[m[1]] != nil {
					t.Errorf("number %s is taken twice: by %s and %s", m[1], found[m[1]].Name, f.Name)
				}
				found[m[1]] = f
			}
		}
	}
	return found
}

// source is where a rule stands: in an RFC, in Linux, or in gVisor, where it
// differs from both.
var source = regexp.MustCompile(`RFC \d+|Linux|gVisor`)

// TestEachHasThreeForms wants a Go test with its rule in the first line, a
// scenario file with it in the first line, and a golden hash of each number.
func TestEachHasThreeForms(t *testing.T) {
	byNumber := tests(t)
	names, err := hashes.Names()
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= scenarios; n++ {
		number := fmt.Sprintf("%02d", n)
		f := byNumber[number]
		if f == nil {
			t.Errorf("scenario %s has no Go test", number)
			continue
		}
		if first, _, _ := strings.Cut(f.Doc.Text(), "\n"); !source.MatchString(first) {
			t.Errorf("%s: the first line of its comment names no rule: %q", f.Name, first)
		}
		hasHash := false
		for _, name := range names {
			test, _, _ := strings.Cut(name, "/")
			hasHash = hasHash || test == f.Name.Name
		}
		if !hasHash {
			t.Errorf("%s has no golden hash", f.Name)
		}
		files, err := filepath.Glob("testdata/" + number + "-*.scenario")
		if err != nil || len(files) != 1 {
			t.Errorf("scenario %s has the files %v, want one", number, files)
			continue
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(string(text), "\n"); !strings.HasPrefix(first, "# ") || !source.MatchString(first) {
			t.Errorf("%s: the first line names no rule: %q", files[0], first)
		}
	}
}
