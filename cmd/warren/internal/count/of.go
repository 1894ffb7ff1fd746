package count

import "strconv"

// Of is n with the word, which gets an s unless n is 1.
func Of[N int | int64](n N, word string) string {
	if n != 1 {
		word += "s"
	}
	return strconv.FormatInt(int64(n), 10) + " " + word
}
