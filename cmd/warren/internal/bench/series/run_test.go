package series

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// fake is a variant that answers from a list, the last one for ever.
type fake struct {
	name    string
	log     *[]string // of calls
	openErr error
	answers []func(t task.Task) (task.Result, error)
	runs    int
}

func (f *fake) Name() string { return f.name }

func (f *fake) Open(context.Context) (Bed, error) {
	f.note("open")
	if f.openErr != nil {
		return nil, f.openErr
	}
	return f, nil
}

func (f *fake) Run(_ context.Context, t task.Task) (task.Result, error) {
	f.note("run")
	answer := f.answers[min(f.runs, len(f.answers)-1)]
	f.runs++
	return answer(t)
}

func (f *fake) Close() error {
	f.note("close")
	return nil
}

func (f *fake) note(what string) {
	if f.log != nil {
		*f.log = append(*f.log, what+" "+f.name)
	}
}

// moves answers that bytes were received in a second, by the task's streams.
func moves(bytes ...int64) func(task.Task) (task.Result, error) {
	return func(task.Task) (task.Result, error) {
		r := task.Result{Seconds: 1, Streams: bytes}
		for _, b := range bytes {
			r.Bytes += b
		}
		return r, nil
	}
}

// any load counts in these tests, because they share their machine.
var anyLoad = Options{Repetitions: 2, LoadMax: -1}

func testRow() Row {
	return Row{
		Name: "row", Task: task.Task{Kind: task.Stream, Streams: 1, Duration: time.Second},
		Base: "base", Variants: []string{"a", "b"}, Metrics: []Metric{Throughput()},
	}
}

