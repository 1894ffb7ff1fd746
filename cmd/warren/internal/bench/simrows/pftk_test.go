package simrows

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// near reports whether got is within a share of want.
func near(got, want, share float64) bool { return math.Abs(got-want) <= share*want }

// TestPFTKWithoutTimeouts: with rare losses the model becomes 1/RTT sqrt(3/2bp),
// the law of the square root.
func TestPFTKWithoutTimeouts(t *testing.T) {
	for _, b := range []float64{1, 2} {
		const p = 1e-9
		m := pftk{Loss: p, RoundTrip: 100 * time.Millisecond, Timeout: time.Second, PerAck: b, WindowMax: math.Inf(1)}
		if got, want := m.rate(), 10*math.Sqrt(3/(2*b*p)); !near(got, want, 1e-3) {
			t.Errorf("b=%v: %v segments per second, want %v", b, got, want)
		}
	}
}

// TestPFTKAtTheWindow: without losses the receiver's window is sent each round trip.
func TestPFTKAtTheWindow(t *testing.T) {
	m := pftk{Loss: 1e-9, RoundTrip: 50 * time.Millisecond, Timeout: time.Second, PerAck: 1, WindowMax: 20}
	if got, want := m.rate(), 20/0.05; !near(got, want, 1e-3) {
		t.Errorf("%v segments per second, want %v", got, want)
	}
}

// TestPFTKMostlyTimeouts: where nearly everything is lost, a sequence of timeouts
// takes 64 T0 for each of its segments.
func TestPFTKMostlyTimeouts(t *testing.T) {
	m := pftk{Loss: 1 - 1e-9, RoundTrip: time.Nanosecond, Timeout: time.Second, PerAck: 1, WindowMax: math.Inf(1)}
	if got, want := m.rate(), 1.0/64; !near(got, want, 1e-3) {
		t.Errorf("%v segments per second, want %v", got, want)
	}
}

// TestPFTKApproximation: the paper's short formula, which RFC 5348, section 3.1
// took over, stays close to the full one.
func TestPFTKApproximation(t *testing.T) {
	for _, p := range []float64{0.001, 0.01, 0.03} {
		m := pftk{Loss: p, RoundTrip: 50 * time.Millisecond, Timeout: 200 * time.Millisecond, PerAck: 1, WindowMax: 1e6}
		short := 1 / (0.05*math.Sqrt(2*p/3) + 0.2*min(1, 3*math.Sqrt(3*p/8))*p*(1+32*p*p))
		if got := m.rate(); !near(got, short, 0.12) {
			t.Errorf("p=%v: %.1f segments per second, the short formula says %.1f", p, got, short)
		}
	}
}

// TestPFTKByHand: two points that were computed apart, with the terms of the
// formula written out.
func TestPFTKByHand(t *testing.T) {
	for _, row := range []struct{ p, b, wm, want float64 }{
		{0.02, 2, 1e6, 20.872779},
		{0.02, 2, 6, 16.028680},
	} {
		m := pftk{Loss: row.p, RoundTrip: 200 * time.Millisecond, Timeout: 2 * time.Second, PerAck: row.b, WindowMax: row.wm}
		if got := m.rate(); !near(got, row.want, 1e-4) {
			t.Errorf("p=%v, Wm=%v: %.4f segments per second, want %.4f", row.p, row.wm, got, row.want)
		}
	}
}

// TestTimeoutShare: Q(w) sums the ways in which a round of w segments, the first
// lost one after k that arrive, leaves fewer than three acknowledgements; a
// round is played out here, many times.
func TestTimeoutShare(t *testing.T) {
	const rounds = 400_000
	random := rand.New(rand.NewPCG(1, 2))
	for _, row := range []struct {
		p float64
		w int
	}{{0.05, 6}, {0.02, 12}, {0.2, 5}} {
		timeouts, losses := 0, 0
		for range rounds {
			k, lost := arrive(random, row.p, row.w)
			if !lost {
				continue
			}
			losses++
			// The k acknowledgements let k more segments be sent, of which
			// those up to the first loss are answered.
			if again, _ := arrive(random, row.p, k); k < 3 || again < 3 {
				timeouts++
			}
		}
		got, want := timeoutShare(row.p, float64(row.w)), float64(timeouts)/float64(losses)
		if !near(got, want, 0.03) {
			t.Errorf("p=%v w=%d: %.4f, played out %.4f", row.p, row.w, got, want)
		}
	}
	if got := timeoutShare(0.01, 2); got != 1 {
		t.Errorf("with 2 segments under way %v, want 1: there are no three acknowledgements", got)
	}
}

// arrive sends n segments until one is lost, and counts those that arrive.
func arrive(random *rand.Rand, p float64, n int) (k int, lost bool) {
	for ; k < n; k++ {
		if random.Float64() < p {
			return k, true
		}
	}
	return k, false
}

// TestBackOff: f(p)/(1-p) is the mean of a sequence of timeouts, whose i-th is
// followed by another with chance p.
func TestBackOff(t *testing.T) {
	for _, p := range []float64{0.01, 0.1, 0.5} {
		mean, chance, timeout := 0.0, 1.0, 1.0
		for i := range 400 {
			mean += chance * timeout // the i-th timeout happens
			chance *= p
			if i < 6 {
				timeout *= 2
			}
		}
		if got := backOff(p) / (1 - p); !near(got, mean, 1e-9) {
			t.Errorf("p=%v: %v times the first timeout, the sum is %v", p, got, mean)
		}
	}
}
