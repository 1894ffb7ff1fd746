// Package gotest reads what tests print, and selects one of them.
package gotest

import (
	"regexp"
	"slices"
	"strings"
)

// Pattern is the -run of one test, or of one subtest by all its names, and no
// other.
func Pattern(test string) string {
	names := strings.Split(test, "/")
	for i, name := range names {
		names[i] = "^" + regexp.QuoteMeta(name) + "$"
	}
	return strings.Join(names, "/")
}

var (
	// location is a line of a test's log: its file and number, and what it says.
	location = regexp.MustCompile(`^\s+([\w.-]+\.go:\d+): (.+)$`)
	// varying is what differs in messages of equal cause.
	varying = regexp.MustCompile(`0x[0-9a-f]+|\d+`)
	trace   = regexp.MustCompile(`sim: seed \d+: .*\btrace ([0-9a-f]{64})\b`)
)

// Complaints lists the places that a test has logged from, and its panic, in
// order and each once. Errors cannot be told from other logs. Of what package
// sim says of itself only the errors are there, with what they say.
func Complaints(output string) []string {
	var list []string
	for line := range strings.SplitSeq(output, "\n") {
		said := ""
		if m := location.FindStringSubmatch(line); m != nil {
			said = complaint(m[1], m[2])
		} else if rest, ok := strings.CutPrefix(line, "panic: "); ok {
			said = "panic: " + varying.ReplaceAllString(rest, "#")
		}
		if said != "" && !slices.Contains(list, said) {
			list = append(list, said)
		}
	}
	return list
}

// complaint is the place, and of package sim's own errors, which all have the
// place of sim.Test, what they say up to the first colon.
func complaint(place, text string) string {
	ours, ok := strings.CutPrefix(text, "sim: ")
	if !ok {
		return place
	}
	if strings.HasPrefix(ours, "seed ") || strings.HasPrefix(ours, "wrote ") {
		return ""
	}
	ours, _, _ = strings.Cut(ours, ":")
	return place + ": sim: " + varying.ReplaceAllString(ours, "#")
}

// Trace is the hash of the first trace that a test has printed, "" if there is
// none.
func Trace(output string) string {
	if m := trace.FindStringSubmatch(output); m != nil {
		return m[1]
	}
	return ""
}
