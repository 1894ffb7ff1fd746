package fault

import (
	"fmt"
	"strconv"
	"strings"
)

// kinds makes an empty fault of each kind, in the order of the package's
// documentation.
var kinds = []func() plain{
	func() plain { return new(Drop) },
	func() plain { return new(Loss) },
	func() plain { return new(Burst) },
	func() plain { return new(Duplicate) },
	func() plain { return new(Reorder) },
	func() plain { return new(Corrupt) },
	func() plain { return new(Delay) },
	func() plain { return new(Partition) },
	func() plain { return new(Flap) },
	func() plain { return new(Clog) },
	func() plain { return new(Exact) },
	func() plain { return new(Crash) },
	func() plain { return new(Pause) },
	func() plain { return new(Skew) },
	func() plain { return new(DNS) },
}

// ofKind returns an empty fault of a kind.
func ofKind(kind string) (plain, error) {
	var names []string
	for _, empty := range kinds {
		f := empty()
		if f.kind() == kind {
			return f, nil
		}
		names = append(names, f.kind())
	}
	if kind == "func" {
		return nil, fmt.Errorf("fault: func: a closure cannot be read back: give one of %s", strings.Join(names, " "))
	}
	return nil, fmt.Errorf("fault: no fault is called %q: give one of %s", kind, strings.Join(names, " "))
}

// line is a fault as one line: its kind and its fields, as KEY=VALUE or KEY.
func line(f plain) string {
	var b strings.Builder
	b.WriteString(f.kind())
	for _, p := range written(f) {
		b.WriteByte(' ')
		b.WriteString(p.key)
		if p.bare {
			continue
		}
		b.WriteByte('=')
		if strings.ContainsFunc(p.text, quoted) {
			b.WriteString(strconv.Quote(p.text))
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// quoted tells the characters that a line holds in quotes only.
func quoted(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_.,:/+%*-", r))
}

// Parse reads the line that a fault prints: its kind, then KEY=VALUE for
// fields that are not zero and KEY for those that are true, separated by
// spaces. A value with other characters than letters, digits and _.,:/+%*- is
// quoted as in Go. The fault has been validated. An error names the field,
// its value and what to write.
func Parse(line string) (Fault, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	f, err := ofKind(kind)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for rest = strings.TrimLeft(rest, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		var key, text string
		var bare bool
		if key, text, bare, rest, err = token(rest); err != nil {
			return nil, fmt.Errorf("fault: %s: %w", kind, err)
		}
		if seen[key] {
			return nil, fmt.Errorf("fault: %s: %s is given twice: give it once", kind, key)
		}
		seen[key] = true
		if err := set(f, key, text, bare); err != nil {
			return nil, err
		}
	}
	if err := validate(f); err != nil {
		return nil, err
	}
	return f.value(), nil
}

// token takes one field off a line. A bare key stands for the value true.
func token(line string) (key, text string, bare bool, rest string, err error) {
	end := strings.IndexAny(line, " =")
	if end < 0 {
		return line, "true", true, "", nil
	}
	key, rest = line[:end], line[end:]
	if rest[0] == ' ' {
		return key, "true", true, rest, nil
	}
	rest = rest[1:]
	if !strings.HasPrefix(rest, `"`) {
		text, rest, _ = strings.Cut(rest, " ")
		return key, text, false, rest, nil
	}
	literal, err := strconv.QuotedPrefix(rest)
	if err == nil {
		text, err = strconv.Unquote(literal)
	}
	if err != nil {
		return "", "", false, "", fmt.Errorf("%s is %s: close the quotes, and escape as in a Go string", key, rest)
	}
	rest = rest[len(literal):]
	if rest != "" && rest[0] != ' ' {
		return "", "", false, "", fmt.Errorf("%s is followed by %q: put a space behind the quotes", key, rest)
	}
	return key, text, false, rest, nil
}

// validate asks a fault whether its values make sense.
func validate(f plain) error {
	c := checker{kind: f.kind()}
	f.check(&c)
	return c.err
}
