package vectors

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/seed-731cb71d/warren/transport"
)

// payloadMax is the largest payload, in bytes, that a file may ask for.
const payloadMax = 256 << 20

// iodata returns the payload v as an argument for Send, nested as the file
// has it. A symbol, which is no payload, is passed on for Send to refuse.
func iodata(v any) (transport.IOData, error) {
	if symbol, ok := v.(string); ok {
		return transport.Atom(symbol), nil
	}
	if n, ok := integer(v); ok {
		return int(n), nil
	}
	if inner, ok := form(v, "iolist"); ok {
		list, ok := inner.([]any)
		if !ok {
			return nil, fmt.Errorf("iolist is no list: %v", inner)
		}
		chunks := make([]any, 0, len(list))
		for _, element := range list {
			chunk, err := iodata(element)
			if err != nil {
				return nil, err
			}
			chunks = append(chunks, chunk)
		}
		return chunks, nil
	}
	return payload(v)
}

// payload returns the bytes of a payload that is no iolist.
func payload(v any) ([]byte, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("not a payload: %v", v)
	}
	if text, ok := object["text"].(string); ok {
		return []byte(text), nil
	}
	if text, ok := object["hex"].(string); ok {
		return hex.DecodeString(text)
	}
	if text, ok := object["b64"].(string); ok {
		return base64.StdEncoding.DecodeString(text)
	}
	if unit, ok := object["repeat"].(string); ok {
		n, ok := integer(object["n"])
		if !ok || n < 0 || n*int64(len(unit)) > payloadMax {
			return nil, fmt.Errorf("payload repeat: bad n %v", object["n"])
		}
		return bytes.Repeat([]byte(unit), int(n)), nil
	}
	if n, ok := integer(object["seq"]); ok {
		return sequence(n)
	}
	if parts, ok := object["concat"].([]any); ok {
		var all []byte
		for _, part := range parts {
			piece, err := payload(part)
			if err != nil {
				return nil, err
			}
			all = append(all, piece...)
		}
		return all, nil
	}
	return nil, fmt.Errorf("not a payload: %v", v)
}

// sequence returns n bytes of which byte i is i mod 251.
func sequence(n int64) ([]byte, error) {
	if n < 0 || n > payloadMax {
		return nil, fmt.Errorf("payload seq: bad length %d", n)
	}
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i % 251)
	}
	return p, nil
}

// delivery is data that a step received.
type delivery struct {
	as     string // binary or list
	header []byte // the bytes that the option header delivers apart
	split  bool   // header was in effect
	data   []byte
}

// received describes what transport delivered.
func received(p transport.Payload) *delivery {
	as := "binary"
	if p.Mode == transport.ModeList {
		as = "list"
	}
	if p.HeaderLen > 0 {
		return &delivery{as: as, header: p.Header(), split: true, data: p.Rest()}
	}
	return &delivery{as: as, data: p.Data}
}

// MarshalJSON writes d in the format's own words.
func (d *delivery) MarshalJSON() ([]byte, error) {
	body := map[string]any{"as": d.as}
	switch {
	case len(d.data) > 64:
		sum := sha256.Sum256(d.data)
		body["len"], body["sha256"] = len(d.data), hex.EncodeToString(sum[:])
	case utf8.Valid(d.data):
		body["text"] = string(d.data)
	default:
		body["hex"] = hex.EncodeToString(d.data)
	}
	if !d.split {
		return json.Marshal(body)
	}
	header := make([]int, 0, len(d.header))
	for _, b := range d.header {
		header = append(header, int(b))
	}
	return json.Marshal(map[string]any{"header": header, "rest": body})
}

// matches reports whether d is the data that the outcome wants.
func (d *delivery) matches(want any) bool {
	object, ok := want.(map[string]any)
	if !ok {
		return false
	}
	if header, ok := object["header"].([]any); ok {
		return d.split && d.headerMatches(header) && (&delivery{as: d.as, data: d.data}).matches(object["rest"])
	}
	if d.split || object["as"] != d.as {
		return false
	}
	if sum, ok := object["sha256"].(string); ok {
		n, _ := integer(object["len"])
		have := sha256.Sum256(d.data)
		return n == int64(len(d.data)) && sum == hex.EncodeToString(have[:])
	}
	bytesWanted, err := payload(want)
	return err == nil && bytes.Equal(bytesWanted, d.data)
}

func (d *delivery) headerMatches(want []any) bool {
	if len(want) != len(d.header) {
		return false
	}
	for i, v := range want {
		if n, ok := integer(v); !ok || n != int64(d.header[i]) {
			return false
		}
	}
	return true
}
