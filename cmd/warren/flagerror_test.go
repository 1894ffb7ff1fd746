package main

import (
	"strings"
	"testing"
)

// No flag of any command answers in the words of package strconv.
func TestFlagErrorsSayWhatIsWanted(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"bench --reps many", `"many" for "--reps" flag: give a whole number`},
		{"bench --reps=", `"" for "--reps" flag: give a whole number`},
		{"bench --reps 2.5", `"2.5" for "--reps" flag: give a whole number`},
		{"bench --reps 99999999999999999999", `for "--reps" flag: is out of range: give a smaller number`},
		{"bench memory --load-max 30%", `"30%" for "--load-max" flag: give a number, such as 0.3`},
		{"bench memory --load-max 1e400", `"1e400" for "--load-max" flag: is out of range`},
		{"bench memory --quick=maybe", `"maybe" for "--quick" flag: give true or false`},
		{"bench tun --pinned=x", `"x" for "--pinned" flag: give true or false`},
		{"bench compare --all=x a b", `"x" for "--all" flag: give true or false`},
		{"ping -c many 127.0.0.1", "give a whole number"},
	} {
		code, stdout, stderr := invoke(t, strings.Fields(test.args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) || strings.Contains(stderr, "strconv") {
			t.Errorf("warren %s: exit code %d, stdout %q, stderr %q; want 2 and %q", test.args, code, stdout, stderr, test.want)
		}
	}
}
