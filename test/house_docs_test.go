package test

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docSections are what the comment of every library package answers.
var docSections = []string{"# Goroutines and locks", "# Not supported"}

// TestEveryPackageHasDoc wants a doc.go in each package: purpose, an example,
// and for libraries who runs what and what is missing. A package of one file
// may say it there.
func TestEveryPackageHasDoc(t *testing.T) {
	docs, files := map[string]string{}, map[string]int{}
	for _, f := range houseFiles(t) {
		if f.isTest() {
			continue
		}
		files[f.dir()]++
		if path.Base(f.path) == "doc.go" || files[f.dir()] == 1 {
			docs[f.dir()] = f.ast.Doc.Text()
		}
	}
	for dir, doc := range docs {
		if doc == "" {
			t.Errorf("%s has no doc.go with a package comment: a newcomer reads that first", dir)
			continue
		}
		if !belowAny(dir, "netstack", "tun", "transport", "sim") || strings.Contains(dir, "internal") {
			continue
		}
		for _, section := range docSections {
			if !strings.Contains(doc, section+"\n") {
				t.Errorf("%s/doc.go has no section %q", dir, section)
			}
		}
	}
}

// TestExportedNamesAreExplained wants a comment on each exported name that
// starts with the name, so that go doc reads as sentences.
func TestExportedNamesAreExplained(t *testing.T) {
	for _, f := range houseFiles(t) {
		if f.isTest() || f.ast.Name.Name == "main" {
			continue
		}
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				recv := receiverName(d)
				if recv != "" && d.Name.Name == "Error" {
					continue // error's one method says all by its name
				}
				if d.Name.IsExported() && (recv == "" || ast.IsExported(recv)) {
					checkComment(t, f, d.Name, d.Doc)
				}
			case *ast.GenDecl:
				checkGroup(t, f, d)
			}
		}
	}
}

// checkGroup wants comments on the exported names of a declaration; constants
// and variables may share the one of their group.
func checkGroup(t *testing.T, f sourceFile, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if !s.Name.IsExported() {
				continue
			}
			doc := s.Doc
			if doc == nil {
				doc = d.Doc
			}
			checkComment(t, f, s.Name, doc)
			if it, ok := s.Type.(*ast.InterfaceType); ok {
				checkMethods(t, f, it)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
					t.Errorf("%s:%d: exported %s has no comment", f.path, f.line(name.Pos()), name.Name)
				}
			}
		}
	}
}

// checkMethods wants a comment on each method of an exported interface; a
// method may share the comment of the line before it.
func checkMethods(t *testing.T, f sourceFile, it *ast.InterfaceType) {
	t.Helper()
	explained := 0 // the last line that a comment explains
	for _, m := range it.Methods.List {
		for _, name := range m.Names {
			if m.Doc != nil || m.Comment != nil || f.line(m.Pos()) == explained+1 {
				explained = f.line(m.End())
			} else if name.IsExported() {
				t.Errorf("%s:%d: method %s of an exported interface has no comment: say whether it blocks, who owns the slices, what happens after Close", f.path, f.line(name.Pos()), name.Name)
			}
		}
	}
}

// checkComment wants doc to start with the name, an article before it allowed.
func checkComment(t *testing.T, f sourceFile, name *ast.Ident, doc *ast.CommentGroup) {
	t.Helper()
	text := doc.Text()
	for _, article := range []string{"A ", "An ", "The "} {
		text = strings.TrimPrefix(text, article)
	}
	rest, ok := strings.CutPrefix(text, name.Name)
	if !ok || rest != "" && (token.IsIdentifier("x"+rest[:1])) {
		t.Errorf("%s:%d: the comment of exported %s does not start with its name", f.path, f.line(name.Pos()), name.Name)
	}
}

// bannedWords are patterns that do not belong into code, comments or
// documents, with what to do instead.
var bannedWords = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`), "finish it, or state it under Not supported"},
	{regexp.MustCompile(`(?i)\b(utili[sz]e[sd]?|lever` + `ages?|leverag` + `ing)\b`), "say use"},
	{regexp.MustCompile(`(?i)\b(obvi` + `ously|sim` + `ply)\b`), "leave it out: what is plain needs no word"},
	{regexp.MustCompile(`(?i)\b(black|white)` + `list`), "say deny or allow list"},
	{regexp.MustCompile(`(?i)in` + `box(es)?\b`), "say mailbox"},
	{regexp.MustCompile(`(^|[^-\w.])/(wo` + `rk|tmp/br` + `ief)/`), "name paths inside the repository only"},
	{regexp.MustCompile(`^\s*// ?[-=*#]{5,}`), "a comment is a sentence; banners separate what a file of its own should"},
}

// TestWords keeps the vocabulary of code and documents small and exact.
func TestWords(t *testing.T) {
	for _, name := range textFiles(t) {
		text, err := os.ReadFile(filepath.Join(repoRoot(), filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, w := range bannedWords {
				if m := w.pattern.FindString(line); m != "" {
					t.Errorf("%s:%d: %q: %s", name, i+1, strings.TrimSpace(m), w.instead)
				}
			}
		}
	}
}

// textFiles lists the Go files and the documents of the house.
func textFiles(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md", ".ci/run"}
	for _, f := range houseFiles(t) {
		names = append(names, f.path)
	}
	docs, err := filepath.Glob(filepath.Join(repoRoot(), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		names = append(names, "docs/"+filepath.Base(doc))
	}
	return names
}
