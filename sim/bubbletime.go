package sim

import "time"

// This file is where the time of a testing/synctest bubble enters: the
// bubble's goroutines live by it, and the world follows.

// bubbleNow is the time since the bubble, and with it the world, began.
func bubbleNow() time.Duration { return time.Since(Start) }

// alarm rings at an instant of the bubble's time.
type alarm struct{ timer *time.Timer }

// set makes the alarm ring in d, instead of when it was to ring before.
func (a *alarm) set(d time.Duration) <-chan time.Time {
	if a.timer == nil {
		a.timer = time.NewTimer(d)
	} else {
		a.timer.Reset(d)
	}
	return a.timer.C
}

// stop keeps the alarm from ringing.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
