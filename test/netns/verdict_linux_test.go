package netns_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/test/netns"
)

// TestVerdict executes this binary to see what a parent says about children
// that end in each possible way.
func TestVerdict(t *testing.T) {
	// At the start of a line it is the parent that speaks.
	tests := []struct {
		way    string
		passes bool
		shows  string
	}{
		{"pass", true, "\n--- PASS: TestVerdictBody"},
		{"fail", false, "\n--- FAIL: TestVerdictBody"},
		{"fail", false, "the body is of this opinion"},
		{"skip", true, "\n--- SKIP: TestVerdictBody"},
		{"panic", false, "\n--- FAIL: TestVerdictBody"},
		{"exit", false, "\n--- FAIL: TestVerdictBody"},
	}
	for _, tt := range tests {
		t.Run(tt.way, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestVerdictBody$", "-test.v=true")
			cmd.Env = append(os.Environ(), "WARREN_NETNS_TEST_WAY="+tt.way)
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "to make a network namespace") {
				t.Skip("needs root or user namespaces")
			}
			if (err == nil) != tt.passes {
				t.Errorf("the process ended with %v", err)
			}
			if !strings.Contains(string(out), tt.shows) {
				t.Errorf("the output lacks %q", tt.shows)
			}
			if t.Failed() {
				t.Logf("output:\n%s", out)
			}
		})
	}
}

// TestVerdictBody does what TestVerdict asks it to.
func TestVerdictBody(t *testing.T) {
	way := os.Getenv("WARREN_NETNS_TEST_WAY")
	if way == "" {
		t.Skip("is a part of TestVerdict")
	}
	netns.Run(t, func(t *testing.T) {
		switch way {
		case "fail":
			t.Error("the body is of this opinion")
		case "skip":
			t.Skip("the body wants it so")
		case "panic":
			panic("the body is lost")
		case "exit":
			os.Exit(0) // without a verdict
		}
	})
}
