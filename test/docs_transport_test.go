package test

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

	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/transport"
)

const transportDocument = "../docs/transport.md"

// TestTransportDocument checks docs/transport.md against the code: the names
// and scenarios that its rows give exist, and its last table is the table of
// deviations.
func TestTransportDocument(t *testing.T) {
	text, err := os.ReadFile(transportDocument)
	if err != nil {
		t.Fatal(err)
	}
	head, _, found := strings.Cut(string(text), deviationsMark)
	if !found {
		t.Fatalf("docs/transport.md has no line %q", deviationsMark)
	}
	file, err := vectors.Load("testdata/gen_tcp-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	rows := documentRows(head)
	checkNames(t, rows)
	checkScenarios(t, rows, file)

	want := head + deviationsMark + "\n\n" + deviationsTable(file)
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("docs/transport.md: the table of deviations is not that of test/vectors/deviations.go: run go test ./test -run TestTransportDocument -update")
	}
	if err := os.WriteFile(transportDocument, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// documentRow is one sentence of the behaviour.
type documentRow struct {
	line                              int
	sentence, names, scenarios, notes string
}

// documentRows are the rows of the tables with four columns.
func documentRows(text string) (rows []documentRow) {
	for i, line := range strings.Split(text, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) != 4 || strings.HasPrefix(line, "|---") || strings.Contains(line, "| in Go |") {
			continue
		}
		rows = append(rows, documentRow{i + 1, cells[0], cells[1], cells[2], cells[3]})
	}
	return rows
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// spans are the code spans of a cell.
func spans(cell string) (words []string) {
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		words = append(words, m[1])
	}
	return words
}

func checkNames(t *testing.T, rows []documentRow) {
	const sentences = 51
	if len(rows) != sentences {
		t.Errorf("docs/transport.md has %d rows, the behaviour %d sentences", len(rows), sentences)
	}
	names := declaredNames(t, "../transport")
	for _, row := range rows {
		if len(spans(row.names)) == 0 {
			t.Errorf("docs/transport.md:%d: names nothing in Go: %s", row.line, row.sentence)
		}
		for _, name := range spans(row.names) {
			if !names[name] || !ast.IsExported(name) {
				t.Errorf("docs/transport.md:%d: package transport exports no %s", row.line, name)
			}
		}
	}
}

func checkScenarios(t *testing.T, rows []documentRow, file *vectors.File) {
	ids := make(map[string]bool)
	for _, s := range file.Scenarios {
		ids[s.ID] = true
	}
	for _, row := range rows {
		for _, id := range spans(row.scenarios) {
			if !ids[id] {
				t.Errorf("docs/transport.md:%d: no scenario %s", row.line, id)
			}
		}
		if len(spans(row.scenarios)) == 0 && !strings.Contains(row.notes, "Test") {
			t.Errorf("docs/transport.md:%d: shown by nothing: %s", row.line, row.sentence)
		}
	}
}

const deviationsMark = "<!-- deviations -->"

// deviationsTable writes vectors.Deviations, rows of one reason together.
func deviationsTable(file *vectors.File) string {
	levels := make(map[string]vectors.Level)
	for _, s := range file.Scenarios {
		levels[s.ID] = s.Level
	}
	type group struct{ level, networks, reason string }
	var order []group
	scenarios := make(map[group][]string)
	for _, d := range vectors.Deviations {
		g := group{string(levels[d.ID]), "all", d.Reason}
		if d.Arms != nil {
			g.networks = strings.Join(d.Arms, ", ")
		}
		if scenarios[g] == nil {
			order = append(order, g)
		}
		scenarios[g] = append(scenarios[g], "`"+d.ID+"`")
	}
	var b strings.Builder
	b.WriteString("| scenarios | level | networks | why |\n|---|---|---|---|\n")
	for _, g := range order {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(scenarios[g], ", "), g.level, g.networks, g.reason)
	}
	return b.String()
}

// declaredNames are the names that the package in dir declares, members of
// types as Type.Member.
func declaredNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			addNames(names, decl)
		}
	}
	return names
}

func addNames(names map[string]bool, decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		prefix := ""
		if decl.Recv != nil {
			prefix = receiver(decl.Recv.List[0].Type) + "."
		}
		names[prefix+decl.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names[name.Name] = true
				}
			case *ast.TypeSpec:
				names[spec.Name.Name] = true
				addMembers(names, spec)
			}
		}
	}
}

func addMembers(names map[string]bool, spec *ast.TypeSpec) {
	var members *ast.FieldList
	switch typ := spec.Type.(type) {
	case *ast.StructType:
		members = typ.Fields
	case *ast.InterfaceType:
		members = typ.Methods
	default:
		return
	}
	for _, member := range members.List {
		for _, name := range member.Names {
			names[spec.Name.Name+"."+name.Name] = true
		}
	}
}

func receiver(typ ast.Expr) string {
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if name, ok := typ.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// TestTransportNames shows what the callback name answers.
func TestTransportNames(t *testing.T) {
	for _, arm := range arms() {
		t.Run(arm.Name(), func(t *testing.T) {
			arm.in(t, func(t *testing.T) {
				arm.each(t, func(t *testing.T, arm vectors.Arm) {
					world, err := arm.Open(vectors.Needs{})
					if err != nil {
						t.Fatal(err)
					}
					defer func() {
						if err := world.Close(); err != nil {
							t.Error(err)
						}
					}()
					var callbacks transport.Transport = world.Node().NewOwner("main").TCP()
					if name := callbacks.Name(); name != arm.Name() {
						t.Errorf("Name answers %q on the network %q", name, arm.Name())
					}
				})
			})
		})
	}
}
