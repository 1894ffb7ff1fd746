package simrows

import (
	"context"
	"fmt"
	"iter"
	"math"
	"time"
)

// Row is what arrived, compared with what should have.
type Row struct {
	// Name is the row's own: what was sent over which path, and what it is
	// compared with, such as "cubic, 1% lost, against pftk".
	Name string
	// Against is the last word of it, which names Base and can be a unit's name:
	// "path", "window", "pftk", "rfc9438-eq5", "rfc9438-reno-friendly".
	Against string

	// Value and Base are in Mbit/s of payload, means over the seeds.
	Value, Base float64
	// Ratio is the mean of the seeds' ratios of value to base, and Spread their
	// standard deviation, 0 with one seed.
	Ratio, Spread float64
	// Target is what Ratio should be at least, and Stretch what is wanted; 0
	// means that the row is only shown.
	Target, Stretch float64

	// Seeds is how many worlds the row was measured in, and Measured the virtual
	// time that counts in each, behind the first 5 s.
	Seeds    int
	Measured time.Duration

	// Note says what the number rests on, in a sentence or two.
	Note string
}

// Effort says how much is measured.
type Effort struct {
	// Seeds is the number of worlds for each row, with seeds from 1 on; rows in
	// which nothing is random take one. At least 1.
	Seeds int
	// Measured is the virtual time that counts in each, at least a second.
	Measured time.Duration
}

// Efforts. Full takes minutes, Quick some seconds.
var (
	Full  = Effort{Seeds: 20, Measured: 60 * time.Second}
	Quick = Effort{Seeds: 3, Measured: 10 * time.Second}
)

// settling is the virtual time before anything is measured, which slow start and
// the first losses after it take.
const settling = 5 * time.Second

// check refuses what cannot be measured.
func (e Effort) check() error {
	switch {
	case e.Seeds < 1:
		return fmt.Errorf("simrows: Effort.Seeds is %d: it must be at least 1", e.Seeds)
	case e.Measured < time.Second:
		return fmt.Errorf("simrows: Effort.Measured is %v: it must be at least 1s", e.Measured)
	}
	return nil
}

// Rows measures the rows whose names want approves of, or all if it is nil, and
// yields each as soon as it is known, always in the same order. Nothing but the
// effort changes them. An error, such as the context's when that ends, is the last
// that is yielded. Leaving the loop early ends what is being measured.
func Rows(ctx context.Context, e Effort, want func(name string) bool) iter.Seq2[Row, error] {
	return rowsOf(ctx, e, experiments, want)
}

// Names are the names of all rows, in their order.
func Names() (names []string) {
	for _, x := range experiments {
		for _, c := range x.against {
			names = append(names, c.name(x))
		}
	}
	return names
}

func rowsOf(ctx context.Context, e Effort, list []experiment, want func(name string) bool) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := e.check(); err != nil {
			yield(Row{}, err)
			return
		}
		s := start(ctx, e, wanted(list, want))
		defer s.stop()
		for i := range s.runs {
			outcomes, err := s.wait(i)
			if err != nil {
				yield(Row{}, err)
				return
			}
			x := s.runs[i].experiment
			for _, c := range x.against {
				if !yield(c.row(x, e, outcomes), nil) {
					return
				}
			}
		}
	}
}

// wanted are the experiments of the list without what nobody wants of them.
func wanted(list []experiment, want func(name string) bool) []experiment {
	if want == nil {
		return list
	}
	var some []experiment
	for _, x := range list {
		var against []comparison
		for _, c := range x.against {
			if want(c.name(x)) {
				against = append(against, c)
			}
		}
		if x.against = against; len(against) > 0 {
			some = append(some, x)
		}
	}
	return some
}

// megabits is in Mbit/s what rate is in bytes per second.
func megabits(rate float64) float64 { return rate * 8 / 1e6 }

// meanAndDeviation are those of a list, the latter of a sample.
func meanAndDeviation(list []float64) (mean, deviation float64) {
	n := float64(len(list))
	for _, v := range list {
		mean += v / n
	}
	if len(list) < 2 {
		return mean, 0
	}
	for _, v := range list {
		deviation += (v - mean) * (v - mean) / (n - 1)
	}
	return mean, math.Sqrt(deviation)
}