func TestVariantsAreInterleaved(t *testing.T) {
	var log []string
	var variants []Variant
	for _, name := range []string{"b", "unused", "a", "base"} {
		variants = append(variants, &fake{name: name, log: &log, answers: []func(task.Task) (task.Result, error){moves(1e6)}})
	}
	var progress, finished int
	opts := anyLoad
	opts.Progress = func(Sample) { progress++ }
	opts.Finished = func(RowOutcome) { finished++ }
	o, err := Run(t.Context(), Plan{Variants: variants, Rows: []Row{testRow()}, Notes: []string{"n"}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	want := "open base,open a,open b,run base,run a,run b,run base,run a,run b,close b,close a,close base"
	if got := strings.Join(log, ","); got != want {
		t.Errorf("calls %s\nwant %s", got, want)
	}
	if progress != 6 || finished != 1 || len(o.Samples) != 6 || len(o.Rows) != 1 || len(o.Notes) != 1 {
		t.Errorf("%d samples told, %d rows; outcome %+v", progress, finished, o)
	}
}

func TestBaseIsRepeatedUntilItCounts(t *testing.T) {
	base := &fake{name: "base", answers: []func(task.Task) (task.Result, error){
		moves(0, 1e6),
		func(task.Task) (task.Result, error) { return task.Result{}, errors.New("no route") },
		moves(1e6, 1e6),
	}}
	other := &fake{name: "a", answers: []func(task.Task) (task.Result, error){moves(0, 4e6)}}
	row := testRow()
	row.Variants = []string{"a"}
	opts := anyLoad
	opts.Repetitions = 1
	o, err := Run(t.Context(), Plan{Variants: []Variant{base, other}, Rows: []Row{row}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, s := range o.Samples {
		reasons = append(reasons, s.Excluded+"|"+s.Remark)
	}
	want := []string{"1 of 2 streams received nothing|", "it failed: no route|", "|", "|1 of 2 streams received nothing"}
	if !slices.Equal(reasons, want) {
		t.Errorf("reasons %q, want %q", reasons, want)
	}
	if got := o.Rows[0].Cells[1].Ratio; got != (Spread{1, 2, 2, 2}) || o.Rows[0].Invalid["base"] != 2 {
		t.Errorf("ratio %+v, invalid %v", got, o.Rows[0].Invalid)
	}
}

func TestBaseBelowFloorDoesNotCount(t *testing.T) {
	base := &fake{name: "base", answers: []func(task.Task) (task.Result, error){
		func(t task.Task) (task.Result, error) {
			if t.Streams == 1 {
				return moves(100e6)(t)
			}
			return moves(20e6, 29e6)(t)
		},
	}}
	row := testRow()
	row.Task.Streams, row.Variants = 2, nil
	row.Floor = &Floor{Task: task.Task{Kind: task.Stream, Streams: 1}, Share: 0.5}
	opts := anyLoad
	opts.Repetitions = 1
	o, err := Run(t.Context(), Plan{Variants: []Variant{base}, Rows: []Row{row}}, opts)
	if err != nil {
		t.Errorf("a base without a sample that counts fails the command: %v", err)
	}
	if ok, why := o.Measured(); ok || !strings.Contains(why, "row: base: 49 MB/s, less than the 50 MB/s") {
		t.Errorf("measured %t, %q", ok, why)
	}
	if len(o.Samples) != 1+6 || o.Samples[0].Row != "row, floor" || o.Rows[0].Invalid["base"] != 6 || o.Rows[0].Missing["base"] == "" {
		t.Errorf("%d samples, row %+v", len(o.Samples), o.Rows[0])
	}
	if got := o.Rows[0].Cells[0].Value; got.Count != 0 {
		t.Errorf("the floor stands for the base: %+v", got)
	}
}

func TestErrorsAreRemarked(t *testing.T) {
	v := &fake{name: "a", answers: []func(task.Task) (task.Result, error){func(task.Task) (task.Result, error) {
		return task.Result{Seconds: 1, Operations: 5, Errors: 3, FirstError: "refused"}, nil
	}}}
	row := Row{Name: "row", Task: task.Task{Kind: task.Connections}, Variants: []string{"a"}, Metrics: []Metric{Rate("conns/s")}, Repetitions: 1}
	o, err := Run(t.Context(), Plan{Variants: []Variant{v}, Rows: []Row{row}}, anyLoad)
	if err != nil || len(o.Samples) != 1 || o.Samples[0].Remark != "3 errors, one of them: refused" || o.Rows[0].Cells[0].Value.Median != 5 {
		t.Errorf("%v, %+v", err, o)
	}
}

func TestOneErrorIsOne(t *testing.T) {
	s := Sample{Result: task.Result{Operations: 1, Errors: 1, FirstError: "refused"}}
	if s.judge(task.Task{Kind: task.Connections}, false, -1); s.Remark != "1 error: refused" {
		t.Errorf("remark %q", s.Remark)
	}
}

// A base that cannot be measured is shown as such; the variants beside it have
// values, and no ratios.
func TestRowWithoutItsBase(t *testing.T) {
	failing := func(task.Task) (task.Result, error) { return task.Result{}, errors.New("no route") }
	base := &fake{name: "base", answers: []func(task.Task) (task.Result, error){moves(0, 1e6), failing}}
	other := &fake{name: "a", answers: []func(task.Task) (task.Result, error){moves(4e6)}}
	row := testRow()
	row.Variants = []string{"a"}
	o, err := Run(t.Context(), Plan{Variants: []Variant{base, other}, Rows: []Row{row}}, anyLoad)
	if err != nil {
		t.Errorf("error %v", err)
	}
	if ok, why := o.Measured(); !ok {
		t.Errorf("nothing is measured: %s", why)
	}
	r := o.Rows[0]
	if r.Cells[0].Value.Count != 0 || r.Cells[1].Value.Count != 2 || r.Cells[1].Ratio.Count != 0 || r.Missing["base"] != "it failed: no route" || r.Invalid["base"] != 12 {
		t.Errorf("%+v", r)
	}
}

// A variant that does nothing but fail fails the command; one whose samples
// meet a busy machine as well does not.
func TestVariantThatFails(t *testing.T) {
	failing := func(task.Task) (task.Result, error) { return task.Result{}, errors.New("no route") }
	row := testRow()
	row.Variants = []string{"a"}
	for name, answer := range map[string]func(task.Task) (task.Result, error){"it failed: no route": failing, "nothing was moved": moves()} {
		base := &fake{name: "base", answers: []func(task.Task) (task.Result, error){moves(1e6)}}
		a := &fake{name: "a", answers: []func(task.Task) (task.Result, error){answer}}
		o, err := Run(t.Context(), Plan{Variants: []Variant{base, a}, Rows: []Row{row}}, anyLoad)
		if err == nil || !strings.Contains(err.Error(), "row: a: no sample counts, the last one because: "+name) || len(o.Rows) != 1 {
			t.Errorf("%s: error %v, outcome %+v", name, err, o)
		}
	}
	o := RowOutcome{Name: "row", Invalid: map[string]int{}, Missing: map[string]string{}}
	samples := []Sample{{Row: "row", Variant: "a", Excluded: "it failed", failed: true}, {Row: "row", Variant: "a", Excluded: "busy"}}
	if err := o.complain(samples, row, []string{"a"}); err != nil || o.Missing["a"] != "busy" || o.Invalid["a"] != 2 {
		t.Errorf("error %v, %+v", err, o)
	}
}

func TestUnavailableVariantsAreSkipped(t *testing.T) {
	good := []func(task.Task) (task.Result, error){moves(1e6)}
	o, err := Run(t.Context(), Plan{
		Variants: []Variant{
			&fake{name: "base", answers: good},
			&fake{name: "a", openErr: fmt.Errorf("opening: %w", &Unavailable{"install it"})},
			&fake{name: "b", answers: good},
		},
		Rows: []Row{testRow(), testRow()},
	}, anyLoad)
	if err != nil || o.Skipped["a"] != "install it" || len(o.Rows) != 2 || len(o.Rows[0].Cells) != 2 {
		t.Errorf("%v, %+v", err, o)
	}
}

func TestOtherErrorsOfOpenFailTheRow(t *testing.T) {
	broken := errors.New("broken")
	good := []func(task.Task) (task.Result, error){moves(1e6)}
	single := testRow()
	single.Name, single.Variants = "single", nil
	o, err := Run(t.Context(), Plan{
		Variants: []Variant{&fake{name: "base", answers: good}, &fake{name: "a", openErr: broken}},
		Rows:     []Row{testRow(), single},
	}, anyLoad)
	if !errors.Is(err, broken) || len(o.Rows) != 2 || len(o.Rows[1].Cells) != 1 {
		t.Errorf("%v, %+v", err, o)
	}
	if _, err := Run(t.Context(), Plan{Rows: []Row{testRow()}}, anyLoad); err == nil || !strings.Contains(err.Error(), `no variant "base"`) {
		t.Errorf("a variant that does not exist: %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	var log []string
	ctx, cancel := context.WithCancel(t.Context())
	base := &fake{name: "base", log: &log, answers: []func(task.Task) (task.Result, error){func(task.Task) (task.Result, error) {
		cancel()
		return task.Result{}, context.Canceled
	}}}
	row := testRow()
	row.Variants = nil
	o, err := Run(ctx, Plan{Variants: []Variant{base}, Rows: []Row{row, row}}, anyLoad)
	if !errors.Is(err, context.Canceled) || len(o.Rows) != 0 || log[len(log)-1] != "close base" {
		t.Errorf("error %v, rows %v, calls %v", err, o.Rows, log)
	}
}

func TestBusyMachineExcludes(t *testing.T) {
	s := Sample{ForeignCores: 0.5, Result: task.Result{Bytes: 1, Seconds: 1}}
	s.judge(task.Task{Kind: task.Stream}, false, 0.3)
	if !strings.Contains(s.Excluded, "0.50 processors") {
		t.Errorf("excluded: %q", s.Excluded)
	}
	s.Excluded, s.ForeignCores = "", foreignUnknown
	if s.judge(task.Task{Kind: task.Stream}, false, 0.3); !s.counts() {
		t.Errorf("unknown load excludes: %q", s.Excluded)
	}
	s = Sample{}
	if s.judge(task.Task{Kind: task.Stream}, false, -1); s.Excluded != "nothing was moved" {
		t.Errorf("nothing moved: %q", s.Excluded)
	}
}

func TestOutcomesAdd(t *testing.T) {
	a := &Outcome{Rows: []RowOutcome{{Name: "1"}}, Skipped: map[string]string{"x": "y"}}
	a.Add(&Outcome{Rows: []RowOutcome{{Name: "2"}}, Samples: []Sample{{}}, Notes: []string{"n"}, Skipped: map[string]string{"z": "w"}})
	if len(a.Rows) != 2 || len(a.Samples) != 1 || len(a.Notes) != 1 || len(a.Skipped) != 2 {
		t.Errorf("%+v", a)
	}
}
