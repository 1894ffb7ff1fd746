package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/report"
)

// TestReportNotesWhatBefallsHosts wants crashes, pauses and late faults among
// the notes, and the state of hosts at the end.
func TestReportNotesWhatBefallsHosts(t *testing.T) {
	w, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	a, b := w.Host("a"), w.Host("b")
	w.Fault(fault.Loss{Chance: 1})
	w.RunFor(time.Second)
	w.Fault(fault.Drop{Select: fault.Select{Proto: fault.UDP}})
	a.Pause()
	a.Pause()
	w.RunFor(time.Second)
	b.Crash()
	w.RunFor(time.Second)
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	b.Crash()
	w.Note("that is all")
	run := w.Report()
	want := `fault 1s from now on drop proto=udp
host 1s a: pauses
host 2s b: crashes
host 3s b: starts again
host 3s b: crashes
note 3s that is all`
	if got := notesOf(run); got != want {
		t.Errorf("notes\n%s\nwant\n%s", got, want)
	}
	if run.Hosts[0].State != "paused" || run.Hosts[1].State != "crashed" {
		t.Errorf("states %q and %q", run.Hosts[0].State, run.Hosts[1].State)
	}
	a.Resume()
	run = w.Report()
	if run.Hosts[0].State != "" || !strings.HasSuffix(notesOf(run), "host 3s a: goes on") {
		t.Errorf("after going on: state %q, notes\n%s", run.Hosts[0].State, notesOf(run))
	}
}

// notesOf lists a run's notes, but for the wake-ups.
func notesOf(run *report.Run) string {
	var notes []string
	for _, n := range run.Notes {
		if n.Kind != report.NoteWakeUp {
			notes = append(notes, fmt.Sprint(n.Kind, " ", n))
		}
	}
	return strings.Join(notes, "\n")
}

// TestReportNamesRouters wants routers among the hosts, and a segment that
// passes one not to be taken for sent again.
func TestReportNamesRouters(t *testing.T) {
	w, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	Must(w.AddSubnet(SubnetConfig{Name: "near"}))
	Must(w.AddSubnet(SubnetConfig{Name: "far"}))
	w.Router("r", "near", "far")
	a, b := w.Host("a", InSubnet("near")), w.Host("b", InSubnet("far"))
	Must(b.Listen("tcp", ":80"))
	Must(a.Dial("tcp", "b:80")).Close()
	w.Settle()
	run := w.Report()
	if last := run.Hosts[len(run.Hosts)-1]; last.Name != "r" || !last.Router || len(last.Addresses) != 2 {
		t.Errorf("the last host is %+v, want the router", last)
	}
	var text strings.Builder
	if err := report.Text(&text, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a                               r                               b", "asks for a connection"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "once more") {
		t.Errorf("what passed the router was taken for sent again:\n%s", text.String())
	}
}
