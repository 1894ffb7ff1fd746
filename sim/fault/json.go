package fault

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// encode is a fault as a JSON object: its kind as "type", then its fields
// that are not zero under the names that its line has. Times and
// probabilities are strings with their unit. A text that is no UTF-8 is
// {"hex": "..."}.
func encode(f plain) ([]byte, error) {
	if err := validate(f); err != nil {
		return nil, err
	}
	b := appendJSON([]byte(`{"type":`), f.kind())
	for _, p := range written(f) {
		b = append(b, ',')
		b = append(appendJSON(b, p.key), ':')
		switch {
		case p.shape == asNumber:
			b = append(b, p.text...)
		case p.shape == asList:
			b = appendJSON(b, strings.Split(p.text, ","))
		case utf8.ValidString(p.text):
			b = appendJSON(b, p.text)
		default:
			b = appendJSON(b, hexText{hex.EncodeToString([]byte(p.text))})
		}
	}
	return append(b, '}'), nil
}

type hexText struct {
	Hex string `json:"hex"`
}

// appendJSON appends a value of strings alone, which cannot fail.
func appendJSON(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(b, text...)
}

// ParseJSON reads the JSON of one fault, whose kind is its "type". The fault
// has been validated.
func ParseJSON(data []byte) (Fault, error) {
	var tag struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &tag); err != nil {
		return nil, fmt.Errorf("fault: %w", err)
	}
	f, err := ofKind(tag.Type)
	if err != nil {
		return nil, err
	}
	if err := decode(data, f); err != nil {
		return nil, err
	}
	return f.value(), nil
}

// decode fills an empty f from JSON of its kind.
func decode(data []byte, f plain) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("fault: %s: %w", f.kind(), err)
	}
	if kind, err := rawText(fields["type"]); err != nil || kind != f.kind() {
		return fmt.Errorf("fault: %s: type is %s: give %q", f.kind(), fields["type"], f.kind())
	}
	delete(fields, "type")
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names) // so that of two mistakes the same one is reported
	for _, name := range names {
		text, err := rawText(fields[name])
		if err != nil {
			return fmt.Errorf("fault: %s: %s is %s: %w", f.kind(), name, fields[name], err)
		}
		if err := set(f, name, text, false); err != nil {
			return err
		}
	}
	return validate(f)
}

// rawText is the text of a field that a line would have.
func rawText(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", fmt.Errorf("there is no value: give one, or leave the field out")
	}
	switch raw[0] {
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case '[':
		var list []string
		err := json.Unmarshal(raw, &list)
		for _, item := range list {
			if strings.Contains(item, ",") {
				return "", fmt.Errorf("give names without commas")
			}
		}
		return strings.Join(list, ","), err
	case '{':
		var text hexText
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", err
		}
		b, err := hex.DecodeString(text.Hex)
		return string(b), err
	}
	return string(raw), nil
}
