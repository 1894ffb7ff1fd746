package ladder

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// ChartHostsMax is how many life lines a Chart has room for.
const ChartHostsMax = 6

// ChartConfig describes a chart.
type ChartConfig struct {
	Hosts  []string // what stands above the life lines; 1 to ChartHostsMax
	Colour bool     // colour and weight by ANSI sequences
}

// Chart draws packets between up to ChartHostsMax hosts in rows of at most
// 120 columns, with the time at which each was sent and at which it arrived.
// It knows nothing of what it draws. Its first write error is kept and
// returned by Err; later rows are dropped.
type Chart struct {
	out   io.Writer
	cfg   ChartConfig
	gap   int // columns between two life lines
	notes int // columns for notes
	err   error
}

// Arrow is one packet in a Chart.
type Arrow struct {
	Sent    time.Duration // since the start
	Arrived time.Duration // below 0: it did not, or not yet
	From    int           // the index of a host
	To      int           // another one; From itself is a packet with no way to go
	Lost    bool          // it ended on its way
	Labels  []string      // for the arrow, the longest first; what does not fit is not used
	Note    string        // beside it, wrapped
}

// The columns of a chart's rows: two times, and what is left for the rest.
const (
	chartColumns     = 120
	chartTimeColumns = 11
	chartLinesMax    = 64
	chartGapMax      = 41
	chartNoteMin     = 30
)

// NewChart starts a chart on out. It draws nothing yet. No hosts, or more than
// there is room for, are an error.
func NewChart(out io.Writer, cfg ChartConfig) (*Chart, error) {
	n := len(cfg.Hosts)
	if n < 1 || n > ChartHostsMax {
		return nil, fmt.Errorf("ladder: ChartConfig.Hosts has %d names: give it 1 to %d", n, ChartHostsMax)
	}
	c := &Chart{out: out, cfg: cfg, gap: chartGapMax}
	if n > 1 {
		c.gap = min(c.gap, chartLinesMax/(n-1)-1)
	}
	c.notes = max(chartNoteMin, chartColumns-2*chartTimeColumns-1-c.inside()-2)
	return c, nil
}

// inside is the columns from the first life line to the last. A chart of one
// host has room for packets that go nowhere.
func (c *Chart) inside() int { return c.line(max(len(c.cfg.Hosts), 2)-1) + 1 }

// line is the column of a host's life line.
func (c *Chart) line(host int) int { return host * (c.gap + 1) }

// Err returns the first error of the destination.
func (c *Chart) Err() error { return c.err }

// Heading draws the units of the times and the names of the hosts. A name that
// does not fit between its neighbours is cut.
func (c *Chart) Heading() {
	row := []rune(strings.Repeat(" ", c.inside()))
	last := len(c.cfg.Hosts) - 1
	for i, name := range c.cfg.Hosts {
		room := c.gap - 1
		if len(c.cfg.Hosts) == 2 {
			room = c.gap / 2
		}
		text := []rune(fit(name, room))
		at := c.line(i) - len(text)/2
		switch i {
		case 0:
			at = 0
		case last:
			at = c.line(i) - len(text) + 1
		}
		copy(row[at:], text)
	}
	c.print(fmt.Sprintf("%*s%*s %s\n", chartTimeColumns, "sent ms", chartTimeColumns, "arrived",
		c.paint(faint, strings.TrimRight(string(row), " "))))
}

// Arrow draws a packet. Indices that are no hosts are taken for the nearest
// that is one.
func (c *Chart) Arrow(a Arrow) {
	last := len(c.cfg.Hosts) - 1
	a.From, a.To = min(max(a.From, 0), last), min(max(a.To, 0), last)
	row := c.lifeLines()
	from, to := c.line(a.From), c.line(a.To)
	switch {
	case from == to && a.From < last || from == to && last == 0:
		to = from + c.gap + 1
		a.Lost = true
	case from == to:
		to = from - c.gap - 1
		a.Lost = true
	}
	shaft(row, from, to, a.Lost, a.Labels)
	arrived := ""
	if a.Arrived >= 0 {
		arrived = Milliseconds(a.Arrived)
	} else if a.Lost {
		arrived = "lost"
	}
	colour := cyan
	switch {
	case a.Lost:
		colour = red
	case to < from:
		colour = green
	}
	lo, hi := min(from, to)+1, max(from, to)
	for hi > lo && row[hi-1] == ' ' {
		hi--
	}
	c.row(Milliseconds(a.Sent), arrived, string(row[:lo])+c.paint(colour, string(row[lo:hi]))+string(row[hi:]), a.Note)
}

// Remark draws something besides packets that happened.
func (c *Chart) Remark(at time.Duration, text string) {
	c.row(Milliseconds(at), "", string(c.lifeLines()), "* "+text)
}

// lifeLines is an empty row.
func (c *Chart) lifeLines() []rune {
	row := []rune(strings.Repeat(" ", c.inside()))
	for i := range c.cfg.Hosts {
		row[c.line(i)] = '│'
	}
	return row
}

// shaft draws an arrow between two columns: its label near its beginning, a
// cross where it is lost.
func shaft(row []rune, from, to int, lost bool, labels []string) {
	length := max(from, to) - min(from, to) - 1
	room := length - 5
	label := ""
	for _, text := range labels {
		label = text
		if utf8.RuneCountInString(text) <= room {
			break
		}
	}
	text := []rune(fit(label, room))
	end := length
	if lost {
		end = max(length*2/3, len(text)+5)
	}
	// column is the i-th column of the arrow, counted from its beginning.
	column := func(i int) int {
		if from < to {
			return from + 1 + i
		}
		return from - 1 - i
	}
	for i := range end {
		if row[column(i)] == '│' {
			row[column(i)] = '┼'
		} else {
			row[column(i)] = '─'
		}
	}
	switch {
	case lost:
		row[column(end-1)] = '╳'
	case from < to:
		row[column(end-1)] = '▶'
	default:
		row[column(end-1)] = '◀'
	}
	if len(text) == 0 {
		return
	}
	text = append(append([]rune{' '}, text...), ' ')
	first := column(1)
	if from > to {
		first = column(len(text))
	}
	copy(row[first:], text)
}

// row draws one row, and more where the note needs them.
func (c *Chart) row(sent, arrived, inside, note string) {
	lines := wrap(note, c.notes)
	for i := 0; i == 0 || i < len(lines); i++ {
		if i > 0 {
			sent, arrived, inside = "", "", string(c.lifeLines())
		}
		text := ""
		if i < len(lines) {
			text = "  " + c.paint(faint, lines[i])
		}
		line := fmt.Sprintf("%*s%*s %s%s", chartTimeColumns, sent, chartTimeColumns, arrived, inside, text)
		c.print(strings.TrimRight(line, " ") + "\n")
	}
}

func (c *Chart) paint(colour, text string) string { return paint(c.cfg.Colour, colour, text) }

func (c *Chart) print(text string) {
	if c.err == nil {
		_, c.err = io.WriteString(c.out, text)
	}
}
