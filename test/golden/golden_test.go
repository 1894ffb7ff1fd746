package golden

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// noted is a testing.TB that keeps what it is told.
type noted struct {
	testing.TB
	errors, logs []string
}

func (n *noted) Helper()      {}
func (n *noted) Name() string { return "TestX" }
func (n *noted) Errorf(format string, args ...any) {
	n.errors = append(n.errors, format)
}
func (n *noted) Logf(format string, args ...any) { n.logs = append(n.logs, format) }
func (n *noted) Fatal(args ...any)               { n.errors = append(n.errors, "fatal") }

func TestHashesAreWrittenAndCompared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "hashes.txt")
	was := *Update
	defer func() { *Update = was }()
	*Update = true
	first := Open(path)
	first.Check(t, "one world", "aa")
	first.Check(t, "another", "bb")

	*Update = false
	for _, c := range []struct{ name, hash, says string }{
		{"one world", "aa", ""},
		{"one world", "ab", "the trace of"},
		{"a third", "aa", "has no hash"},
	} {
		n := &noted{}
		Open(path).Check(n, c.name, c.hash)
		if got := strings.Join(n.errors, " "); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s %s: %q, want %q", c.name, c.hash, got, c.says)
		}
	}
	if names, err := Open(path).Names(); err != nil || strings.Join(names, ",") != "another,one world" {
		t.Errorf("names %v, %v", names, err)
	}
}

func TestOtherVersionsAreNotCompared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hashes.txt")
	if err := os.WriteFile(path, []byte(madeWith+"go0.1 pdp11\naa one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &noted{}
	Open(path).Check(n, "one", "bb")
	if len(n.errors) != 0 || len(n.logs) != 1 {
		t.Errorf("errors %q, logs %q; want only a note", n.errors, n.logs)
	}
}
