package engine

import (
	"testing"
	"time"
)

// What the stack and the Transport want of a clock.
var _ interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
} = (*HostClock)(nil)

var clockStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func newTestClock(t *testing.T, e *Events, cfg ClockConfig) *HostClock {
	t.Helper()
	cfg.Start, cfg.Rank = clockStart, max(cfg.Rank, 1)
	c, err := e.Clock(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHostClockShowsOffsetAndSkew(t *testing.T) {
	e := newTestEvents(t, Limits{})
	c := newTestClock(t, e, ClockConfig{Offset: -time.Hour, SkewPPM: 250})
	if err := e.MoveTo(1000 * time.Second); err != nil {
		t.Fatal(err)
	}
	want := clockStart.Add(-time.Hour + 1000*time.Second + 250*time.Millisecond)
	if got := c.Now(); !got.Equal(want) {
		t.Errorf("the clock shows %v, want %v", got, want)
	}
	if err := c.SetSkew(-500_000); err != nil {
		t.Fatal(err)
	}
	if got := c.Now(); !got.Equal(want) {
		t.Errorf("the clock jumped to %v, want %v", got, want)
	}
	if err := e.MoveTo(1010 * time.Second); err != nil {
		t.Fatal(err)
	}
	if got := c.Now(); !got.Equal(want.Add(5 * time.Second)) {
		t.Errorf("at half speed the clock shows %v, want %v", got, want.Add(5*time.Second))
	}
}

// TestHostClockTimersAreExact checks that a timer happens at the first
// nanosecond at which the host's clock shows its time.
func TestHostClockTimersAreExact(t *testing.T) {
	for _, ppm := range []int64{0, 1, -1, 100, -100, 333_333, -499_999, 500_000} {
		e := newTestEvents(t, Limits{})
		c := newTestClock(t, e, ClockConfig{SkewPPM: ppm})
		draw := newDraws(7, uint64(ppm), 0, 0, 0)
		for range 300 {
			start, d := c.Now(), time.Duration(draw.below(3_000_000_000))+1
			var shown, before time.Duration
			c.AfterFunc(d, func() { shown = c.Now().Sub(start) })
			at, _ := e.Next()
			c.mu.Lock()
			before = clockStart.Add(c.localLocked(at - 1)).Sub(start)
			c.mu.Unlock()
			runAll(t, e)
			if shown < d || before >= d {
				t.Fatalf("skew %d: timer of %v happened when the clock showed %v, and %v one nanosecond before", ppm, d, shown, before)
			}
		}
	}
}

func TestHostClockRefusesNonsense(t *testing.T) {
	e := newTestEvents(t, Limits{})
	for _, cfg := range []ClockConfig{{}, {Rank: -1}, {Rank: 1, SkewPPM: 500_001}, {Rank: 1, SkewPPM: -1_000_000}} {
		if _, err := e.Clock(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
	if err := newTestClock(t, e, ClockConfig{}).SetSkew(600_000); err == nil {
		t.Error("SetSkew took 600000")
	}
}
