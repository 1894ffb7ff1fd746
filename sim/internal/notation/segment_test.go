package notation

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// segmentTexts read and write as themselves, with all details.
var segmentTexts = []string{
	"S 0:0(0) win 65535",
	"S 0:0(0) win 65535 <mss 1460>",
	"S. 0:0(0) ack 1 win 64240 <mss 1460,sackOK,TS val 100 ecr 7,nop,wscale 7>",
	"P. 1:6(5) ack 1 win 502 \"hello\"",
	"F. 6:6(0) ack 1 win 502",
	"R 1:1(0) win 0",
	". 1:1(0) ack 1001 win 502 <nop,nop,sack 2001:3001 4001:5001>",
	"FPU. 4294967295:0(1) ack 9 win 1 urg 3 \"\\n\"",
	"- 0:0(0) win 0",
	"SEW 0:0(0) win 65535 <0x1e 0102,eol>",
}

func TestSegmentsReadAsTheyAreWritten(t *testing.T) {
	for _, text := range segmentTexts {
		s, err := ParseSegment(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := s.Text(Full); got != text {
			t.Errorf("%s is written as %s", text, got)
		}
	}
}

func TestSegmentDetails(t *testing.T) {
	s, err := ParseSegment(`P. 1:3(2) ack 1 win 500 <nop,nop,TS val 1 ecr 2,sack 5:6> "hi"`)
	if err != nil {
		t.Fatal(err)
	}
	for detail, want := range map[Detail]string{
		Brief:  "P. 1:3(2) ack 1",
		Normal: "P. 1:3(2) ack 1 win 500 <sack 5:6>",
		Full:   `P. 1:3(2) ack 1 win 500 <nop,nop,TS val 1 ecr 2,sack 5:6> "hi"`,
	} {
		if got := s.Text(detail); got != want {
			t.Errorf("detail %d: %s, want %s", detail, got, want)
		}
	}
	r := Segment{Flags: fault.RST, Seq: 1}
	if got := r.Text(Normal); got != "R 1:1(0)" {
		t.Errorf("a reset is written as %s: its window means nothing", got)
	}
	big := Segment{Payload: []byte(strings.Repeat("x", 100))}
	if got := big.Text(Full); !strings.Contains(got, "100 bytes, checksum ") {
		t.Errorf("100 bytes are written as %s", got)
	}
}

func TestSegmentDefaults(t *testing.T) {
	s, err := ParseSegment("P. 1:11(10) ack 1")
	if err != nil || s.Window != 65535 || string(s.Payload) != "xxxxxxxxxx" {
		t.Errorf("%+v, %v", s, err)
	}
}

// segmentMistakes are texts, the word that is wrong, and words of the error.
var segmentMistakes = []struct{ text, word, want string }{
	{"", "", "flags are missing"},
	{"X 0:0(0)", "X", "SFRPUEW"},
	{"SS 0:0(0)", "SS", "twice"},
	{"S", "", "SEQ:END(LENGTH)"},
	{"S 0", "0", "SEQ:END(LENGTH)"},
	{"S 0:1(0)", "0:1(0)", "end at 0"},
	{"S 0:4294967296(0)", "0:4294967296(0)", "SEQ:END(LENGTH)"},
	{"P. 0:70000(70000) ack 1", "0:70000(70000)", "at most"},
	{". 1:1(0)", ".", "there is no ack"},
	{"S 0:0(0) ack 1", "ack", "write the flags as S."},
	{"S 0:0(0) win", "", "win is \"\""},
	{"S 0:0(0) win 65536", "65536", "up to 65535"},
	{"S 0:0(0) win 1 win 2", "win", "twice"},
	{"S 0:0(0) window 1", "window", "what may follow"},
	{"S 0:0(0) <mss 1460", "<mss 1460", "end them with >"},
	{"S 0:0(0) <mss>", "mss", "mss and a number"},
	{"S 0:0(0) <mss 1460, mms 1>", "mms 1", "there is no option"},
	{"S 0:0(0) <>", "", "an option is missing"},
	{"S 0:0(0) <nop nop>", "nop nop", "commas"},
	{"S 0:0(0) <TS 1 2>", "TS 1 2", "TS val N ecr N"},
	{"S 0:0(0) <sack 1>", "sack 1", "no range"},
	{"S 0:0(0) <sack>", "sack", "give 1 to 4"},
	{"S 0:0(0) <sack 1:2 1:2 1:2 1:2,TS val 1 ecr 1>", "<sack 1:2 1:2 1:2 1:2,TS val 1 ecr 1>", "room for 40"},
	{`P. 1:3(2) ack 1 "hello"`, `"hello"`, "5 bytes"},
	{`P. 1:3(2) ack 1 "he`, `"he`, "not closed"},
}

func TestSegmentMistakesAreNamed(t *testing.T) {
	for _, m := range segmentMistakes {
		_, err := ParseSegment(m.text)
		var at *SyntaxError
		if !errors.As(err, &at) {
			t.Errorf("%s: %v", m.text, err)
			continue
		}
		if at.Word != m.word || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%s: %q at %d: %v; want the word %q and %q", m.text, at.Word, at.Offset, err, m.word, m.want)
		}
		if at.Offset > len(m.text) || !strings.HasPrefix(m.text[at.Offset:], at.Word) && at.Offset > 0 {
			t.Errorf("%s: offset %d is not where %q stands", m.text, at.Offset, at.Word)
		}
	}
}

func FuzzParseSegment(f *testing.F) {
	for _, text := range segmentTexts {
		f.Add(text)
	}
	for _, m := range segmentMistakes {
		f.Add(m.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSegment(text)
		if err != nil {
			return
		}
		written := s.Text(Full)
		again, err := ParseSegment(written)
		if len(s.Payload) > quoteBytesMax || err != nil && strings.Contains(written, "checksum") {
			return // long payloads are written as a checksum
		}
		if err != nil || again.Text(Full) != written {
			t.Errorf("%q is written as %q and read as %q, %v", text, written, again.Text(Full), err)
		}
	})
}
