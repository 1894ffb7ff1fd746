package vectors

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// Args are the arguments of a step, as decoded from JSON with its numbers
// kept as json.Number.
type Args map[string]any

// malformed stands for a number that the format gives as a symbol. Go's types
// allow no such argument; a negative number that means nothing is the
// nearest malformed value.
const malformed = -12345

// text returns the string argument name, or "" where it is absent.
func (a Args) text(name string) string {
	s, _ := a[name].(string)
	return s
}

// integer returns the number name, or fallback where it is absent. A value
// that is no number becomes malformed.
func (a Args) integer(name string, fallback int) int {
	v, ok := a[name]
	if !ok {
		return fallback
	}
	n, ok := integer(v)
	if !ok {
		return malformed
	}
	return int(n)
}

// timeout returns the timeout name in milliseconds, infinity where absent.
func (a Args) timeout(name string) time.Duration {
	v, ok := a[name]
	if !ok || v == "infinity" {
		return transport.Infinity
	}
	n, ok := integer(v)
	if !ok {
		return malformed
	}
	return time.Duration(n) * time.Millisecond
}

// limit returns the duration name in milliseconds, fallback where absent.
func (a Args) limit(name string, fallback time.Duration) time.Duration {
	return time.Duration(a.integer(name, int(fallback/time.Millisecond))) * time.Millisecond
}

// list returns the list name; absent is an empty list.
func (a Args) list(name string) ([]any, error) {
	v, ok := a[name]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("argument %q is no list: %v", name, v)
	}
	return list, nil
}

// integer converts a decoded JSON number.
func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// form returns the value of an object with the single key key.
func form(v any, key string) (any, bool) {
	object, ok := v.(map[string]any)
	if !ok || len(object) != 1 {
		return nil, false
	}
	inner, ok := object[key]
	return inner, ok
}
