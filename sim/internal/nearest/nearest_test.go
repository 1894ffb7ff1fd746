package nearest

import (
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	known := []string{"a", "cli", "client", "srv", "db1", "db2"}
	for word, want := range map[string]string{
		"srvr": "srv", "slv": "srv", "rsv": "srv", "clint": "client", "cli2": "cli",
		"db3": "db1", // the first of two
		"db2": "db2", // itself
		"web": "", "": "", "d": "", "x": "", strings.Repeat("cli", 30): "",
	} {
		if got := Word(word, known); got != want {
			t.Errorf("%q stands for %q, want %q", word, got, want)
		}
	}
	if got := Word("x", nil); got != "" {
		t.Errorf("of no words %q is the nearest", got)
	}
}

func TestDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"", ""}: 0, {"", "abc"}: 3, {"abc", ""}: 3, {"abc", "abc"}: 0,
		{"abc", "abd"}: 1, {"abc", "acb"}: 1, {"abc", "xabc"}: 1, {"abc", "ab"}: 1,
		{"kitten", "sitting"}: 3, {"ca", "abc"}: 3,
	} {
		if got := Distance(pair[0], pair[1]); got != want {
			t.Errorf("%q: %d, want %d", pair, got, want)
		}
		if got := Distance(pair[1], pair[0]); got != want {
			t.Errorf("%q backwards: %d, want %d", pair, got, want)
		}
	}
}
