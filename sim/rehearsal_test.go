package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/shrink"
)

// rehearsed runs a small conversation in a world with two faults about
// packets, a pause and a lookup that goes wrong, and returns the world after
// it. It says how often the faults hit what they were added for.
func rehearsed(t *testing.T, cfg Config) (w *World, hits []uint64) {
	t.Helper()
	cfg.Path.Delay = 10 * time.Millisecond
	w, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	srv, cli := w.Host("srv"), w.Host("cli")
	var handles []*fault.Handle
	for _, line := range []string{
		"drop flags=syn without=ack nth=1", "partition a=cli start=2s end=4s",
		"pause host=srv at=5s for=100ms", "dns names=srv late=300ms nth=1 record=a",
	} {
		handles = append(handles, w.Fault(Must(fault.Parse(line))))
	}
	l := Must(srv.Listen("tcp", ":7"))
	srv.Go("echo", func() {
		c := Must(l.Accept())
		b := make([]byte, 10)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			Must(c.Write(b[:n]))
		}
	})
	c := w.Must(cli.Dial("tcp", "srv:7"))
	for range 12 {
		Must(c.Write([]byte("x")))
		Must(c.Read(make([]byte, 1)))
		cli.Sleep(500 * time.Millisecond)
	}
	for _, h := range handles {
		hits = append(hits, h.Hits())
	}
	return w, hits
}

// TestReplayOfARunIsTheRun records a run and plays it again in a world whose
// own faults do nothing.
func TestReplayOfARunIsTheRun(t *testing.T) {
	first, hits := rehearsed(t, Config{rehearsal: rehearsal{record: true}})
	for i, n := range hits {
		if n == 0 {
			t.Errorf("fault %d did nothing: hits %v", i, hits)
		}
	}
	events, err := first.stage.recorder.Events()
	if err != nil {
		t.Fatal(err)
	}
	again, hits := rehearsed(t, Config{rehearsal: rehearsal{replay: events}})
	if again.Hash() != first.Hash() {
		t.Errorf("the replay of\n%vis another run", shrink.Faults(events))
	}
	if fmt.Sprint(hits[:2]) != "[0 0]" || hits[2] != 1 || hits[3] != 1 {
		t.Errorf("hits %v, want none of the packets' faults, which are replaced, and one of each other", hits)
	}
	met := again.stage.replayer.Met()
	third, _ := rehearsed(t, Config{Faults: shrink.Faults(met)})
	if len(met) != len(events) || third.Hash() != first.Hash() {
		t.Errorf("of\n%vthese happened\n%vand their replay has the same trace: %v",
			shrink.Faults(events), shrink.Faults(met), third.Hash() == first.Hash())
	}
}

// TestFaultsReplaceThoseOfTheProgram gives an empty list and one of two.
func TestFaultsReplaceThoseOfTheProgram(t *testing.T) {
	calm, hits := rehearsed(t, Config{Faults: fault.List{}})
	if fmt.Sprint(hits) != "[0 0 0 0]" {
		t.Errorf("hits %v with an empty list", hits)
	}
	l := Must(fault.ParseList("pause host=srv at=5s for=100ms\ndrop flags=syn without=ack nth=1"))
	paused, hits := rehearsed(t, Config{Faults: l})
	if fmt.Sprint(hits) != "[0 0 1 0]" || paused.Hash() == calm.Hash() {
		t.Errorf("hits %v, want one of the pause, which is in the list", hits)
	}
	if met := paused.stage.replayer.Met(); len(met) != 2 {
		t.Errorf("%v happened of the list, want both", met)
	}
	want := "[{pause host=srv at=5s for=100ms 1} {drop flags=syn without=ack nth=1 1}]"
	if got := fmt.Sprint(paused.Report().Faults); got != want {
		t.Errorf("the report lists %s, want %s", got, want)
	}
}

// TestFaultsThatCannotBeReplayed are refused when the world is made.
func TestFaultsThatCannotBeReplayed(t *testing.T) {
	closure := fault.Func{Name: "mine", Verdict: func(fault.Seed, *fault.Packet) fault.Verdict { return fault.Verdict{} }}
	for want, f := range map[string]fault.Fault{
		"func name=mine: a closure cannot be replayed":            closure,
		"sim: Config.Faults[0]: fault: loss: chance is 0":         fault.Loss{},
		"sim: Config.Faults[0]: fault: exact: path is":            fault.Exact{Drop: true},
		"sim: Config.Faults[0]: fault: crash: host is empty":      fault.Crash{},
		"sim: Config.Faults[0]: fault: there is a nil among the ": nil,
	} {
		if _, err := New(Config{Faults: fault.List{f}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", f, err, want)
		}
	}
}
