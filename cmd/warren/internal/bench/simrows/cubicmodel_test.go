package simrows

import (
	"testing"
	"time"
)

// TestCubicWindow compares with tables 1 and 2 of RFC 9438, whose windows are the
// larger one of CUBIC's and Reno's.
func TestCubicWindow(t *testing.T) {
	for _, row := range []struct {
		roundTrip                      time.Duration
		loss                           float64
		reno, cubic04, cubic004, whole float64
	}{
		{100 * time.Millisecond, 1e-2, 12, 12, 12, 12},
		{100 * time.Millisecond, 1e-4, 120, 187, 120, 332},
		{100 * time.Millisecond, 1e-6, 1200, 5926, 3332, 10538},
		{100 * time.Millisecond, 1e-8, 12000, 187400, 105383, 333250},
		{10 * time.Millisecond, 1e-4, 120, 120, 120, 120},
		{10 * time.Millisecond, 1e-7, 3795, 5926, 3795, 10538},
	} {
		if got := renoWindow(row.loss); !near(got, row.reno, 0.01) {
			t.Errorf("loss %v: Reno's window is %.0f, the table says %v", row.loss, got, row.reno)
		}
		for c, want := range map[float64]float64{0.04: row.cubic004, 0.4: row.cubic04, 4: row.whole} {
			got := max(cubicWindow(c, row.loss, row.roundTrip), renoWindow(row.loss))
			if !near(got, want, 0.01) {
				t.Errorf("loss %v, %v, C=%v: window %.0f, the table says %v", row.loss, row.roundTrip, c, got, want)
			}
		}
	}
}
