package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim"
)

// TestQueriesDocumentListsTheCounters wants the table in docs/queries.md to be
// what the counters say of themselves.
func TestQueriesDocumentListsTheCounters(t *testing.T) {
	const head = "| counter | counts |\n|---|---|\n"
	file := filepath.Join("..", "docs", "queries.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), head)
	if !ok {
		t.Fatalf("%s has no table that begins with %q", file, head)
	}
	_, after, _ := strings.Cut("\n"+rest, "\n\n")
	var rows strings.Builder
	for _, c := range sim.Counters() {
		rows.WriteString("| `" + c.String() + "` | ")
		if c.Now() {
			rows.WriteString("now: ")
		}
		rows.WriteString(c.Doc() + " |\n")
	}
	want := before + head + rows.String() + "\n" + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Errorf("%s does not list the counters as they are: run go test ./test -run TestQueriesDocument -update", file)
		return
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
