package series

import (
	"context"
	"fmt"
	"time"
)

// foreignUnknown is the load where the system does not tell it.
const foreignUnknown = -1

// meter measures how many processors other programs keep busy.
type meter struct {
	at   time.Time
	busy cpuTimes
	ok   bool
}

// cpuTimes are seconds of processor time, since whenever.
type cpuTimes struct {
	all  float64 // in all programs
	ours float64 // in this process and those that it has started
}

// startMeter notes the counters.
func startMeter() meter {
	busy, err := readTimes()
	return meter{at: time.Now(), busy: busy, ok: err == nil}
}

// foreign is the mean number of processors that others kept busy since the
// start, or foreignUnknown.
func (m meter) foreign() float64 {
	now, err := readTimes()
	elapsed := time.Since(m.at).Seconds()
	if !m.ok || err != nil || elapsed <= 0 {
		return foreignUnknown
	}
	return max(0, now.all-m.busy.all-(now.ours-m.busy.ours)) / elapsed
}

const (
	quietStep = 100 * time.Millisecond
	quietMax  = 5 * time.Second
)

// awaitQuiet waits until others keep at most limit processors busy, for 5 s at
// most.
func awaitQuiet(ctx context.Context, limit float64) error {
	for begin := time.Now(); time.Since(begin) < quietMax; {
		m := startMeter()
		timer := time.NewTimer(quietStep)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
		if m.foreign() <= limit {
			return nil
		}
	}
	return nil
}

// busyReason says why a sample with that much foreign load does not count, or
// "".
func busyReason(foreign, limit float64) string {
	if foreign <= limit {
		return ""
	}
	return fmt.Sprintf("other programs kept %.2f processors busy, more than %.2f", foreign, limit)
}
