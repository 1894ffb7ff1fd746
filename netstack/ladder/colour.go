package ladder

// The ANSI sequences that rows are painted with.
const (
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

// paint wraps text in a colour if that is wanted.
func paint(wanted bool, colour, text string) string {
	if !wanted || text == "" {
		return text
	}
	return colour + text + reset
}

// paint wraps text in a colour where the ladder has colours.
func (l *Ladder) paint(colour, text string) string { return paint(l.config.Colour, colour, text) }
