package ladder

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Side is one of the two hosts.
type Side uint8

// The two hosts of a ladder.
const (
	Left Side = iota
	Right
)

func (s Side) other() Side { return 1 - s }

// The columns of a row: time, life line, inside, life line, note; 80 in all.
const (
	timeColumns   = 8
	insideColumns = 37
	noteColumns   = 80 - timeColumns - 1 - 1 - insideColumns - 1 - 2
)

// Config describes a ladder.
type Config struct {
	Left, Right string // what stands above the life lines
	Colour      bool   // colour and weight by ANSI sequences
	Seconds     bool   // times are in seconds, not in milliseconds
}

// Ladder draws rows as they happen. Its first write error is kept and returned
// by Err; later rows are dropped.
type Ladder struct {
	out    io.Writer
	config Config
	flow   Flow
	err    error
}

// New starts a ladder on out. It draws nothing yet.
func New(out io.Writer, cfg Config) *Ladder {
	return &Ladder{out: out, config: cfg}
}

// Err returns the first error of the destination.
func (l *Ladder) Err() error { return l.err }

// Section draws a heading, and below it the unit of the times and the names of
// both sides.
func (l *Ladder) Section(title string) {
	l.print("\n" + l.paint(bold, title) + "\n")
	gap := insideColumns + 2 - utf8.RuneCountInString(l.config.Left) - utf8.RuneCountInString(l.config.Right)
	l.print(fmt.Sprintf("%*s ", timeColumns, l.unit()) + l.paint(faint, l.config.Left+strings.Repeat(" ", max(gap, 1))+l.config.Right) + "\n")
}

// Call draws a call of one side, or its outcome, and a note. What does not fit
// is cut for the call and wrapped for the note.
func (l *Ladder) Call(at time.Duration, side Side, call, note string) {
	call = fit(call, insideColumns-2)
	gap := strings.Repeat(" ", insideColumns-1-utf8.RuneCountInString(call))
	if side == Left {
		l.row(l.clock(at), " "+l.paint(yellow, call)+gap, note)
	} else {
		l.row(l.clock(at), gap+l.paint(yellow, call)+" ", note)
	}
}

// Follow takes note of a packet without drawing it, so that later ones of its
// connection are told right.
func (l *Ladder) Follow(from Side, p Packet) { l.flow.Next(from, p) }

// Packet draws a packet sent by one side. Every TCP packet given belongs to
// one connection.
func (l *Ladder) Packet(at time.Duration, from Side, p Packet) {
	label, note := "", ""
	if p.Protocol == TCP && !p.Fragment {
		step := l.flow.Next(from, p)
		label, note = segmentLabel(p, step), step.Text
	} else {
		label = packetLabel(p)
	}
	label = fit(label, insideColumns-6)
	dashes := strings.Repeat("─", insideColumns-4-utf8.RuneCountInString(label))
	if from == Left {
		l.row(l.clock(at), l.paint(cyan, "─ "+label+" "+dashes+"▶"), note)
	} else {
		l.row(l.clock(at), l.paint(green, "◀"+dashes+" "+label+" ─"), note)
	}
}

// Note draws a remark without a time, call or packet.
func (l *Ladder) Note(note string) {
	l.row("", strings.Repeat(" ", insideColumns), note)
}

// Line draws a line of text below the ladder's rows.
func (l *Ladder) Line(text string) { l.print(text + "\n") }

// row draws one row, and more where the note needs them.
func (l *Ladder) row(at, inside, note string) {
	lines := wrap(note, noteColumns)
	for i := 0; i == 0 || i < len(lines); i++ {
		if i > 0 {
			at, inside = "", strings.Repeat(" ", insideColumns)
		}
		text := ""
		if i < len(lines) {
			text = "  " + l.paint(faint, lines[i])
		}
		l.print(fmt.Sprintf("%*s │%s│%s\n", timeColumns, at, inside, text))
	}
}

func (l *Ladder) print(text string) {
	if l.err == nil {
		_, l.err = io.WriteString(l.out, text)
	}
}

// segmentLabel is the text on the arrow of a TCP segment.
func segmentLabel(p Packet, step Step) string {
	label := fmt.Sprintf("%v seq %d", p.Segment.Flags, step.Seq)
	if p.Segment.Flags&ACK != 0 {
		label += fmt.Sprintf(" ack %d", step.Ack)
	}
	if len(p.Payload) > 0 {
		label += fmt.Sprintf(" len %d", len(p.Payload))
	}
	return label
}

// packetLabel is the text on the arrow of any other packet.
func packetLabel(p Packet) string {
	switch {
	case p.Fragment:
		return fmt.Sprintf("fragment of protocol %d", p.Protocol)
	case p.Protocol == UDP:
		return fmt.Sprintf("UDP %d to %d len %d", p.Src.Port(), p.Dst.Port(), len(p.Payload))
	case p.Protocol == ICMP, p.Protocol == ICMPv6:
		return fmt.Sprintf("ICMP type %d code %d", p.Type, p.Code)
	}
	return fmt.Sprintf("protocol %d", p.Protocol)
}

// unit is what the times are in.
func (l *Ladder) unit() string {
	if l.config.Seconds {
		return "s"
	}
	return "ms"
}

// clock prints a time since the start in the ladder's unit.
func (l *Ladder) clock(at time.Duration) string {
	if l.config.Seconds {
		return fmt.Sprintf("%.3f", at.Seconds())
	}
	return Milliseconds(at)
}

// Milliseconds prints a time as ladders and charts do: in milliseconds, to the
// microsecond.
func Milliseconds(at time.Duration) string {
	return fmt.Sprintf("%.3f", float64(at)/float64(time.Millisecond))
}

// fit cuts text to a number of columns, with an ellipsis where it was cut.
func fit(text string, columns int) string {
	if utf8.RuneCountInString(text) <= columns {
		return text
	}
	return string([]rune(text)[:columns-1]) + "…"
}

// wrap breaks text at spaces into lines of at most the given columns.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		word = fit(word, columns)
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= columns:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
