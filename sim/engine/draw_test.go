package engine

import (
	"math"
	"testing"
	"time"
)

// TestDrawsAreGolden pins the numbers: a change of them changes every trace.
func TestDrawsAreGolden(t *testing.T) {
	d := newDraws(1, 2, 3, 4, 5)
	got := [...]uint64{d.uint64(), d.uint64(), d.below(1000), hashString(0, "a/eth0>b/eth0")}
	want := [...]uint64{9819435592721599202, 108664237888247364, 675, 2014214544204100080}
	if got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestIsqrt(t *testing.T) {
	for _, c := range [][2]uint64{{0, 0}, {1, 1}, {3, 1}, {4, 2}, {1<<32 - 1, 65535}, {1 << 32, 65536}, {math.MaxUint64, 1<<32 - 1}} {
		if got := isqrt(c[0]); got != c[1] {
			t.Errorf("isqrt(%d) is %d, want %d", c[0], got, c[1])
		}
	}
}

// TestJitterDistributions pins mean and range of each kind over a fixed
// hundred thousand draws.
func TestJitterDistributions(t *testing.T) {
	const n, ms = 100_000, time.Millisecond
	for _, c := range []struct {
		kind               JitterKind
		meanLow, meanHigh  time.Duration
		low, high          time.Duration
		withinMin, withMax int // draws of at most one Spread from 0
	}{
		{JitterUniform, -ms / 100, ms / 100, -ms, ms, n, n},
		{JitterNormal, -ms / 100, ms / 100, -6 * ms, 6 * ms, 67_300, 68_000},
		{JitterPareto, 9 * ms / 10, 11 * ms / 10, 0, 100 * ms, 74_500, 75_500},
	} {
		j := Jitter{Kind: c.kind, Spread: ms}
		var sum time.Duration
		within := 0
		for i := range uint64(n) {
			d := newDraws(1, 2, 3, i, 0)
			x := j.draw(&d)
			if x < c.low || x > c.high {
				t.Fatalf("kind %d drew %v, outside of %v to %v", c.kind, x, c.low, c.high)
			}
			if x.Abs() <= ms {
				within++
			}
			sum += x
		}
		if mean := sum / n; mean < c.meanLow || mean > c.meanHigh {
			t.Errorf("kind %d has mean %v, want %v to %v", c.kind, mean, c.meanLow, c.meanHigh)
		}
		if within < c.withinMin || within > c.withMax {
			t.Errorf("kind %d: %d draws of at most one Spread, want %d to %d", c.kind, within, c.withinMin, c.withMax)
		}
	}
}
