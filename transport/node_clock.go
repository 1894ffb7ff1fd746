package transport

import "time"

// systemClock is the Clock of a Node that was given none. It is the only
// place of the package that reads the system's time.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}
