package notation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// Segment is a TCP segment: header and payload.
type Segment struct {
	Flags    fault.Flags
	Seq, Ack uint32
	Window   uint16
	Urgent   uint16
	Options  []Option
	Payload  []byte
}

// Detail is how much of a segment is written.
type Detail uint8

// The details: a segment without window and options; with both but for
// timestamps and padding, which only a SYN shows; with everything, short
// payloads too.
const (
	Brief Detail = iota
	Normal
	Full
)

// Text writes the segment. The numbers are as they stand.
func (s *Segment) Text(d Detail) string {
	var b strings.Builder
	n := uint32(len(s.Payload))
	fmt.Fprintf(&b, "%s %d:%d(%d)", letters(s.Flags), s.Seq, s.Seq+n, n)
	if s.Flags&fault.ACK != 0 {
		fmt.Fprintf(&b, " ack %d", s.Ack)
	}
	if d == Brief {
		return b.String()
	}
	if s.Flags&fault.RST == 0 || d == Full {
		fmt.Fprintf(&b, " win %d", s.Window)
	}
	if s.Flags&fault.URG != 0 {
		fmt.Fprintf(&b, " urg %d", s.Urgent)
	}
	if options := s.shown(d); len(options) > 0 {
		fmt.Fprintf(&b, " <%s>", strings.Join(options, ","))
	}
	if d == Full && n > 0 {
		b.WriteByte(' ')
		b.WriteString(Quote(s.Payload))
	}
	return b.String()
}

// shown are the options that belong to a detail.
func (s *Segment) shown(d Detail) (texts []string) {
	for _, o := range s.Options {
		padding := o.Kind == kindNop || o.Kind == kindEnd
		if d == Full || !padding && (o.Kind != kindTimestamp || s.Flags&fault.SYN != 0) {
			texts = append(texts, o.String())
		}
	}
	return texts
}

// quoteBytesMax is the longest payload that is shown as text.
const quoteBytesMax = 64

// Quote shows bytes: short text in quotes, else how many and a checksum.
func Quote(b []byte) string {
	if len(b) <= quoteBytesMax && utf8.Valid(b) {
		return strconv.Quote(string(b))
	}
	return fmt.Sprintf("%d bytes, checksum %08x", len(b), Checksum(b))
}

// Checksum is a number by which bytes are compared by eye: FNV-1a.
func Checksum(b []byte) uint32 { return ChecksumOf(0, b) }

// ChecksumOf is the Checksum of what had the checksum before, and b behind it. A
// checksum of nothing is 0.
func ChecksumOf(before uint32, b []byte) uint32 {
	const basis = 2166136261
	sum := before ^ basis
	for _, c := range b {
		sum = (sum ^ uint32(c)) * 16777619
	}
	return sum ^ basis
}

// SyntaxError is a mistake in the text of a segment.
type SyntaxError struct {
	Offset int    // where in the text, in bytes
	Word   string // what stands there
	Err    error  // what is wrong, and what to write
}

func (e *SyntaxError) Error() string { return e.Err.Error() }

// Unwrap is the mistake without its place.
func (e *SyntaxError) Unwrap() error { return e.Err }

// payloadBytesMax is what fits into a TCP segment over IPv4.
const payloadBytesMax = 65535 - 20 - 20

// defaultWindow is that of a segment which names none.
const defaultWindow = 65535

// ParseSegment reads a segment: FLAGS SEQ:END(LEN) and then, each if wanted,
// ack N, win N, urg N, <OPTIONS> and a payload in quotes. Without one the
// payload is LEN times the letter x. Errors are *SyntaxError.
func ParseSegment(text string) (Segment, error) {
	p := segmentParser{text: text, seg: Segment{Window: defaultWindow}}
	p.parse()
	if p.err != nil {
		return Segment{}, p.err
	}
	return p.seg, nil
}

// segmentParser reads words from left to right; after an error none.
type segmentParser struct {
	text string
	at   int // what has been read
	seg  Segment
	size uint64 // LEN
	seen []string
	err  *SyntaxError
}

func (p *segmentParser) parse() {
	flags, at := p.word()
	if flags == "" {
		p.fail(at, "", fmt.Errorf("the flags are missing: write for instance S 0:0(0)"))
		return
	}
	var err error
	if p.seg.Flags, err = parseFlags(flags); err != nil {
		p.fail(at, flags, err)
		return
	}
	p.sequence()
	for p.err == nil {
		if !p.part() {
			break
		}
	}
	if p.err == nil {
		p.complete()
	}
}

// word takes the next word; "" at the end. A word ends before a blank.
func (p *segmentParser) word() (word string, at int) {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
	at = p.at
	for p.at < len(p.text) && p.text[p.at] != ' ' {
		p.at++
	}
	return p.text[at:p.at], at
}

func (p *segmentParser) fail(at int, word string, err error) {
	if p.err == nil {
		p.err = &SyntaxError{at, word, err}
	}
}

