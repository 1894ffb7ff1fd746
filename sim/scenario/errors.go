package scenario

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-731cb71d/warren/sim/internal/nearest"
)

// Error is a mistake in a scenario file.
type Error struct {
	File    string // its name, as given to Parse
	Line    int    // from 1
	Column  int    // in bytes, from 1
	Word    string // what stands there; "" where something is missing
	Problem string // what is wrong, and what to write
}

// Error is FILE:LINE:COLUMN and the problem.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// Errors are all mistakes of a file, in their order.
type Errors []*Error

// Error is one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find each *Error.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// errorsMax bounds how many mistakes of a file are told.
const errorsMax = 10

// add appends the mistakes in err.
func (e *Errors) add(err error) {
	var many Errors
	var one *Error
	switch {
	case errors.As(err, &many):
		*e = append(*e, many...)
	case errors.As(err, &one):
		*e = append(*e, one)
	}
	*e = (*e)[:min(len(*e), errorsMax)]
}

// orNil is e as an error; nil if it is empty.
func (e Errors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// unknown says that a word is none of those known, and which is meant.
func unknown(what, word string, known []string) string {
	text := fmt.Sprintf("unknown %s %q", what, word)
	if near := nearest.Word(word, known); near != "" {
		return text + fmt.Sprintf(": did you mean %q?", near)
	}
	switch {
	case len(known) == 0:
		return text + fmt.Sprintf(": there is no %s yet", what)
	case len(known) > 20:
		return text + ": docs/scenarios.md lists them"
	}
	return text + ": give one of " + strings.Join(known, ", ")
}
