package engine

import (
	"fmt"
	"math"
	"math/bits"
	"sync"
	"time"
)

const (
	million = 1_000_000
	skewMax = 500_000 // parts per million: from half to one and a half times as fast
)

// ClockConfig describes the clock of one host.
type ClockConfig struct {
	Start   time.Time     // what a clock without offset shows at the world's start
	Offset  time.Duration // by how much this clock is ahead (below 0: behind)
	SkewPPM int64         // by how many parts per million it is fast (below 0: slow)
	Rank    int           // order of its timers among those of other hosts at one instant; 1 or above
}

// HostClock is a host's view of virtual time: it runs fast or slow by an
// exact fraction. It has the methods that the stack and the Transport want of
// a clock. Methods may be called from any goroutine.
type HostClock struct {
	events *Events
	start  time.Time // Start and Offset together
	rank   int32

	mu    sync.Mutex
	rate  uint64        // local nanoseconds per million of the world's
	world time.Duration // where the present rate began ...
	local time.Duration // ... and what had passed on this clock by then
}

// Clock returns a host's view of the time. SkewPPM outside of -500000 to
// 500000 and a Rank below 1 are errors.
func (e *Events) Clock(cfg ClockConfig) (*HostClock, error) {
	if cfg.Rank < 1 || cfg.Rank > math.MaxInt32 {
		return nil, fmt.Errorf("sim: ClockConfig.Rank is %d: give every host its own number, from 1 to %d", cfg.Rank, math.MaxInt32)
	}
	if err := checkSkew(cfg.SkewPPM); err != nil {
		return nil, err
	}
	return &HostClock{
		events: e, start: cfg.Start.Add(cfg.Offset), rank: int32(cfg.Rank),
		rate: uint64(million + cfg.SkewPPM),
	}, nil
}

func checkSkew(ppm int64) error {
	if ppm < -skewMax || ppm > skewMax {
		return fmt.Errorf("sim: a clock's skew is %d parts per million: it must be from %d to %d", ppm, -skewMax, skewMax)
	}
	return nil
}

// Now is the time this clock shows.
func (c *HostClock) Now() time.Time {
	world := c.events.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start.Add(c.localLocked(world))
}

// localLocked is what has passed on this clock when world has passed.
func (c *HostClock) localLocked(world time.Duration) time.Duration {
	return addTime(c.local, mulDiv(max(world-c.world, 0), c.rate, million, 0))
}

// AfterFunc calls f at the first instant at which this clock shows d more
// than now; d <= 0 means as soon as possible, never inside AfterFunc. f is
// called by the goroutine that steps. stop reports whether it prevented the
// call.
func (c *HostClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.events.mu.Lock()
	defer c.events.mu.Unlock()
	now := c.events.now
	at := now
	if d > 0 {
		c.mu.Lock()
		passed := c.localLocked(now) - c.local
		at = addTime(c.world, mulDiv(addTime(passed, d), million, c.rate, c.rate-1))
		c.mu.Unlock()
	}
	return c.events.setLocked(at, c.rank, callback(f)).Stop
}

// SetSkew changes how fast the clock runs from now on, without a jump. Timers
// that are set keep their instant in the world's time. Skews outside of
// -500000 to 500000 parts per million are an error.
func (c *HostClock) SetSkew(ppm int64) error {
	if err := checkSkew(ppm); err != nil {
		return err
	}
	world := c.events.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.local = c.localLocked(world)
	c.world = world
	c.rate = uint64(million + ppm)
	return nil
}

// mulDiv is (d*mul + round) / div in exact arithmetic, held within what a
// Duration can express; d must not be negative.
func mulDiv(d time.Duration, mul, div, round uint64) time.Duration {
	hi, lo := bits.Mul64(uint64(d), mul)
	lo, carry := bits.Add64(lo, round, 0)
	hi += carry
	if hi >= div {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, div)
	return time.Duration(min(q, math.MaxInt64))
}
