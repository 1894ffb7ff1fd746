package series

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/task"
)

// Plan is what is to be measured.
type Plan struct {
	// Variants are those that Rows name. One that no row names is not opened.
	Variants []Variant
	Rows     []Row
	// Notes are sentences for the reader of the results.
	Notes []string
}

const (
	repetitionsDefault = 5
	loadMaxDefault     = 0.3
	// triesDefault is once, and 5 repetitions.
	triesDefault = 6
)

// Options say how carefully a plan is measured.
type Options struct {
	// Repetitions of each row, each with a sample of every variant. 0 means
	// 5.
	Repetitions int

	// LoadMax is how many processors other programs may keep busy during a
	// sample that counts. 0 means 0.3; negative means that it does not
	// matter, and nothing is waited for.
	LoadMax float64

	// Tries is how often one sample is taken until it counts. 0 means 6.
	Tries int

	// Progress, if not nil, is told of each sample before the next one.
	Progress func(s Sample)

	// Finished, if not nil, is told of each row before the next one.
	Finished func(o RowOutcome)
}

// Run measures the rows one after the other. Within a repetition the base and
// the variants follow one another. The outcome is never nil; if ctx ends it has
// the rows that were finished. The error is that of ctx, of beds that cannot be
// opened or closed, and of variants other than a row's base that have failed in
// each of their samples. That no sample counts for another reason, as on a busy
// machine, is no error: RowOutcome.Missing has the reason.
func Run(ctx context.Context, plan Plan, opts Options) (*Outcome, error) {
	if opts.Repetitions == 0 {
		opts.Repetitions = repetitionsDefault
	}
	if opts.LoadMax == 0 {
		opts.LoadMax = loadMaxDefault
	}
	if opts.Tries == 0 {
		opts.Tries = triesDefault
	}
	r := &runner{opts: opts, variants: plan.Variants, beds: map[string]Bed{}, outcome: &Outcome{Notes: plan.Notes}}
	err := r.rows(ctx, plan.Rows)
	return r.outcome, errors.Join(err, r.close())
}

// runner is a Run at work.
type runner struct {
	opts     Options
	variants []Variant
	beds     map[string]Bed // nil for those that are skipped
	opened   []string
	outcome  *Outcome
}

func (r *runner) rows(ctx context.Context, rows []Row) error {
	var failed []error
	for _, row := range rows {
		o, err := r.row(ctx, row)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = append(failed, err)
		}
		r.outcome.Rows = append(r.outcome.Rows, o)
		if r.opts.Finished != nil {
			r.opts.Finished(o)
		}
	}
	return errors.Join(failed...)
}

// row measures one row.
func (r *runner) row(ctx context.Context, row Row) (RowOutcome, error) {
	o := RowOutcome{Name: row.Name, Invalid: map[string]int{}, Missing: map[string]string{}}
	present, err := r.present(ctx, row)
	if err != nil {
		return o, fmt.Errorf("%s: %w", row.Name, err)
	}
	repetitions := r.opts.Repetitions
	if row.Repetitions > 0 {
		repetitions = min(repetitions, row.Repetitions)
	}
	first := len(r.outcome.Samples)
	for repetition := range repetitions {
		if err := r.repetition(ctx, row, present, repetition); err != nil {
			return o, err
		}
	}
	samples := r.outcome.Samples[first:]
	o.Cells = cells(row, samples)
	return o, o.complain(samples, row, present)
}

// complain notes the samples that do not count, and returns an error if a
// variant other than the base has done nothing but fail.
func (o *RowOutcome) complain(samples []Sample, row Row, present []string) error {
	var broken []error
	for _, variant := range present {
		counted, failed := 0, 0
		for _, s := range samples {
			if s.Row != o.Name || s.Variant != variant {
				continue
			}
			if s.counts() {
				counted++
				continue
			}
			if s.failed {
				failed++
			}
			o.Invalid[variant]++
			o.Missing[variant] = s.Excluded
		}
		if counted > 0 {
			delete(o.Missing, variant)
		} else if variant != row.Base && failed == o.Invalid[variant] {
			broken = append(broken, fmt.Errorf("%s: %s: no sample counts, the last one because: %s", o.Name, variant, o.Missing[variant]))
		}
	}
	return errors.Join(broken...)
}

