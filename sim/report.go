package sim

import (
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/report"
)

// Report is what is known of the run so far, for package report to print, to
// write as a capture or to draw. It borrows the trace. Call it while the world
// stands still: by the test itself, or when all programs wait.
func (w *World) Report() *report.Run {
	records, complete := w.trace.All()
	if !complete || len(records) == 0 {
		records = w.trace.Last()
	}
	run := &report.Run{
		Seed: w.Seed(), Hash: w.Hash(), Versions: Versions(),
		Start: Start, Now: w.events.Now(), Steps: w.events.Fired(),
		Records: records, RecordsAll: w.trace.Len(),
	}
	for _, h := range w.Hosts() {
		run.Hosts = append(run.Hosts, report.Host{Name: h.name, State: h.state(), Addresses: h.Addrs(), Sockets: h.Sockets(), Counters: h.counted()})
	}
	for _, r := range w.Routers() {
		run.Hosts = append(run.Hosts, report.Host{Name: r.name, Router: true, Addresses: r.Addrs()})
	}
	for _, p := range w.net.Paths() {
		run.Paths = append(run.Paths, report.Path{Name: p.Name(), Config: p.Config(), Counters: p.Counters()})
	}
	run.Faults = w.stage.report(w.faults)
	w.mu.Lock()
	run.Samples, run.Notes = w.diary.samples, w.diary.list()
	w.mu.Unlock()
	return run
}

// Note writes a remark into the run's report, at this instant.
func (w *World) Note(text string) { w.note("", report.NoteText, text) }

// Note writes a remark about the host into the run's report, at this instant.
func (h *Host) Note(text string) { h.w.note(h.name, report.NoteText, text) }

// happens writes what befalls the host into the run's report.
func (h *Host) happens(what string) { h.w.note(h.name, report.NoteHost, what) }

// noteFault writes that there is a fault from now on; those that were there
// from the beginning are only in the report's list of faults.
func (w *World) noteFault(h *fault.Handle) {
	if w.Now() > 0 {
		w.note("", report.NoteFault, "from now on "+h.String())
	}
}

// state is how the host is, if it is not running.
func (h *Host) state() string {
	switch {
	case !h.Up():
		return "crashed"
	case h.Paused():
		return "paused"
	}
	return ""
}

func (w *World) note(host string, kind report.NoteKind, text string) {
	at := w.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.diary.add(report.Note{At: at, Host: host, Kind: kind, Text: text}, w.trace.Len())
}

// diary is what happens besides packets. Notes and samples are kept under the
// world's lock; only the driver takes samples.
type diary struct {
	notes    []entry // a ring of notesMost
	next     int     // where the next one goes when the ring is full
	sampling bool    // as it was set before the world began
	samples  []report.Sample
	last     map[sampled]report.Sample // the driver's
}

// entry is a note and how many records the trace had then.
type entry struct {
	report.Note
	records uint64
}

// sampled is a connection.
type sampled struct {
	host string
	flow string
}

const (
	notesMost   = 20_000
	samplesMost = 50_000
)

func (d *diary) add(n report.Note, records uint64) {
	if len(d.notes) < notesMost {
		d.notes = append(d.notes, entry{n, records})
		return
	}
	d.notes[d.next] = entry{n, records}
	d.next = (d.next + 1) % notesMost
}

// all are the notes, the oldest first.
func (d *diary) all() []entry {
	return append(append([]entry(nil), d.notes[d.next:]...), d.notes[:d.next]...)
}

func (d *diary) list() []report.Note {
	var notes []report.Note
	for _, e := range d.all() {
		notes = append(notes, e.Note)
	}
	return notes
}

// wakeUpsBefore are the last wake-ups before the trace had so many records.
func (d *diary) wakeUpsBefore(records int, most int) []report.Note {
	var notes []report.Note
	for _, e := range d.all() {
		if e.Kind == report.NoteWakeUp && e.records <= uint64(records) {
			notes = append(notes, e.Note)
		}
	}
	return notes[max(0, len(notes)-most):]
}

// sample notes what TCP knows of a host's connections, where that has changed.
func (w *World) sample(h *Host, at time.Duration) {
	d := &w.diary
	if !d.sampling || len(d.samples) >= samplesMost {
		return
	}
	if d.last == nil {
		d.last = map[sampled]report.Sample{}
	}
	for _, s := range h.Sockets() {
		now, ok := report.SampleOf(at, h.name, s)
		if !ok {
			continue
		}
		key := sampled{h.name, now.Flow.String()}
		before := d.last[key]
		before.At = at
		if before != now {
			d.last[key] = now
			w.mu.Lock()
			d.samples = append(d.samples, now)
			w.mu.Unlock()
		}
	}
}

// difference is where two runs of one test parted, with the last wake-ups
// before; nil if they did not.
func difference(a, b *World) (*report.Difference, error) {
	d, err := engine.FirstDifference(a.trace, b.trace)
	if d == nil || err != nil {
		return nil, err
	}
	return &report.Difference{Packets: *d, WakeUps: [2][]report.Note{
		a.diary.wakeUpsBefore(d.Index, wakeUpsShown), b.diary.wakeUpsBefore(d.Index, wakeUpsShown),
	}}, nil
}

// wakeUpsShown is how many wake-ups are shown before a difference.
const wakeUpsShown = 10
