package simrows

import (
	"context"
	"errors"
	"flag"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

var long = flag.Bool("long", false, "measure all rows in 20 worlds of 60 virtual seconds, which takes minutes")

// brief is enough to see whether something is measured.
var brief = Effort{Seeds: 2, Measured: time.Second}

// few are experiments that are quickly made.
var few = []experiment{cubicLoss(10_000), cubicLoss(30_000), reordering()}

// collect returns all rows, or none with an error.
func collect(rows iter.Seq2[Row, error]) ([]Row, error) {
	var all []Row
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// TestRows measures rows and holds them to their targets.
func TestRows(t *testing.T) {
	effort, list := Effort{Seeds: 2, Measured: 10 * time.Second}, few
	if *long {
		effort, list = Full, experiments
	}
	rows, err := collect(rowsOf(t.Context(), effort, list, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Logf("%-50s %6.2f of %6.2f Mbit/s: %.3fx ± %.3f, %d seeds", r.Name, r.Value, r.Base, r.Ratio, r.Spread, r.Seeds)
		if r.Ratio < r.Target {
			t.Errorf("%s: %.3f, want %v at least", r.Name, r.Ratio, r.Target)
		}
	}
}

// TestRowsAreEqual: the rows of two runs are equal to the last bit.
func TestRowsAreEqual(t *testing.T) {
	var runs [2][]Row
	for i := range runs {
		var err error
		if runs[i], err = collect(rowsOf(t.Context(), brief, few[1:2], nil)); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(runs[0], runs[1]) {
		t.Errorf("the first run has\n%+v\nand the second\n%+v", runs[0], runs[1])
	}
	if runs[0][0].Spread == 0 {
		t.Error("two seeds had one result: the seed is not used")
	}
}

// TestEfforts: mistakes are named.
func TestEfforts(t *testing.T) {
	for want, e := range map[string]Effort{
		"Effort.Seeds is 0":       {Measured: time.Second},
		"Effort.Measured is 10ms": {Seeds: 1, Measured: 10 * time.Millisecond},
	} {
		if _, err := collect(Rows(t.Context(), e, nil)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error about %q", err, want)
		}
	}
}

// TestRowsEndWithTheirContext: the context's error is all that is yielded.
func TestRowsEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rows, err := collect(Rows(ctx, Full, nil)); !errors.Is(err, context.Canceled) || rows != nil {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// TestRowsThatAreWanted: no others are yielded, and the loop may be left.
func TestRowsThatAreWanted(t *testing.T) {
	wanted := []string{"cubic, 3% lost, against pftk", "cubic, 3% lost, against rfc9438-eq5"}
	want := func(name string) bool { return slices.Contains(wanted, name) }
	var names []string
	for r, err := range Rows(t.Context(), brief, want) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, r.Name)
	}
	if !slices.Equal(names, wanted) {
		t.Errorf("the rows are %q, want %q", names, wanted)
	}
	before := runtime.NumGoroutine()
	for r, err := range Rows(t.Context(), brief, func(name string) bool { return strings.Contains(name, "3% lost") }) {
		t.Logf("left at %q, %v", r.Name, err)
		break
	}
	wait.Until(t, func() bool { return runtime.NumGoroutine() <= before }, "the worlds' goroutines end")
}

// TestNamesAreDifferent: a row is told from the others by its name.
func TestNamesAreDifferent(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range experiments {
		for _, c := range x.against {
			name := c.name(x)
			if seen[name] {
				t.Errorf("there are two rows %q", name)
			}
			seen[name] = true
		}
	}
}

// BenchmarkSimulator measures each row. With -long it does so at full size.
func BenchmarkSimulator(b *testing.B) {
	effort := Quick
	if *long {
		effort = Full
	}
	for _, x := range experiments {
		b.Run(strings.NewReplacer(", ", "/", " ", "-").Replace(x.name), func(b *testing.B) {
			for b.Loop() {
				rows, err := collect(rowsOf(b.Context(), effort, []experiment{x}, nil))
				if err != nil {
					b.Fatal(err)
				}
				for _, r := range rows {
					b.ReportMetric(r.Ratio, "x-of-"+r.Against)
					b.ReportMetric(r.Value, "Mbit/s")
				}
			}
		})
	}
}
