package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// WantLen fails the test unless the list has n packets; it shows them.
func (p Packets) WantLen(tb testing.TB, n int) {
	tb.Helper()
	if len(p.list) != n {
		tb.Errorf("%d packets, want %d:\n%s", len(p.list), n, p)
	}
}

// WantTimes fails the test unless the packets were sent at exactly these
// instants, given as "0 240ms 1m42.44s" and counted as in Times: from the first
// packet, or from the instant given to Since. It shows want and got side by
// side with the packets.
func (p Packets) WantTimes(tb testing.TB, want string) {
	tb.Helper()
	times, err := parseTimes(want)
	if err != nil {
		tb.Errorf("WantTimes: %v", err)
		return
	}
	if diff := p.compare("sent at", times, p.Times()); diff != "" {
		tb.Error(diff)
	}
}

// WantGaps fails the test unless the times between the packets are exactly
// these, given as "1s 2s 4s": one less than there are packets.
func (p Packets) WantGaps(tb testing.TB, want string) {
	tb.Helper()
	gaps, err := parseTimes(want)
	if err != nil {
		tb.Errorf("WantGaps: %v", err)
		return
	}
	if len(p.list) == 0 {
		tb.Errorf("no packets, want %d with the gaps %s between them", len(gaps)+1, want)
		return
	}
	// The first packet has no gap: a zero on both sides keeps the places.
	zero := []time.Duration{0}
	if diff := p.compare("sent after the one before", append(zero, gaps...), append(zero, p.Gaps()...)); diff != "" {
		tb.Error(diff)
	}
}

// parseTimes reads durations separated by spaces.
func parseTimes(text string) ([]time.Duration, error) {
	var times []time.Duration
	for i, word := range strings.Fields(text) {
		d, err := time.ParseDuration(word)
		if err != nil {
			return nil, fmt.Errorf("word %d of %q is %q: write durations such as 0, 240ms or 1m42.44s, separated by spaces", i+1, text, word)
		}
		times = append(times, d)
	}
	return times, nil
}

// compare is a table of wanted and seen times beside the packets, "" where they
// are equal.
func (p Packets) compare(what string, want, got []time.Duration) string {
	var b strings.Builder
	differ := 0
	for i := range max(len(want), len(got)) {
		w, g, line, mark := "-", "-", "", " "
		if i < len(want) {
			w = want[i].String()
		}
		if i < len(got) {
			g, line = got[i].String(), p.list[i].String()
		}
		if w != g {
			differ++
			mark = "*"
		}
		fmt.Fprintf(&b, "\n%s %3d  %-14s %-14s %s", mark, i, w, g, line)
	}
	if differ == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d packets are not as wanted (*)\n       %-14s %-14s", differ, max(len(want), len(got)), "want", what) + b.String()
}
