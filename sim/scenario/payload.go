package scenario

import (
	"fmt"

	"github.com/seed-731cb71d/warren/sim/internal/notation"
)

// payloadBytesMax bounds what one command sends or reads.
const payloadBytesMax = 64 << 20

// payload is what a command sends: text, or a number of bytes of a pattern,
// which are made only when they are sent, since a file may have many commands.
type payload struct {
	text  string
	bytes int // of the pattern, where there is no text
}

// data is the bytes, for one use.
func (p payload) data() []byte {
	if p.text != "" {
		return []byte(p.text)
	}
	return pattern(p.bytes)
}

// payload reads "TEXT", or a number of bytes of a pattern.
func (a *args) payload(t token) payload {
	if t.quoted {
		return payload{text: t.text}
	}
	if t.text == "" || t.text[0] < '0' || t.text[0] > '9' {
		a.fail(t, "what to send is %s: put text in quotes, or give a number of bytes, such as 1000 or 64k", quoteWord(t.text))
		return payload{}
	}
	return payload{bytes: a.bytes(t, "the number of bytes", payloadBytesMax)}
}

// pattern is n bytes that repeat only after 251, so that pieces which are lost
// or doubled are seen in a checksum.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

// shown is how results show data.
func shown(b []byte) string { return notation.Quote(b) }

// tally sums up data that is too much to keep.
type tally struct {
	bytes int
	sum   uint32
	first []byte // while it is short
}

func (t *tally) add(b []byte) {
	t.bytes += len(b)
	t.sum = notation.ChecksumOf(t.sum, b)
	if t.bytes <= 256 {
		t.first = append(t.first, b...)
	} else {
		t.first = nil
	}
}

// String is as shown would have it.
func (t *tally) String() string {
	if t.bytes == len(t.first) {
		return shown(t.first)
	}
	return fmt.Sprintf("%d bytes, checksum %08x", t.bytes, t.sum)
}
