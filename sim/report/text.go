package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// What Text shows at most, so that a failing test with a thousand hosts can
// still be read.
const (
	textPacketsMax = 20
	textNotesMax   = 20
	textSocketsMax = 30
	textFaultsMax  = 30
	textPathsMax   = 20
	textCountsMax  = 20
	textNamesMax   = 12

	textFindingsMax = 3 // of each kind
)

// Text writes what a failing test prints: what ran, the last 20 packets as a
// ladder, the sockets of every host, the faults that struck, and the command
// that replays it. It returns the first error of w.
func Text(w io.Writer, run *Run) error {
	out := &printer{w: bufio.NewWriter(w)}
	out.title(run)
	out.difference(run)
	out.packets(run)
	out.sockets(run)
	out.counters(run)
	out.faults(run)
	out.paths(run)
	if run.Replay != "" {
		out.section("run it again")
		out.line("  %s", run.Replay)
	}
	if out.err == nil {
		out.err = out.w.Flush()
	}
	return out.err
}

// printer writes lines up to the first error.
type printer struct {
	w   *bufio.Writer
	err error
}

func (out *printer) line(format string, args ...any) {
	if out.err == nil {
		_, out.err = fmt.Fprintf(out.w, format+"\n", args...)
	}
}

func (out *printer) section(title string) { out.line("\n%s", title) }

// title says what ran, how far, and why it failed.
func (out *printer) title(run *Run) {
	test := run.Test
	if test == "" {
		test = "a simulated run"
	}
	out.line("%s: seed %d, step %d, virtual time %v", test, run.Seed, run.Steps, run.Now)
	if run.Hash != "" {
		out.line("trace %s", run.Hash)
	}
	if v := run.Versions.String(); v != "" {
		out.line("%s", v)
	}
	if run.Failure != "" {
		out.section("why it failed")
		for line := range strings.Lines(run.Failure) {
			out.line("  %s", strings.TrimRight(line, "\r\n"))
		}
	}
}

// String is like "warren v0.3.0, gVisor v0.0.0-20260905, go1.26.3, amd64".
func (v Versions) String() string {
	var parts []string
	for _, part := range []struct{ name, version string }{
		{"warren ", v.Warren}, {"gVisor ", v.GVisor}, {"", v.Go}, {"", v.GOARCH},
	} {
		if part.version != "" {
			parts = append(parts, part.name+part.version)
		}
	}
	return strings.Join(parts, ", ")
}

// difference shows where two runs parted, and what was woken before.
func (out *printer) difference(run *Run) {
	d := run.Difference
	if d == nil {
		return
	}
	out.section("where the run and its repetition parted")
	out.line("%s", d.Packets.String())
	for i, notes := range d.WakeUps {
		if len(notes) == 0 {
			continue
		}
		out.line("the last wake-ups of the %s run before that:", [2]string{"first", "second"}[i])
		for _, n := range lastOf(notes, textNotesMax) {
			out.line("  %s", n)
		}
	}
}

// lastOf is the end of a list, up to a number of elements.
func lastOf[T any](all []T, most int) []T { return all[max(0, len(all)-most):] }

// String is the note as one line.
func (n Note) String() string { return fmt.Sprintf("%v %s", n.At, n.said()) }

// said is the note without its time; one without text says of what kind it is.
func (n Note) said() string {
	text := n.Text
	if text == "" {
		text = string(n.Kind)
	}
	if n.Host == "" {
		return text
	}
	return n.Host + ": " + text
}

// sockets lists every host's sockets.
func (out *printer) sockets(run *Run) {
	if len(run.Hosts) == 0 {
		return
	}
	out.section("sockets (state, bytes to read, local, remote)")
	var idle []string
	left, unseen := textSocketsMax, 0
	for _, h := range run.Hosts {
		switch {
		case h.Router:
			continue
		case len(h.Sockets) == 0 && h.State == "":
			idle = append(idle, h.Name)
			continue
		case left == 0:
			unseen += len(h.Sockets)
			continue
		}
		out.line("  %s", h.heading())
		shown := min(left, len(h.Sockets))
		for _, s := range h.Sockets[:shown] {
			out.line("    %s", s)
		}
		left -= shown
		unseen += len(h.Sockets) - shown
	}
	if unseen > 0 {
		out.line("  and %d more", unseen)
	}
	if len(idle) > 0 {
		out.line("  none: %s", names(idle))
	}
}

// counters lists what each host has counted.
func (out *printer) counters(run *Run) {
	shown, more := 0, 0
	for _, h := range run.Hosts {
		switch {
		case len(h.Counters) == 0:
			continue
		case shown == textCountsMax:
			more++
			continue
		case shown == 0:
			out.section("counters")
		}
		shown++
		var list []string
		for _, c := range h.Counters {
			list = append(list, fmt.Sprintf("%s %d", c.Name, c.Value))
		}
		out.line("  %s: %s", h.Name, strings.Join(list, ", "))
	}
	if more > 0 {
		out.line("  and %d hosts more", more)
	}
}

// heading is a host's name, state and addresses.
func (h Host) heading() string {
	text := h.Name
	if h.State != "" {
		text += ", " + h.State
	}
	for i, a := range h.Addresses {
		if i == 0 {
			text += ":"
		}
		text += " " + a.String()
	}
	return text
}

// names joins names, up to a number of them.
func names(all []string) string {
	if len(all) <= textNamesMax {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:textNamesMax], ", "), len(all)-textNamesMax)
}

// faults lists the faults that struck, then those that never did: a fault that
// never strikes is often the mistake.
func (out *printer) faults(run *Run) {
	if len(run.Faults) == 0 {
		return
	}
	out.section("faults (hits)")
	faults := sortedFaults(run.Faults)
	for _, f := range faults[:min(len(faults), textFaultsMax)] {
		hits := fmt.Sprint(f.Hits)
		if f.Hits == 0 {
			hits = "never"
		}
		out.line("  %6s  %s", hits, f.Line)
	}
	if n := len(run.Faults) - textFaultsMax; n > 0 {
		out.line("  and %d more", n)
	}
}

// sortedFaults puts the faults that struck before those that never did.
func sortedFaults(all []Fault) []Fault {
	faults := slices.Clone(all)
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Compare(min(b.Hits, 1), min(a.Hits, 1))
	})
	return faults
}

// paths lists the paths on which packets were lost.
func (out *printer) paths(run *Run) {
	shown, more := 0, 0
	for _, p := range run.Paths {
		if p.Counters.DroppedAll() == 0 {
			continue
		}
		if shown == textPathsMax {
			more++
			continue
		}
		if shown == 0 {
			out.section("paths that lost packets")
		}
		shown++
		out.line("  %s: %s", p.Name, p.losses())
	}
	if more > 0 {
		out.line("  and %d more", more)
	}
}
