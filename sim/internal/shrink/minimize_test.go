package shrink

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// numbered are events that can be told apart by their names, of so many
// faults in turn.
func numbered(n, of int) []Event {
	events := make([]Event, n)
	for i := range events {
		f := fault.Exact{Path: "a>b", Index: uint64(i), Drop: true}
		events[i] = Event{Fault: f, Of: fmt.Sprint("fault ", i%of), At: time.Duration(i)}
	}
	return events
}

// indices lists which of the numbered events these are.
func indices(events []Event) []int {
	var all []int
	for _, e := range events {
		all = append(all, int(e.Fault.(fault.Exact).Index))
	}
	return all
}

// holds reports whether all of wanted are among events.
func holds(events []Event, wanted ...int) bool {
	all := indices(events)
	for _, n := range wanted {
		if !slices.Contains(all, n) {
			return false
		}
	}
	return true
}

// TestTwoOfTwoHundred finds the only two events that a failure needs.
func TestTwoOfTwoHundred(t *testing.T) {
	runs := 0
	result, err := Minimize(numbered(200, 5), func(events []Event) (bool, error) {
		runs++
		return holds(events, 37, 151), nil
	}, Budget{})
	if err != nil || !slices.Equal(indices(result.Events), []int{37, 151}) || !result.Minimal {
		t.Errorf("%v, minimal %v, %v; want 37 and 151", indices(result.Events), result.Minimal, err)
	}
	if result.Runs != runs || runs > 400 {
		t.Errorf("%d runs are reported and %d were made, want the same and at most 400", result.Runs, runs)
	}
}

// TestAnyFewAreFound draws what a failure needs, by an ordinary stream.
func TestAnyFewAreFound(t *testing.T) {
	state := uint64(1)
	draw := func(n int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % n
	}
	for range 200 {
		n := 1 + draw(120)
		var wanted []int
		for range draw(5) {
			if one := draw(n); !slices.Contains(wanted, one) {
				wanted = append(wanted, one)
			}
		}
		slices.Sort(wanted)
		result, err := Minimize(numbered(n, 1+draw(4)), func(events []Event) (bool, error) {
			return holds(events, wanted...), nil
		}, Budget{Runs: 5000})
		if err != nil || !slices.Equal(indices(result.Events), wanted) || !result.Minimal {
			t.Errorf("of %d: %v, minimal %v, %v; want %v", n, indices(result.Events), result.Minimal, err, wanted)
		}
	}
}

// TestResultIsMinimalWhereLessIsNotEasier wants no further event to be left
// out, with a failure that comes and goes with others.
func TestResultIsMinimalWhereLessIsNotEasier(t *testing.T) {
	fails := func(events []Event) (bool, error) {
		all := indices(events)
		sum := 0
		for _, n := range all {
			sum += n
		}
		return holds(events, 20) && sum%3 != 1 && len(all)%4 != 1, nil
	}
	result, err := Minimize(numbered(51, 7), fails, Budget{})
	if err != nil || !result.Minimal || !holds(result.Events, 20) {
		t.Fatalf("%v, %v", result, err)
	}
	for i := range result.Events {
		if failed, _ := fails(slices.Delete(slices.Clone(result.Events), i, i+1)); failed {
			t.Errorf("%v still fails without the event %d", indices(result.Events), i)
		}
	}
}

// TestOneAloneIsFound has a failure that needs ten events in the company of
// others, and only one by itself: no cutting of halves would end there.
func TestOneAloneIsFound(t *testing.T) {
	result, err := Minimize(numbered(40, 1), func(events []Event) (bool, error) {
		alone := len(events) == 1 && holds(events, 23)
		return alone || holds(events, 0, 4, 8, 12, 16, 20, 24, 28, 32, 36), nil
	}, Budget{})
	if err != nil || !slices.Equal(indices(result.Events), []int{23}) {
		t.Errorf("%v, %v; want 23 alone", indices(result.Events), err)
	}
}

// TestFaultsAreLeftOutWhole counts how few runs it takes to leave 999 of 1000
// faults out, of which one has all events that matter.
func TestFaultsAreLeftOutWhole(t *testing.T) {
	events := numbered(1000, 4)
	result, err := Minimize(events, func(some []Event) (bool, error) {
		n := 0
		for _, e := range some {
			if e.Of == "fault 2" {
				n++
			}
		}
		return n == 250, nil
	}, Budget{Runs: 600})
	if err != nil || len(result.Events) != 250 {
		t.Errorf("%d events, %v; want the 250 of fault 2", len(result.Events), err)
	}
}

// TestNoFaultIsNeeded ends after two runs, and those that confirm them.
func TestNoFaultIsNeeded(t *testing.T) {
	result, err := Minimize(numbered(100, 3), func([]Event) (bool, error) { return true, nil }, Budget{})
	if err != nil || len(result.Events) != 0 || !result.Minimal || result.Runs > 3 {
		t.Errorf("%+v, %v; want no event after 3 runs", result, err)
	}
}

// TestPassingRunIsAnError has nothing to reduce.
func TestPassingRunIsAnError(t *testing.T) {
	_, err := Minimize(numbered(10, 1), func([]Event) (bool, error) { return false, nil }, Budget{})
	if !errors.Is(err, ErrPasses) {
		t.Errorf("%v, want ErrPasses", err)
	}
}

