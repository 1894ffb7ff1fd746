package simrows

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"
)

// Row is what arrived, compared with what should have.
type Row struct {
	// Name says what was sent over which path: "cubic, 1% lost".
	Name string
	// Against names what Base is, in a form that benchmarks can use as a unit:
	// "path", "window", "pftk", "rfc9438-eq5".
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

// Efforts. Full takes some minutes of two processors, Quick some seconds.
var (
	Full  = Effort{Seeds: 20, Measured: 60 * time.Second}
	Quick = Effort{Seeds: 3, Measured: 10 * time.Second}
)

// settling is the virtual time before anything is measured, which slow start and
// the first losses after it take.
const settling = 5 * time.Second

// Measure measures all rows, always in the same order. It returns early with the
// context's error when that ends. Nothing but the effort changes the rows.
func Measure(ctx context.Context, e Effort) ([]Row, error) {
	return measure(ctx, e, experiments)
}

func measure(ctx context.Context, e Effort, list []experiment) ([]Row, error) {
	switch {
	case e.Seeds < 1:
		return nil, fmt.Errorf("simrows: Effort.Seeds is %d: it must be at least 1", e.Seeds)
	case e.Measured < time.Second:
		return nil, fmt.Errorf("simrows: Effort.Measured is %v: it must be at least 1s", e.Measured)
	}
	all := make([][]outcome, len(list))
	errs := make([][]error, len(list))
	var running sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, x := range list {
		n := x.seeds(e)
		all[i], errs[i] = make([]outcome, n), make([]error, n)
		for seed := range n {
			free <- struct{}{}
			running.Go(func() {
				all[i][seed], errs[i][seed] = x.transfer(uint64(seed+1), e).run(ctx)
				<-free
			})
		}
	}
	running.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var rows []Row
	for i, x := range list {
		if err := errors.Join(errs[i]...); err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
		for _, c := range x.against {
			rows = append(rows, c.row(x, e, all[i]))
		}
	}
	return rows, nil
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
