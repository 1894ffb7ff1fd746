package test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim/scenario"
)

const (
	scenarioDocument = "../docs/scenarios.md"
	commandsMark     = "<!-- commands -->"
)

// TestScenarioDocument checks docs/scenarios.md: its last part is the table of
// commands that the code has.
func TestScenarioDocument(t *testing.T) {
	text, err := os.ReadFile(scenarioDocument)
	if err != nil {
		t.Fatal(err)
	}
	head, _, found := strings.Cut(string(text), commandsMark)
	if !found {
		t.Fatalf("docs/scenarios.md has no line %q", commandsMark)
	}
	want := head + commandsMark + "\n" + commandTable()
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("docs/scenarios.md: the table of commands is not that of sim/scenario: run go test ./test -run TestScenarioDocument -update")
	}
	if err := os.WriteFile(scenarioDocument, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// commandTable writes scenario.Commands, a table for each group.
func commandTable() string {
	var b strings.Builder
	group := ""
	for _, c := range scenario.Commands() {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "\n### %s\n\n| command | does |\n|---|---|\n", group)
		}
		mark := ""
		if c.Header {
			mark = " *first*"
		}
		if c.Background {
			mark += " `&`"
		}
		fmt.Fprintf(&b, "| `%s`%s | %s |\n", strings.ReplaceAll(c.Syntax, "|", "\\|"), mark, c.Doc)
	}
	return b.String()
}

// TestScenarioDocumentExamples runs the blocks of docs/scenarios.md that show
// what is observed.
func TestScenarioDocumentExamples(t *testing.T) {
	text, err := os.ReadFile(scenarioDocument)
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for i, block := range strings.Split(string(text), "```\n") {
		if i%2 == 0 || !strings.Contains(block, "\n----\n") {
			continue
		}
		examples++
		file, err := scenario.Parse("example", []byte(block))
		if err != nil {
			t.Errorf("%v in\n%s", err, block)
			continue
		}
		result, err := file.Run(scenario.Options{})
		if err != nil {
			t.Error(err)
		}
		for i := range result.Differences {
			t.Error(&result.Differences[i])
		}
	}
	if examples < 2 {
		t.Errorf("docs/scenarios.md has %d examples that can be run", examples)
	}
}
