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

// TestCoDelRemembersItsRate leaves the dropping state and comes back soon:
// by RFC 8289, section 5.5, the count goes on from the drops of before less
// those of the time before that. Target 1 ms, interval 10 ms, by hand:
// above since 2, first drop at 12, next due at 22, 22+10/sqrt(2) = 29.07 and
// 29.07+10/sqrt(3) = 34.84; a packet without delay at 31 ends it; above since
// 32, drop at 42, with count 3-1 = 2: next due at 42+10/sqrt(2) = 49.07,
// where a count of 1 would give 52.
func TestCoDelRemembersItsRate(t *testing.T) {
	const ms = time.Millisecond
	cfg := Queue{CoDel: true, Target: ms, Interval: 10 * ms}
	c := codel{maxPacket: 100}
	var drops []time.Duration
	for _, at := range []time.Duration{2, 11, 12, 21, 22, 29, 30, 31, 32, 41, 42, 49, 50} {
		now, waited := at*ms, 5*ms
		if at == 31 {
			waited = 0
		}
		var q queue
		for range 4 {
			q.push(&transit{size: 100, queued: now - waited})
		}
		if c.dequeue(&q, cfg, now, func(*transit) { drops = append(drops, at) }) == nil {
			t.Fatalf("nothing to send at %v", now)
		}
	}
	if want := []time.Duration{12, 22, 30, 42, 50}; !slices.Equal(drops, want) {
		t.Errorf("drops at %v ms, want %v", drops, want)
	}
}

// TestCoDelSparesTheLastPacket waits for long with one packet in the queue.
func TestCoDelSparesTheLastPacket(t *testing.T) {
	const ms = time.Millisecond
	c := codel{maxPacket: 100}
	for now := 200 * ms; now < 1000*ms; now += 10 * ms {
		var q queue
		q.push(&transit{size: 100, queued: now - 200*ms})
		c.dequeue(&q, Queue{CoDel: true}, now, func(*transit) { t.Fatalf("the only packet was dropped at %v", now) })
	}
}
