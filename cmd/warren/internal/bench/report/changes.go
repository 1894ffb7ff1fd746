package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Changes writes a table of them, with what is lost, missing or new marked.
func Changes(w io.Writer, changes []Change) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "ROW\tVARIANT\tMETRIC\tOLD\tNEW\tKEPT\t")
	for _, c := range changes {
		old, now, kept, mark := "-", "-", "-", ""
		if c.Old > 0 {
			old = "x" + number(c.Old)
		}
		if c.New > 0 {
			now = "x" + number(c.New)
		}
		switch {
		case c.Missing:
			mark = "MISSING"
		case c.Added:
			mark = "new"
		default:
			kept = fmt.Sprintf("%.0f %%", 100*c.Kept)
		}
		if c.Lost() {
			mark = "LOST"
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Row, c.Variant, c.Metric, old, now, kept, mark)
	}
	return columns.Flush()
}

// Judge is nil if the new file has kept what the old one has. Otherwise it names
// what is lost and what is missing.
func Judge(changes []Change) error {
	compared := 0
	var lost, missing []string
	for _, c := range changes {
		switch {
		case c.Lost():
			lost = append(lost, fmt.Sprintf("%s (%.0f %%)", c.Name(), 100*c.Kept))
		case c.Missing && c.Why != "":
			missing = append(missing, fmt.Sprintf("%s (%s)", c.Name(), c.Why))
		case c.Missing:
			missing = append(missing, c.Name())
		}
		if c.Compared() {
			compared++
		}
	}
	var said []string
	if len(lost) > 0 {
		have := "have"
		if len(lost) == 1 {
			have = "has"
		}
		said = append(said, fmt.Sprintf("%d of %d ratios %s fallen below %.0f per cent of what was recorded: %s",
			len(lost), compared, have, 100*keptShare, strings.Join(lost, "; ")))
	}
	if len(missing) > 0 {
		said = append(said, fmt.Sprintf("NEW.json lacks what OLD.json has: %s: measure it, or choose rows with --rows", strings.Join(missing, "; ")))
	}
	switch {
	case len(said) > 0:
		return errors.New(strings.Join(said, ". "))
	case compared == 0:
		return errors.New("nothing was compared: OLD.json has no ratios in these rows: choose others, or give --all for rows that are not in memory")
	}
	return nil
}