// TestFlakyRunIsNoticed answers otherwise when the result is confirmed.
func TestFlakyRunIsNoticed(t *testing.T) {
	for _, wrong := range []bool{true, false} {
		asked := map[string]int{}
		_, err := Minimize(numbered(50, 1), func(events []Event) (bool, error) {
			k := Faults(events).String()
			asked[k]++
			failed := holds(events, 10, 30)
			if asked[k] > 1 && failed == wrong {
				failed = !failed
			}
			return failed, nil
		}, Budget{})
		if !errors.Is(err, ErrFlaky) {
			t.Errorf("what had been %v became %v, and the error is %v, want ErrFlaky", wrong, !wrong, err)
		}
	}
}

// TestBudgetIsKept gives less and less of it.
func TestBudgetIsKept(t *testing.T) {
	for runs := 1; runs < 120; runs++ {
		asked := 0
		result, err := Minimize(numbered(100, 2), func(events []Event) (bool, error) {
			asked++
			return holds(events, 11, 55, 77), nil
		}, Budget{Runs: runs})
		if err != nil || !holds(result.Events, 11, 55, 77) {
			t.Errorf("%d runs: %v, %v", runs, indices(result.Events), err)
		}
		if asked > max(runs, 2) || result.Runs != asked {
			t.Errorf("%d runs were allowed, %d made, %d reported", runs, asked, result.Runs)
		}
		if few := len(result.Events) == 3; result.Minimal && !few || runs > 60 && !(result.Minimal && few) {
			t.Errorf("%d runs: %d events, minimal %v", runs, len(result.Events), result.Minimal)
		}
	}
}

// TestErrorsEndTheSearch passes on what the run says.
func TestErrorsEndTheSearch(t *testing.T) {
	broken := errors.New("no such program")
	asked := 0
	_, err := Minimize(numbered(10, 1), func([]Event) (bool, error) {
		asked++
		return true, broken
	}, Budget{})
	if !errors.Is(err, broken) || asked != 1 {
		t.Errorf("%v after %d runs, want the error of the first", err, asked)
	}
}

// TestOutageBecomesAPacket replaces an outage by the one packet of it that
// matters, and keeps one of which more than one matter.
func TestOutageBecomesAPacket(t *testing.T) {
	packets := numbered(20, 1)
	whole := Event{Fault: fault.Partition{A: []string{"a"}, Start: 1, End: 20}, Parts: packets}
	other := Event{Fault: fault.Exact{Path: "a>b", Index: 100, Drop: true}, At: 3}
	for _, wanted := range [][]int{{7}, {7, 9}} {
		result, err := Minimize([]Event{whole, other}, func(events []Event) (bool, error) {
			var flat []Event
			for _, e := range events {
				if e.Parts != nil {
					flat = append(flat, e.Parts...)
				} else {
					flat = append(flat, e)
				}
			}
			return holds(flat, append(wanted, 100)...), nil
		}, Budget{})
		part := slices.ContainsFunc(result.Events, func(e Event) bool { return e.String() == packets[7].String() })
		if err != nil || len(result.Events) != 2 || part != (len(wanted) == 1) {
			t.Errorf("%v: %v, %v", wanted, result.Events, err)
		}
	}
}

// TestPacketsStandInForOutages has a run that fails only with the packets
// themselves.
func TestPacketsStandInForOutages(t *testing.T) {
	whole := Event{Fault: fault.Partition{A: []string{"a"}, Start: 1, End: 20}, Parts: numbered(20, 1)}
	result, err := Minimize([]Event{whole}, func(events []Event) (bool, error) {
		return !slices.ContainsFunc(events, func(e Event) bool { return e.Parts != nil }) && holds(events, 3, 4), nil
	}, Budget{})
	if err != nil || !slices.Equal(indices(result.Events), []int{3, 4}) {
		t.Errorf("%v, %v; want 3 and 4", result.Events, err)
	}
}

// TestEventsAreLines writes events and reads them back.
func TestEventsAreLines(t *testing.T) {
	l := Faults(numbered(3, 1))
	back, err := fault.ParseList(l.String())
	if err != nil {
		t.Fatal(err)
	}
	events, err := FromFaults(back)
	if err != nil || !holds(events, 0, 1, 2) || events[2].String() != `exact path="a>b" index=2 drop` {
		t.Errorf("%v, %v", events, err)
	}
	events[1].Of, events[1].Like, events[1].At, events[1].Note = "loss chance=1%", "like this", time.Second, "a note"
	data, err := json.Marshal(events)
	var read []Event
	if err != nil || json.Unmarshal(data, &read) != nil || !reflect.DeepEqual(read, events) {
		t.Errorf("%s, %v\nis read as %v", data, err, read)
	}
	_, err = FromFaults(fault.List{fault.Func{Name: "mine", Verdict: func(fault.Seed, *fault.Packet) fault.Verdict { return fault.Verdict{} }}})
	if err == nil || !strings.Contains(err.Error(), "func name=mine: a closure cannot be replayed: use a fault that is a struct") {
		t.Errorf("a closure: %v", err)
	}
}
