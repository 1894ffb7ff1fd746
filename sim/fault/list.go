package fault

import (
	"encoding/json"
	"fmt"
	"strings"
)

// List is several faults in the order in which a Set is to hold them. Its
// text is one line for each, its JSON an array.
type List []Fault

// String is the lines of the faults, each ended by a newline.
func (l List) String() string {
	var b strings.Builder
	for _, f := range l {
		b.WriteString(f.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// UnmarshalJSON reads an array of faults. An error names the place in it.
func (l *List) UnmarshalJSON(data []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return fmt.Errorf("fault: a list: %w", err)
	}
	*l = nil
	for i, item := range items {
		f, err := ParseJSON(item)
		if err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
		*l = append(*l, f)
	}
	return nil
}

// ParseList reads one fault a line. Empty lines, and lines that begin with #,
// are left out. An error names the line.
func ParseList(text string) (List, error) {
	var l List
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f, err := Parse(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		l = append(l, f)
	}
	return l, nil
}

// AddList adds all faults of a list, or, if there is something wrong with one
// of them, none. The handles are in the list's order.
func (s *Set) AddList(l List) ([]*Handle, error) {
	for i, f := range l {
		if err := usable(f); err != nil {
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
	}
	handles := make([]*Handle, 0, len(l))
	for i, f := range l {
		h, err := s.add(f)
		if err != nil {
			for _, h := range handles {
				h.Remove()
			}
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
		handles = append(handles, h)
	}
	return handles, nil
}
