package vectors

import "time"

// WallClock is the Clock of arms that live in real time.
type WallClock struct{}

var _ Clock = WallClock{}

// sleepSlices is the number of naps that a sleep is made of.
const sleepSlices = 8

// Now returns the system's time.
func (WallClock) Now() time.Time { return time.Now() }

// Sleep sleeps in slices, each of which must be scheduled again. So a sleep
// on a starved machine grows with the starvation, and what was to happen
// meanwhile in this process keeps its chance to happen.
func (WallClock) Sleep(d time.Duration) {
	slice := d/sleepSlices + 1
	timer := time.NewTimer(slice)
	defer timer.Stop()
	for range sleepSlices {
		<-timer.C
		timer.Reset(slice)
	}
}

// AfterFunc is time.AfterFunc.
func (WallClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// Slack allows for a machine that is busy with other tests: whole processes
// have been seen to stand still for half a second.
func (WallClock) Slack() time.Duration { return 3 * time.Second }
