package scenario

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// Options say how a scenario is run. The zero value runs it as it is written.
type Options struct {
	// Seed, if not 0, is used in place of the file's.
	Seed uint64

	// Samples asks for what TCP knows of its connections at each change, for
	// the curves of a report.
	Samples bool

	// Done, if not nil, is called when the last command has been run, before
	// the world is closed: for reports and captures. r lacks Updated; err is
	// why the run has ended before the file's end.
	Done func(w *sim.World, r *Result, err error)
}

// Result is what came of a run.
type Result struct {
	Seed    uint64
	Hash    string        // of the trace
	Elapsed time.Duration // of virtual time
	Packets uint64        // records in the trace

	// Differences are the blocks where something else was observed than
	// expected, in their order; none is a success.
	Differences []Difference

	// Updated is the file with what was observed in place of what was
	// expected. It is nil when the run ended before the file's end.
	Updated []byte
}

// Passed reports whether everything was as expected.
func (r *Result) Passed() bool { return len(r.Differences) == 0 }

// Difference is a block where something else was observed than expected.
type Difference struct {
	File string
	Line int // of the block's ----, or of its last command where it has none
	Want []string
	Got  []string
}

// recordsMax bounds how much of a trace is kept for queries.
const recordsMax = 500_000

// Run runs the scenario in a world of its own. The error says why the run ended
// before the file's end; the result is there in any case and has what was
// observed until then.
func (f *File) Run(o Options) (*Result, error) {
	cfg := sim.Config{
		Seed: f.header.seed, Limits: f.header.limits, Order: f.header.order, Path: f.header.path, TCP: f.header.tcp,
		Trace: engine.TraceConfig{Full: true, Most: recordsMax}, Samples: o.Samples,
	}
	if o.Seed != 0 {
		cfg.Seed = o.Seed
	}
	if cfg.Limits.Events == 0 {
		cfg.Limits.Events = eventsDefault
	}
	if cfg.Limits.Time == 0 {
		cfg.Limits.Time = timeDefault
	}
	w, newErr := sim.New(cfg)
	if newErr != nil {
		return &Result{Seed: cfg.Seed}, &Error{f.Name, 1, 1, "", oneLine(newErr.Error())}
	}
	r := newRunner(f, w)
	got := make([][]string, 0, len(f.blocks))
	for i := range f.blocks {
		got = append(got, r.runBlock(&f.blocks[i]))
		if r.err != nil {
			break
		}
	}
	r.over = true
	result := &Result{Seed: w.Seed(), Hash: w.Hash(), Elapsed: w.Now(), Packets: w.Trace().Len()}
	f.compare(result, got)
	var err error
	if r.err != nil {
		err = r.err
	}
	if o.Done != nil {
		o.Done(w, result, err)
	}
	if closeErr := w.Close(); err == nil && closeErr != nil {
		err = &Error{f.Name, max(len(f.lines), 1), 1, "", oneLine(closeErr.Error())}
	}
	if err != nil {
		return result, err
	}
	result.Updated = f.updated(got)
	return result, nil
}

// compare finds the blocks that differ.
func (f *File) compare(result *Result, got [][]string) {
	for i, lines := range got {
		b := &f.blocks[i]
		if !sameLines(b.want, lines) {
			result.Differences = append(result.Differences, Difference{f.Name, max(b.rule, b.last), b.want, lines})
		}
	}
}

// sameLines compares what is wanted with what was observed. A hash that holds
// for another GOARCH is as good as any.
func sameLines(want, got []string) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !isForeignHash(want[i], got[i]) {
			return false
		}
	}
	return true
}

// isForeignHash reports whether both are hashes, and want is one of another
// GOARCH than this.
func isForeignHash(want, got string) bool {
	own := hashPrefix(runtime.GOARCH)
	return strings.HasPrefix(want, "hash ") && strings.Contains(want, ": ") && !strings.HasPrefix(want, own) && strings.HasPrefix(got, own)
}

// updated is the file with what was observed.
func (f *File) updated(got [][]string) []byte {
	var out strings.Builder
	next := 0 // the first line that has not been written
	for i := range f.blocks {
		b := &f.blocks[i]
		end := b.last
		if b.rule > 0 {
			end = b.rule - 1
		}
		for ; next < end; next++ {
			out.WriteString(f.lines[next] + "\n")
		}
		if b.rule > 0 || len(got[i]) > 0 {
			out.WriteString(ruleText + "\n")
		}
		if b.rule > 0 {
			next = b.rule + len(b.want)
		}
		for j, line := range got[i] {
			if j < len(b.want) && isForeignHash(b.want[j], line) {
				line = b.want[j]
			}
			out.WriteString(line + "\n")
		}
	}
	for ; next < len(f.lines); next++ {
		out.WriteString(f.lines[next] + "\n")
	}
	return []byte(out.String())
}

// String shows the difference line by line: - is expected and was not observed,
// + was observed and is not expected.
func (d *Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: something else was observed than expected (- expected, + observed)\n", d.File, d.Line)
	for _, l := range diffLines(d.Want, d.Got) {
		b.WriteString(l + "\n")
	}
	return b.String()
}
