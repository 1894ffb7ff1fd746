package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

// token is one word of a line.
type token struct {
	text   string // without quotes
	column int    // from 1
	quoted bool
	key    string // of KEY=VALUE, whose VALUE is text; its column is that of the value
	start  int    // where the whole word begins, from 1
}

// raw is the token as it was written, roughly.
func (t token) raw() string {
	text := t.text
	if t.quoted {
		text = strconv.Quote(text)
	}
	if t.key != "" {
		return t.key + "=" + text
	}
	return text
}

// split cuts the token at each separator.
func (t token) split(separator string) []token {
	var parts []token
	column := t.column
	for _, text := range strings.Split(t.text, separator) {
		parts = append(parts, token{text: text, column: column})
		column += len(text) + len(separator)
	}
	return parts
}

// scan cuts a line into tokens. A # at the start of a word begins a comment;
// end is where the last token before it ends, in bytes.
func scan(file string, number int, line string) (tokens []token, end int, err error) {
	i := 0
	for {
		for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
			i++
		}
		if i == len(line) || line[i] == '#' {
			return tokens, end, nil
		}
		t := token{start: i + 1}
		if n := keyLength(line[i:]); n > 0 {
			t.key = line[i : i+n]
			i += n + 1
		}
		t.column = i + 1
		if i < len(line) && line[i] == '"' {
			literal, quoteErr := strconv.QuotedPrefix(line[i:])
			if quoteErr == nil {
				t.text, quoteErr = strconv.Unquote(literal)
			}
			if quoteErr != nil {
				return nil, 0, &Error{file, number, i + 1, line[i:], "the text in quotes is not closed: end it with quotes, and escape as in a Go string"}
			}
			t.quoted = true
			i += len(literal)
			if i < len(line) && line[i] != ' ' && line[i] != '\t' {
				return nil, 0, &Error{file, number, i + 1, line[i:], fmt.Sprintf("%q stands right behind the quotes: put a space between", firstWord(line[i:]))}
			}
		} else {
			word := firstWord(line[i:])
			t.text = word
			i += len(word)
		}
		end = i
		tokens = append(tokens, t)
	}
}

// firstWord is what stands before the first blank.
func firstWord(text string) string {
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i]
	}
	return text
}

// keyLength is the length of the key if text begins with KEY=, else 0.
func keyLength(text string) int {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		case c == '=':
			return i
		default:
			return 0
		}
	}
	return 0
}

// isName reports whether text can be the name of a host, a socket or the like.
func isName(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-')) {
			return false
		}
	}
	return text != "" && len(text) <= 63
}
