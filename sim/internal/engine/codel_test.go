package engine

import (
	"slices"
	"testing"
	"time"
)

func TestControlLaw(t *testing.T) {
	// 100 ms / sqrt(count), computed by hand, to a microsecond.
	for count, want := range map[uint64]time.Duration{
		1: 100_000, 2: 70_710, 3: 57_735, 4: 50_000, 5: 44_721, 9: 33_333, 16: 25_000, 100: 10_000,
	} {
		got := controlLaw(0, 100*time.Millisecond, count)
		if d := got - want*time.Microsecond; d < 0 || d > 2*time.Microsecond {
			t.Errorf("count %d: %v, want %v µs", count, got, int64(want))
		}
	}
}

// TestCoDelSchedule overloads a queue: a packet of 1000 bytes comes each
// millisecond and one leaves each two. The times are by hand, from RFC 8289:
// the packet that came at k ms leaves at 2k, so the wait reaches 5 ms at
// 10 ms and 100 ms later, at 110 ms, the first is dropped. The next are due
// at 110+100 = 210, 210+100/sqrt(2) = 280.7, 280.7+100/sqrt(3) = 338.4 and
// 338.4+100/sqrt(4) = 388.4 ms, and happen at the dequeue that follows.
func TestCoDelSchedule(t *testing.T) {
	var c codel
	var q queue
	cfg := Queue{CoDel: true}
	c.maxPacket = 1000
	var drops []time.Duration
	const ms = time.Millisecond
	for now := time.Duration(0); now <= 420*ms; now += ms {
		q.push(&transit{size: 1000, queued: now})
		if now%(2*ms) == 0 {
			c.dequeue(&q, cfg, now, func(*transit) { drops = append(drops, now) })
		}
	}
	want := []time.Duration{110 * ms, 210 * ms, 282 * ms, 340 * ms, 390 * ms}
	if !slices.Equal(drops, want) {
		t.Errorf("drops at %v, want %v", drops, want)
	}
	// An empty queue ends it.
	for q.packets > 0 {
		c.dequeue(&q, cfg, 421*ms, func(*transit) {})
	}
	c.dequeue(&q, cfg, 421*ms, nil)
	if c.dropping || c.firstAboveTime != 0 {
		t.Error("still dropping after the queue was empty")
	}
}
