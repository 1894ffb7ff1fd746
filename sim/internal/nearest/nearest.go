// Package nearest finds the word that a typo stands for, so that an error can
// ask "did you mean":
//
//	nearest.Word("srvr", []string{"cli", "srv"}) // "srv"
//
// # Goroutines and locks
//
// It has none: functions of their arguments.
//
// # Not supported
//
// Words of more than 64 bytes, which are near to nothing.
package nearest

// Word is the first of the known words that is nearest to word, or "" if none
// is near: all letters, or more than one and than a third of them, are wrong.
func Word(word string, known []string) string {
	best, most := "", max(1, len(word)/3)
	for _, k := range known {
		if d := Distance(word, k); d <= most && d < len(k) {
			best, most = k, d-1
		}
	}
	return best
}

// wordMax bounds the work.
const wordMax = 64

// Distance counts the bytes that have to be put in, left out, replaced, or
// swapped with their neighbour, to make b of a. It is 65 where a word is too
// long.
func Distance(a, b string) int {
	if len(a) > wordMax || len(b) > wordMax {
		return wordMax + 1
	}
	// Three rows of the usual table: cost[j] is for a[:i] and b[:j].
	var last, before, cost [wordMax + 1]int
	for j := range cost {
		before[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cost[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			cost[j] = min(before[j]+1, cost[j-1]+1, before[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cost[j] = min(cost[j], last[j-2]+1)
			}
		}
		last, before = before, cost
	}
	return before[len(b)]
}
