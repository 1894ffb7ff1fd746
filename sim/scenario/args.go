package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim/internal/nearest"
)

// args are the words of one command while it is being read. The first mistake
// is kept and what is read after it is zero, so that the commands need not ask
// after each word.
type args struct {
	c     *compiler
	line  int
	text  string // the line
	end   int    // where its last word ends
	spec  *spec
	verb  token
	name  token // of NAME = COMMAND
	words []token
	keys  []token
	known []string // keys and bare words that were asked for
	err   *Error
}

// fail notes a mistake at a token.
func (a *args) fail(t token, format string, values ...any) {
	a.failAt(t.column, t.text, format, values...)
}

func (a *args) failAt(column int, word, format string, values ...any) {
	if a.err == nil {
		a.err = &Error{a.c.file.Name, a.line, column, word, fmt.Sprintf(format, values...)}
	}
}

// usage is what the command looks like, for errors.
func (a *args) usage() string { return "write " + a.spec.syntax }

// more reports whether there is another word without a key.
func (a *args) more() bool { return len(a.words) > 0 }

// next takes the next word without a key; what is its name in the syntax.
func (a *args) next(what string) token {
	if len(a.words) == 0 {
		a.failAt(a.end+1, "", "%s is missing: %s", what, a.usage())
		return token{column: a.end + 1}
	}
	t := a.words[0]
	a.words = a.words[1:]
	return t
}

// key takes the value of a key.
func (a *args) key(name string) (token, bool) {
	a.known = append(a.known, name+"=")
	i := slices.IndexFunc(a.keys, func(t token) bool { return t.key == name })
	if i < 0 {
		return token{}, false
	}
	t := a.keys[i]
	a.keys = slices.Delete(slices.Clone(a.keys), i, i+1)
	return t, true
}

// flag takes a bare word that is there or not.
func (a *args) flag(name string) bool {
	a.known = append(a.known, name)
	i := slices.IndexFunc(a.words, func(t token) bool { return t.text == name && !t.quoted })
	if i < 0 {
		return false
	}
	a.words = slices.Delete(slices.Clone(a.words), i, i+1)
	return true
}

// finish refuses what nobody has taken.
func (a *args) finish() {
	for _, t := range a.keys {
		column := t.start
		switch {
		case slices.Contains(a.known, t.key+"="):
			a.failAt(column, t.key, "%s= is given twice: give it once", t.key)
		case len(a.known) == 0:
			a.failAt(column, t.key, "%s takes no %s=: %s", a.spec.name, t.key, a.usage())
		default:
			a.failAt(column, t.key, "%s", unknown("word", t.key+"=", a.known))
		}
	}
	for _, t := range a.words {
		if near := nearest.Word(t.text, a.known); near != "" {
			a.fail(t, "%s", unknown("word", t.text, a.known))
			continue
		}
		a.fail(t, "%q is one word too many: %s", t.text, a.usage())
	}
}

// remainder takes all that is left as it was written, from a column on.
func (a *args) remainder() (text string, column int) {
	first := a.end + 1
	for _, t := range slices.Concat(a.words, a.keys) {
		first = min(first, t.start)
	}
	a.words, a.keys = nil, nil
	if first > a.end {
		return "", a.end + 1
	}
	return a.text[first-1 : a.end], first
}

// number reads a whole number within bounds.
func (a *args) number(t token, what string, least, most int) int {
	return int(a.large(t, what, int64(least), int64(most)))
}

// large is number beyond what an int has on every platform.
func (a *args) large(t token, what string, least, most int64) int64 {
	n, err := strconv.ParseInt(t.text, 10, 64)
	if err != nil || n < least || n > most {
		a.fail(t, "%s is %q: give a whole number from %d to %d", what, t.text, least, most)
		return least
	}
	return n
}

// numberKey reads KEY=NUMBER; otherwise is what it is without.
func (a *args) numberKey(key string, otherwise, least, most int) int {
	if t, ok := a.key(key); ok {
		return a.number(t, key, least, most)
	}
	return otherwise
}

// duration reads a time that is not negative.
func (a *args) duration(t token, what string) time.Duration {
	d, err := time.ParseDuration(t.text)
	if err != nil || d < 0 {
		a.fail(t, "%s is %q: give a time with its unit, such as 1.5s or 20ms", what, t.text)
		return 0
	}
	return d
}

// durationKey reads KEY=TIME; given tells whether it was there.
func (a *args) durationKey(key string) (d time.Duration, given bool) {
	t, ok := a.key(key)
	if !ok {
		return 0, false
	}
	return a.duration(t, key), true
}

// choice reads one of some words.
func (a *args) choice(t token, what string, words ...string) string {
	if !slices.Contains(words, t.text) {
		a.fail(t, "%s", unknown(what, t.text, words))
	}
	return t.text
}

// bytes reads a size: a number, or one with k or M behind it, for 1024 and
// 1024 times 1024.
func (a *args) bytes(t token, what string, most int) int {
	digits, unit := strings.TrimRight(t.text, "kM"), 1
	switch t.text[len(digits):] {
	case "k":
		unit = 1 << 10
	case "M":
		unit = 1 << 20
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > most/unit || len(t.text)-len(digits) > 1 {
		a.fail(t, "%s is %q: give a number of bytes up to %d, such as 1460, 64k or 1M", what, t.text, most)
		return 0
	}
	return n * unit
}

// symbol reads the name of something of a kind that a command before has made.
func (a *args) symbol(t token, kinds ...kind) *symbol {
	s := a.c.symbols[t.text]
	if s != nil && slices.Contains(kinds, s.kind) {
		return s
	}
	what := kindsOf(kinds)
	if s != nil {
		a.fail(t, "%q is %s, where %s is wanted: %s", t.text, s.kind.article(), what, a.usage())
	} else if t.text != "" || a.err == nil {
		a.fail(t, "%s", unknown(kinds[0].plain(), t.text, a.c.names(kinds)))
	}
	return &symbol{}
}

// nextSymbol is the symbol that the next word names.
func (a *args) nextSymbol(what string, kinds ...kind) *symbol {
	return a.symbol(a.next(what), kinds...)
}
