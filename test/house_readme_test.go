package test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readmeCommands are the two commands that work on a fresh clone, for
// everybody, with no set-up. There are no others in the README's sh blocks.
var readmeCommands = []string{"go run ./cmd/warren demo", "go test ./..."}

const snippetLinesMax = 15

// TestReadmeHasTwoCommands keeps the README to the two commands that need
// nothing set up; what needs a device or rights stands in text blocks.
func TestReadmeHasTwoCommands(t *testing.T) {
	var commands []string
	for _, block := range fencedBlocks(readme(t), "sh") {
		commands = append(commands, strings.Split(block, "\n")...)
	}
	if !slices.Equal(commands, readmeCommands) {
		t.Errorf("README.md's sh blocks hold %q, want exactly %q: everything else needs set-up and would fail for somebody", commands, readmeCommands)
	}
}

// TestReadmeSnippetsCompile wants every Go block of the README to stand in the
// body of an Example or a Test, so that it compiles and runs, and to be short.
func TestReadmeSnippetsCompile(t *testing.T) {
	bodies := exampleBodies(t)
	blocks := fencedBlocks(readme(t), "go")
	if len(blocks) == 0 {
		t.Error("README.md has no Go block: one snippet per audience is what a reader looks for")
	}
	for _, block := range blocks {
		first, _, _ := strings.Cut(block, "\n")
		if n := strings.Count(block, "\n") + 1; n > snippetLinesMax {
			t.Errorf("README.md: the snippet starting %q has %d lines, over %d: it no longer fits into a glance", first, n, snippetLinesMax)
		}
		if !slices.ContainsFunc(bodies, func(body string) bool { return strings.Contains(body, block) }) {
			t.Errorf("README.md: the snippet starting %q stands in no Example or Test function, so nothing compiles it", first)
		}
	}
}

// readme returns README.md.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repoRoot(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fencedBlocks returns the contents of the blocks of one language.
func fencedBlocks(markdown, language string) []string {
	var blocks []string
	var block []string
	open := false
	for _, line := range strings.Split(markdown, "\n") {
		switch {
		case !open && line == "```"+language:
			open, block = true, nil
		case open && line == "```":
			open = false
			blocks = append(blocks, strings.Join(block, "\n"))
		case open:
			block = append(block, line)
		}
	}
	return blocks
}

// exampleBodies returns the bodies of all Example and Test functions without
// the outer indentation.
func exampleBodies(t *testing.T) []string {
	t.Helper()
	var bodies []string
	for _, f := range houseFiles(t) {
		for _, decl := range f.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !f.isTest() || !isShown(fn.Name.Name) {
				continue
			}
			from, to := f.fset.Position(fn.Body.Pos()).Offset, f.fset.Position(fn.Body.End()).Offset
			bodies = append(bodies, dedent(string(f.text[from:to])))
		}
	}
	return bodies
}

// isShown reports whether go test runs the function of that name.
func isShown(name string) bool {
	return strings.HasPrefix(name, "Example") || strings.HasPrefix(name, "Test")
}

// dedent takes one tab off every line, as gofmt indents a body by one.
func dedent(body string) string {
	lines := strings.Split(body, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	return strings.Join(lines, "\n")
}

// rowTime is the time at the start of a ladder's row.
var rowTime = regexp.MustCompile(`^ *\d+\.\d{3} `)

// TestReadmeShowsTheDemo wants each line of the README's text blocks to be one
// that warren demo prints, but for times that are not virtual.
func TestReadmeShowsTheDemo(t *testing.T) {
	demo, err := os.ReadFile(filepath.Join(repoRoot(), "cmd/warren/internal/demo/testdata/demo.txt"))
	if err != nil {
		t.Fatal(err)
	}
	printed := strings.Split(string(demo), "\n")
	blocks := fencedBlocks(readme(t), "text")
	if len(blocks) == 0 {
		t.Error("README.md shows nothing of the demo")
	}
	for _, block := range blocks {
		for _, line := range strings.Split(block, "\n") {
			if !slices.Contains(printed, line) && !slices.Contains(printed, rowTime.ReplaceAllString(line, "   0.000 ")) {
				t.Errorf("README.md shows a line that the demo does not print: %s", line)
			}
		}
	}
}
