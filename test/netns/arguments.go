package netns

import (
	"flag"
	"regexp"
	"strings"
	"testing"
	"time"
)

// parentOnly lists the flags of package testing that the child must not be
// given: they name files that both processes would write, select work other
// than this test, or are replaced in childArguments.
var parentOnly = map[string]bool{
	"test.bench": true, "test.benchmem": true, "test.benchtime": true,
	"test.blockprofile": true, "test.count": true, "test.coverprofile": true,
	"test.cpu": true, "test.cpuprofile": true, "test.fuzz": true,
	"test.fuzzcachedir": true, "test.fuzzminimizetime": true,
	"test.fuzztime": true, "test.fuzzworker": true, "test.list": true,
	"test.memprofile": true, "test.mutexprofile": true,
	"test.outputdir": true, "test.run": true, "test.shuffle": true,
	"test.testlogfile": true, "test.timeout": true, "test.trace": true,
	"test.v": true,
}

// deadlineMargin is how long before the parent's own deadline the child's
// runs out, so that the child's goroutine dump is still relayed.
const deadlineMargin = 3 * time.Second

// childArguments returns the command line that makes the child run the test
// t, and of its subtests those which the parent was asked for.
func childArguments(t *testing.T) []string {
	run := ""
	if f := flag.Lookup("test.run"); f != nil {
		run = f.Value.String()
	}
	args := []string{
		"-test.run=" + childPattern(run, t.Name()),
		"-test.count=1",
		"-test.v=true",
	}
	if deadline, ok := t.Deadline(); ok {
		left := max(time.Until(deadline)-deadlineMargin, time.Second)
		args = append(args, "-test.timeout="+left.String())
	} else {
		args = append(args, "-test.timeout=0")
	}
	flag.Visit(func(f *flag.Flag) {
		if !parentOnly[f.Name] {
			args = append(args, "-"+f.Name+"="+f.Value.String())
		}
	})
	return append(append(args, "--"), flag.Args()...)
}

// childPattern returns the -test.run pattern that selects the test with this
// name exactly, keeping what the parent's pattern asks of its subtests.
func childPattern(parent, name string) string {
	names := strings.Split(name, "/")
	exact := make([]string, len(names))
	for i, n := range names {
		exact[i] = "^" + regexp.QuoteMeta(n) + "$"
	}
	var patterns []string
	for _, alternative := range splitOutside(parent, '|') {
		elements := splitOutside(alternative, '/')
		if !matchesAll(elements, names) {
			continue
		}
		if len(elements) <= len(names) {
			return strings.Join(exact, "/") // the test with all its subtests
		}
		kept := append(append([]string{}, exact...), elements[len(names):]...)
		patterns = append(patterns, strings.Join(kept, "/"))
	}
	if len(patterns) == 0 {
		return strings.Join(exact, "/")
	}
	return strings.Join(patterns, "|")
}

// matchesAll reports whether each name matches the element at its level;
// levels that only one of the two has do not count.
func matchesAll(elements, names []string) bool {
	for i := range min(len(elements), len(names)) {
		if ok, err := regexp.MatchString(elements[i], names[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// splitOutside splits a pattern as package testing does: at separators that
// stand outside brackets and parentheses and are not escaped.
func splitOutside(s string, separator byte) []string {
	var parts []string
	start, brackets, parentheses := 0, 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			brackets++
		case ']':
			brackets = max(brackets-1, 0)
		case '(':
			if brackets == 0 {
				parentheses++
			}
		case ')':
			if brackets == 0 {
				parentheses--
			}
		case separator:
			if brackets == 0 && parentheses == 0 {
				parts = append(parts, s[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, s[start:])
}