// sequence reads SEQ:END(LEN).
func (p *segmentParser) sequence() {
	word, at := p.word()
	first, rest, _ := strings.Cut(word, ":")
	next, size, _ := strings.Cut(rest, "(")
	a, err := strconv.ParseUint(first, 10, 32)
	b, nextErr := strconv.ParseUint(next, 10, 32)
	n, sizeErr := strconv.ParseUint(strings.TrimSuffix(size, ")"), 10, 32)
	switch {
	case err != nil || nextErr != nil || sizeErr != nil || !strings.HasSuffix(size, ")"):
		p.fail(at, word, fmt.Errorf("%q are no sequence numbers: write SEQ:END(LENGTH), such as 0:0(0) or 1:101(100)", word))
	case uint32(a)+uint32(n) != uint32(b):
		p.fail(at, word, fmt.Errorf("%q does not add up: from %d on, %d bytes end at %d", word, a, n, uint32(a)+uint32(n)))
	case n > payloadBytesMax:
		p.fail(at, word, fmt.Errorf("%q is longer than a segment can be: give at most %d bytes", word, payloadBytesMax))
	}
	p.seg.Seq, p.size = uint32(a), n
}

// part reads one of the further parts; false at the end.
func (p *segmentParser) part() bool {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
	if p.at == len(p.text) {
		return false
	}
	switch p.text[p.at] {
	case '<':
		p.options()
		return true
	case '"':
		p.payload()
		return true
	}
	word, at := p.word()
	switch word {
	case "ack":
		p.seg.Ack = uint32(p.number(word, 32))
		if p.seg.Flags&fault.ACK == 0 {
			p.fail(at, word, fmt.Errorf("there is an ack, but the flags %s have no dot: write the flags as %s", letters(p.seg.Flags), letters(p.seg.Flags|fault.ACK)))
		}
	case "win":
		p.seg.Window = uint16(p.number(word, 16))
	case "urg":
		p.seg.Urgent = uint16(p.number(word, 16))
	default:
		p.fail(at, word, fmt.Errorf("%q does not belong to a segment: what may follow is ack N, win N, urg N, <OPTIONS> and a payload in quotes", word))
	}
	p.once(at, word)
	return true
}

// once refuses a part that was there before.
func (p *segmentParser) once(at int, name string) {
	if slices.Contains(p.seen, name) {
		p.fail(at, name, fmt.Errorf("%s is given twice: give it once", name))
	}
	p.seen = append(p.seen, name)
}

func (p *segmentParser) number(name string, bits int) uint64 {
	word, at := p.word()
	n, err := strconv.ParseUint(word, 10, bits)
	if err != nil {
		p.fail(at, word, fmt.Errorf("%s is %q: give a number up to %d", name, word, uint64(1)<<bits-1))
	}
	return n
}

// options reads <A,B>.
func (p *segmentParser) options() {
	p.once(p.at, "<OPTIONS>")
	start := p.at
	end := strings.IndexByte(p.text[start:], '>')
	if end < 0 {
		p.fail(start, p.text[start:], fmt.Errorf("the options are not closed: end them with >"))
		return
	}
	at := start + 1
	bytes := 0
	for _, text := range strings.Split(p.text[at:start+end], ",") {
		o, err := parseOption(text)
		if err != nil {
			trimmed := strings.TrimLeft(text, " ")
			p.fail(at+len(text)-len(trimmed), strings.TrimSpace(text), err)
			return
		}
		at += len(text) + 1
		bytes += len(o.appendTo(nil))
		p.seg.Options = append(p.seg.Options, o)
	}
	if bytes > optionBytesMax {
		p.fail(start, p.text[start:start+end+1], fmt.Errorf("the options take %d bytes: a TCP header has room for %d", bytes, optionBytesMax))
	}
	p.at = start + end + 1
}

// payload reads a payload in quotes.
func (p *segmentParser) payload() {
	start := p.at
	p.once(start, "a payload")
	literal, err := strconv.QuotedPrefix(p.text[start:])
	var text string
	if err == nil {
		text, err = strconv.Unquote(literal)
	}
	if err != nil {
		p.fail(start, p.text[start:], fmt.Errorf("the payload is not closed: end it with quotes, and escape as in a Go string"))
		return
	}
	p.at += len(literal)
	p.seg.Payload = []byte(text)
	if uint64(len(text)) != p.size {
		p.fail(start, literal, fmt.Errorf("the payload has %d bytes, but the numbers before say %d", len(text), p.size))
	}
}

// complete checks what the parts together must be.
func (p *segmentParser) complete() {
	if p.seg.Flags&fault.ACK != 0 && !slices.Contains(p.seen, "ack") {
		flags := letters(p.seg.Flags)
		p.fail(0, flags, fmt.Errorf("the flags %s have a dot, but there is no ack: write ack and a number", flags))
	}
	if p.seg.Payload == nil && p.size > 0 {
		p.seg.Payload = []byte(strings.Repeat("x", int(p.size)))
	}
}
