package engine

import (
	"fmt"
	"time"
)

// Jitter varies the delay of a path. The zero value does not.
type Jitter struct {
	Kind JitterKind
	// Spread is how far it varies; see the kinds. A delay never falls
	// below 0, and order on the path is kept: a packet waits for the one
	// before it.
	Spread time.Duration
}

// JitterKind is a distribution.
type JitterKind uint8

const (
	// JitterNone is for Spread 0.
	JitterNone JitterKind = iota
	// JitterUniform adds -Spread to Spread, each as likely.
	JitterUniform
	// JitterNormal has the standard deviation Spread and is never more than
	// six times that: the sum of twelve uniform numbers.
	JitterNormal
	// JitterPareto only adds: Spread on average, mostly little, rarely up to
	// 100 times Spread (a Pareto distribution with exponent 2, cut there).
	JitterPareto
)

// jitterMax keeps sums within a Duration.
const jitterMax = 24 * time.Hour

func (j Jitter) check() error {
	switch {
	case j.Kind > JitterPareto:
		return fmt.Errorf("sim: Jitter.Kind is %d: it must be one of the kinds named in the package", j.Kind)
	case j.Spread < 0 || j.Spread > jitterMax:
		return fmt.Errorf("sim: Jitter.Spread is %v: it must be from 0 to %v", j.Spread, jitterMax)
	case j.Kind == JitterNone && j.Spread != 0:
		return fmt.Errorf("sim: Jitter.Spread is %v without a Kind: name a distribution", j.Spread)
	}
	return nil
}

// draw is what to add to the delay of one packet.
func (j Jitter) draw(d *draws) time.Duration {
	s := int64(j.Spread)
	if s == 0 {
		return 0
	}
	switch j.Kind {
	case JitterUniform:
		return time.Duration(int64(d.below(uint64(2*s+1))) - s)
	case JitterNormal:
		var sum int64 // twelve numbers of [0, 65536): deviation 65536
		for range 3 {
			x := d.uint64()
			sum += int64(x&0xffff) + int64(x>>16&0xffff) + int64(x>>32&0xffff) + int64(x>>48)
		}
		return time.Duration(s/65536*(sum-normalMean) + s%65536*(sum-normalMean)/65536)
	case JitterPareto:
		const one = 1 << 16 // 1/sqrt(u) - 1 in steps of 1/65536
		tail := int64((uint64(one)<<32)/max(isqrt(d.uint64()), 1)) - one
		tail = min(tail, 100*one)
		return time.Duration(s/one*tail + s%one*tail/one)
	}
	return 0
}

// normalMean is the mean of a sum of twelve numbers of [0, 65536).
const normalMean = 12 * 65535 / 2
