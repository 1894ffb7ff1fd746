package simrows

import (
	"math"
	"time"
)

// Constants of RFC 9438, section 4.1.
const (
	cubicC    = 0.4
	cubicBeta = 0.7
)

// cubicWindow is the mean window of CUBIC in segments where each 1/loss segments
// one is lost (RFC 9438, section 5.1, equation 5). It is of the cubic function
// alone: with short round trips and many losses CUBIC is meant to follow
// renoWindow, which is then larger.
func cubicWindow(c, loss float64, roundTrip time.Duration) float64 {
	return math.Pow(c*(3+cubicBeta)/(4*(1-cubicBeta)), 0.25) * math.Pow(roundTrip.Seconds()/loss, 0.75)
}

// renoWindow is the mean window of Reno under the same losses, and of CUBIC where
// it is Reno-friendly (RFC 9438, sections 4.3 and 5.2).
func renoWindow(loss float64) float64 { return 1.2 / math.Sqrt(loss) }
