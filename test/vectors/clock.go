package vectors

import "time"

// WallClock is the Clock of arms that live in real time.
type WallClock struct{}

var _ Clock = WallClock{}

// A sleep is made of naps. One that ends more than lateMax late does not
// count, for as long as sleepExtraMax.
const (
	napsPerSleep  = 8
	lateMax       = 3 * time.Millisecond
	sleepExtraMax = 300 * time.Millisecond
)

// Now returns the system's time.
func (WallClock) Now() time.Time { return time.Now() }

// Sleep naps until it has slept for d without a neighbour making it late. So a
// sleep on a starved machine grows with the starvation, and what was to happen
// meanwhile in this process keeps its chance to happen.
func (WallClock) Sleep(d time.Duration) {
	nap := d/napsPerSleep + 1
	timer := time.NewTimer(nap)
	defer timer.Stop()
	begin := time.Now()
	last := begin
	for naps := 0; naps < napsPerSleep; {
		<-timer.C
		now := time.Now()
		if now.Sub(last) <= nap+lateMax || now.Sub(begin) > d+sleepExtraMax {
			naps++
		}
		last = now
		timer.Reset(nap)
	}
}

// AfterFunc is time.AfterFunc.
func (WallClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// Slack allows for a machine that is busy with other tests: whole processes
// have been seen to stand still for half a second.
func (WallClock) Slack() time.Duration { return 3 * time.Second }
