package test

import (
	"flag"
	"go/ast"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim/fault"
)

const simulationDocument = "../docs/simulation.md"

func simulationText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(simulationDocument)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSimulationDocumentCompiles wants each Go block of docs/simulation.md to
// stand in a Go file below test, where it is compiled and runs.
func TestSimulationDocumentCompiles(t *testing.T) {
	var sources []string
	for _, f := range houseFiles(t) {
		if !below(f.path, "test") {
			continue
		}
		text := string(f.text)
		for range 6 { // blocks are parts of functions, and so indented there
			sources = append(sources, text)
			text = dedent(text)
		}
	}
	blocks := fencedBlocks(simulationText(t), "go")
	if len(blocks) < 10 {
		t.Errorf("docs/simulation.md has %d Go blocks, which cannot be all", len(blocks))
	}
	for _, block := range blocks {
		if !slices.ContainsFunc(sources, func(s string) bool { return strings.Contains(s, block+"\n") }) {
			t.Errorf("docs/simulation.md: these lines stand in no Go file below test, so nothing compiles them:\n%s", block)
		}
	}
}

// TestSimulationDocumentListsFaults wants the table of faults to have each
// kind of package fault, with a line that is read as that.
func TestSimulationDocumentListsFaults(t *testing.T) {
	rows := map[string]string{} // the line by the kind
	for _, line := range strings.Split(simulationText(t), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if kind, example := spans(cells[0]), spans(cells[len(cells)-1]); len(cells) == 3 && len(kind) == 1 {
			rows[kind[0]] = strings.Join(example, "")
		}
	}
	for name := range declaredNames(t, "../sim/fault") {
		kind, isJudge := strings.CutSuffix(name, ".Judge")
		if !isJudge || !ast.IsExported(kind) || slices.Contains([]string{"Fault", "Set"}, kind) {
			continue
		}
		line, ok := rows[kind]
		if !ok {
			t.Errorf("docs/simulation.md: the table of faults has no row for %s", kind)
		}
		if kind == "Func" {
			continue // is code and has no line
		}
		f, err := fault.Parse(line)
		if err != nil {
			t.Errorf("docs/simulation.md: the line of %s: %v", kind, err)
		} else if got := reflect.TypeOf(f).Name(); got != kind {
			t.Errorf("docs/simulation.md: the line of %s is read as %s", kind, got)
		}
	}
}

// TestSimulationDocumentListsFlags wants the flags of the document to be those
// that there are.
func TestSimulationDocumentListsFlags(t *testing.T) {
	text := simulationText(t)
	flag.VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "sim.") && !strings.Contains(text, "`-"+f.Name) {
			t.Errorf("docs/simulation.md has no flag -%s: %s", f.Name, f.Usage)
		}
	})
	for _, span := range spans(text) {
		name, isFlag := strings.CutPrefix(span, "-sim.")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && flag.Lookup("sim."+name) == nil {
			t.Errorf("docs/simulation.md has the flag -sim.%s, which there is not", name)
		}
	}
}