// present opens the row's variants and returns the names of those that the
// machine has.
func (r *runner) present(ctx context.Context, row Row) ([]string, error) {
	var names []string
	for _, name := range row.all() {
		bed, err := r.open(ctx, name)
		if err != nil {
			return nil, err
		}
		if bed != nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// open opens a variant, once. The bed is nil if the machine lacks it.
func (r *runner) open(ctx context.Context, name string) (Bed, error) {
	if bed, ok := r.beds[name]; ok {
		return bed, nil
	}
	i := slices.IndexFunc(r.variants, func(v Variant) bool { return v.Name() == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no variant %q", name)
	}
	bed, err := r.variants[i].Open(ctx)
	var missing *Unavailable
	if errors.As(err, &missing) {
		r.beds[name] = nil
		r.outcome.Skip(name, missing.Reason)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	r.beds[name] = bed
	r.opened = append(r.opened, name)
	return bed, nil
}

// close closes the beds, the last one first.
func (r *runner) close() error {
	var failed []error
	for _, name := range slices.Backward(r.opened) {
		if err := r.beds[name].Close(); err != nil {
			failed = append(failed, fmt.Errorf("closing %s: %w", name, err))
		}
	}
	return errors.Join(failed...)
}

// repetition takes a sample of each variant.
func (r *runner) repetition(ctx context.Context, row Row, present []string, repetition int) error {
	var floor float64
	if row.Floor != nil && slices.Contains(present, row.Base) {
		fast := Row{Name: row.Name + ", floor", Task: row.Floor.Task, Base: row.Base, Metrics: []Metric{Throughput()}}
		s, err := r.sample(ctx, fast, row.Base, repetition, 0)
		if err != nil {
			return err
		}
		if s.counts() {
			floor = row.Floor.Share * throughput(s.Result)
		}
	}
	for _, variant := range present {
		if _, err := r.sample(ctx, row, variant, repetition, floor); err != nil {
			return err
		}
	}
	return nil
}

// sample takes a sample, again while it does not count and may be repeated.
// It returns the last one; the error is ctx's.
func (r *runner) sample(ctx context.Context, row Row, variant string, repetition int, floor float64) (*Sample, error) {
	for try := range r.opts.Tries {
		if r.opts.LoadMax >= 0 {
			if err := awaitQuiet(ctx, r.opts.LoadMax); err != nil {
				return nil, err
			}
		}
		s := Sample{Row: row.Name, Variant: variant, Repetition: repetition, Try: try}
		if variant == row.Base {
			s.Floor = floor
		}
		r.take(ctx, row, &s)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		r.outcome.Samples = append(r.outcome.Samples, s)
		if r.opts.Progress != nil {
			r.opts.Progress(s)
		}
		if s.counts() {
			break
		}
	}
	return &r.outcome.Samples[len(r.outcome.Samples)-1], nil
}

// take runs the task and judges the result.
func (r *runner) take(ctx context.Context, row Row, s *Sample) {
	m := startMeter()
	result, err := r.beds[s.Variant].Run(ctx, row.Task)
	s.ForeignCores = m.foreign()
	s.Result = result
	if err != nil {
		s.Excluded, s.failed = fmt.Sprintf("it failed: %v", err), true
		return
	}
	s.Values = map[string]float64{}
	for _, metric := range row.Metrics {
		s.Values[metric.Name] = metric.Of(result)
	}
	s.judge(row.Task, s.Variant == row.Base, r.opts.LoadMax)
}

// judge decides whether a sample counts. What is wrong with a base excludes it;
// of other variants it is the result.
func (s *Sample) judge(t task.Task, base bool, loadMax float64) {
	var fault string
	if n := s.Result.Starved(); n > 0 {
		fault = fmt.Sprintf("%d of %d streams received nothing", n, len(s.Result.Streams))
	} else if reached := throughput(s.Result); s.Floor > 0 && reached < s.Floor {
		fault = fmt.Sprintf("%.0f MB/s, less than the %.0f MB/s that the base must reach", reached, s.Floor)
	}
	switch {
	case loadMax >= 0 && busyReason(s.ForeignCores, loadMax) != "":
		s.Excluded = busyReason(s.ForeignCores, loadMax)
	case fault != "" && base:
		s.Excluded = fault
	case s.Result.Errors > 0:
		s.Remark = errorsRemark(s.Result)
	default:
		s.Remark = fault
	}
	if t.Kind != task.Idle && s.Result.Bytes+s.Result.Operations == 0 && s.Excluded == "" {
		s.Excluded, s.Remark, s.failed = "nothing was moved", "", true
	}
}

// errorsRemark is what is said of a result with errors.
func errorsRemark(r task.Result) string {
	if r.Errors == 1 {
		return "1 error: " + r.FirstError
	}
	return fmt.Sprintf("%d errors, one of them: %s", r.Errors, r.FirstError)
}
