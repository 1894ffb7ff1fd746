package ladder

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// draw draws a short connection that begins just before the sequence numbers
// wrap.
func draw(t *testing.T, cfg Config) string {
	t.Helper()
	var out strings.Builder
	l := New(&out, cfg)
	at := time.Duration(0)
	window := uint16(1000)
	packet := func(from Side, flags Flags, seq, ack uint32, payload string) {
		src, dst := left4, right4
		if from == Right {
			src, dst = dst, src
		}
		p, err := Decode(ipv4(src, dst, TCP, segment(src, dst, Segment{Flags: flags, Seq: seq, Ack: ack, Window: window}, payload)))
		if err != nil {
			t.Fatal(err)
		}
		at += 250 * time.Microsecond
		l.Packet(at, from, p)
	}
	const a, b = 1<<32 - 2, 1000 // initial sequence numbers
	wrapped := func(n uint32) uint32 { return n + a }
	l.Section("1  Open")
	l.Call(at, Right, "listen(7000)", "a port, and a queue for those who come while nobody accepts")
	l.Call(at, Left, "connect(10.0.0.2:7000)", "")
	packet(Left, SYN, a, 0, "")
	packet(Right, SYN|ACK, b, wrapped(1), "")
	packet(Left, ACK, wrapped(1), b+1, "")
	packet(Left, PSH|ACK, wrapped(1), b+1, "hello")
	packet(Left, PSH|ACK, wrapped(1), b+1, "hello")
	packet(Right, ACK, b+1, wrapped(6), "")
	window = 2000
	packet(Right, ACK, b+1, wrapped(6), "")
	packet(Right, PSH|ACK, b+1, wrapped(6), strings.Repeat("x", 30))
	packet(Right, FIN|ACK, b+31, wrapped(6), "")
	packet(Left, ACK, wrapped(6), b+32, "")
	packet(Left, RST, wrapped(6), 0, "")
	l.Note("and that was it")
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const wantLadder = `
1  Open
      ms client                           server
   0.000 │                        listen(7000) │  a port, and a queue for those
         │                                     │  who come while nobody accepts
   0.000 │ connect(10.0.0.2:7000)              │
   0.250 │─ SYN seq 0 ────────────────────────▶│  asks for a connection
   0.500 │◀────────────── SYN ACK seq 0 ack 1 ─│  agrees, and asks back
   0.750 │─ ACK seq 1 ack 1 ──────────────────▶│  the connection stands
   1.000 │─ PSH ACK seq 1 ack 1 len 5 ────────▶│  "hello"
   1.250 │─ PSH ACK seq 1 ack 1 len 5 ────────▶│  sent once more
   1.500 │◀────────────────── ACK seq 1 ack 6 ─│  5 bytes have arrived
   1.750 │◀────────────────── ACK seq 1 ack 6 ─│  window update
   2.000 │◀─────── PSH ACK seq 1 ack 6 len 30 ─│  30 bytes of data
   2.250 │◀───────────── FIN ACK seq 31 ack 6 ─│  the end of its data
   2.500 │─ ACK seq 6 ack 32 ─────────────────▶│  the end has been heard
   2.750 │─ RST seq 6 ────────────────────────▶│  reset: the connection is gone
         │                                     │  and that was it
`

func TestLadder(t *testing.T) {
	got := draw(t, Config{Left: "client", Right: "server"})
	if got != wantLadder {
		t.Errorf("drew\n%s\nwant\n%s", got, wantLadder)
	}
}

func TestRowsFitInto80Columns(t *testing.T) {
	got := draw(t, Config{Left: "client", Right: "server"})
	for _, row := range strings.Split(got, "\n") {
		if n := utf8.RuneCountInString(row); n > 80 {
			t.Errorf("row of %d columns: %s", n, row)
		}
		if strings.Contains(row, "\x1b") {
			t.Errorf("escape sequence without Colour: %q", row)
		}
	}
}

func TestColourChangesNoText(t *testing.T) {
	plain := draw(t, Config{Left: "client", Right: "server"})
	colour := draw(t, Config{Left: "client", Right: "server", Colour: true})
	if colour == plain {
		t.Error("Colour has no effect")
	}
	if got := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(colour, ""); got != plain {
		t.Errorf("without the sequences the coloured ladder reads\n%s\nwant\n%s", got, plain)
	}
}

type brokenWriter struct{}

var errBroken = errors.New("pipe gone")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrorIsKept(t *testing.T) {
	l := New(brokenWriter{}, Config{})
	l.Section("1")
	l.Note("2")
	if !errors.Is(l.Err(), errBroken) {
		t.Errorf("Err: %v, want the writer's", l.Err())
	}
}

func TestLongTextIsCut(t *testing.T) {
	var out strings.Builder
	l := New(&out, Config{})
	l.Call(0, Left, strings.Repeat("c", 100), strings.Repeat("n", 100))
	row := strings.TrimSuffix(out.String(), "\n")
	if utf8.RuneCountInString(row) != 80 || strings.Count(row, "…") != 2 {
		t.Errorf("row %q, want 80 columns with two ellipses", row)
	}
}
