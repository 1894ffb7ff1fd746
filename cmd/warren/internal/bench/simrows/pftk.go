package simrows

import (
	"math"
	"time"
)

// pftk is Reno in its steady state by the full model of Padhye, Firoiu, Towsley
// and Kurose, "Modeling TCP Throughput: A Simple Model and its Empirical
// Validation", SIGCOMM 1998: with timeouts, and with the receiver's window.
//
// Its packets are lost in rounds: after the first loss of a round, the rest of
// the round is lost too. Loss is the chance of that first one. Where each packet
// is lost independently, as in our worlds, a sender does better than the model
// with large windows, for it loses less of a round.
type pftk struct {
	Loss      float64       // above 0 and below 1
	RoundTrip time.Duration // the mean
	Timeout   time.Duration // T0, the first of a sequence of timeouts
	PerAck    float64       // b, the segments that one acknowledgement stands for
	WindowMax float64       // Wm, the receiver's window in segments
}

// window is E[Wu], the mean window when a loss is noticed, if the receiver's does
// not limit it.
func (m pftk) window() float64 {
	p, b := m.Loss, m.PerAck
	c := (2 + b) / (3 * b)
	return c + math.Sqrt(8*(1-p)/(3*b*p)+c*c)
}

// rate is what is sent, in segments per second: B(p).
func (m pftk) rate() float64 {
	p, b := m.Loss, m.PerAck
	w := m.window()
	rounds := b/2*w + 1
	if w >= m.WindowMax {
		w = m.WindowMax
		rounds = b/8*w + (1-p)/(p*w) + 2
	}
	q := timeoutShare(p, w)
	segments := (1-p)/p + w + q/(1-p)
	return segments / (m.RoundTrip.Seconds()*rounds + q*m.Timeout.Seconds()*backOff(p)/(1-p))
}

// timeoutShare is the chance that a loss at a window of w segments is noticed by
// a timeout, Q(w): fewer than three acknowledgements come back
// after it.
func timeoutShare(p, w float64) float64 {
	if w <= 3 {
		return 1
	}
	q := 1 - p
	three := q * q * q
	return min(1, (1-three)*(1+three*(1-math.Pow(q, w-3)))/(1-math.Pow(q, w)))
}

// backOff is f(p): a sequence of timeouts that double, up to 64 times
// the first, takes T0 f(p)/(1-p) in the mean.
func backOff(p float64) float64 {
	return 1 + p*(1+p*(2+p*(4+p*(8+p*(16+p*32)))))
}
