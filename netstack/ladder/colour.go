package ladder

// The ANSI sequences that rows are painted with.
const (
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

// paint wraps text in a colour where the ladder has colours.
func (l *Ladder) paint(colour, text string) string {
	if !l.config.Colour || text == "" {
		return text
	}
	return colour + text + reset
}
