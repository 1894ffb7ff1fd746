package fq

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// rfcCoDel is the pseudo-code of RFC 8289, section 5, word for word where Go
// allows it, over a queue of arrival times with packets of one size. It is
// written apart from the code under test, to compare with.
type rfcCoDel struct {
	queue            []time.Duration
	packet, mtu      int
	target, interval time.Duration

	firstAboveTime, dropNext time.Duration
	count, lastCount         uint32
	dropping                 bool
	drops                    []time.Duration
}

func (c *rfcCoDel) dodequeue(now time.Duration) (arrival time.Duration, there, okToDrop bool) {
	if len(c.queue) == 0 {
		c.firstAboveTime = 0
		return 0, false, false
	}
	arrival, c.queue = c.queue[0], c.queue[1:]
	sojourn := now - arrival
	if sojourn < c.target || len(c.queue)*c.packet <= c.mtu {
		c.firstAboveTime = 0
	} else if c.firstAboveTime == 0 {
		c.firstAboveTime = now + c.interval
	} else if now >= c.firstAboveTime {
		okToDrop = true
	}
	return arrival, true, okToDrop
}

func (c *rfcCoDel) law(t time.Duration, count uint32) time.Duration {
	return t + time.Duration(float64(c.interval)/math.Sqrt(float64(count)))
}

func (c *rfcCoDel) drop(now time.Duration) { c.drops = append(c.drops, now) }

func (c *rfcCoDel) dequeue(now time.Duration) (arrival time.Duration, there bool) {
	arrival, there, ok := c.dodequeue(now)
	if c.dropping {
		if !ok {
			c.dropping = false
		}
		for now >= c.dropNext && c.dropping {
			c.drop(now)
			c.count++
			arrival, there, ok = c.dodequeue(now)
			if !ok {
				c.dropping = false
			} else {
				c.dropNext = c.law(c.dropNext, c.count)
			}
		}
	} else if ok {
		c.drop(now)
		arrival, there, _ = c.dodequeue(now)
		c.dropping = true
		delta := c.count - c.lastCount
		c.count = 1
		if delta > 1 && now-c.dropNext < 16*c.interval {
			c.count = delta
		}
		c.dropNext = c.law(now, c.count)
		c.lastCount = c.count
	}
	return arrival, there
}

// TestDropsComeWithTheSquareRootOfTheirNumber keeps one queue above the target
// and looks at the instants of the drops.
func TestDropsComeWithTheSquareRootOfTheirNumber(t *testing.T) {
	s := newStepped(t, Config{PacketsMax: 1 << 20, MemoryBytesMax: -1})
	const step = 10 * time.Microsecond
	for n := range 2000 {
		s.put(0, 1000, n)
	}
	s.now = 5 * time.Millisecond // the first packet has waited as long as the target
	var drops []time.Duration
	for len(drops) < 6 {
		before := s.stats.DropsCoDel
		s.take()
		for range s.stats.DropsCoDel - before {
			drops = append(drops, s.now)
		}
		s.put(0, 1000, 0)
		s.now += step
	}
	want := 105 * time.Millisecond // target + interval
	for i, got := range drops {
		if i == 1 {
			want += 100 * time.Millisecond // count is 1 at the first drop
		} else if i > 1 {
			want += time.Duration(100 * float64(time.Millisecond) / math.Sqrt(float64(i)))
		}
		if got < want || got > want+step {
			t.Errorf("drop %d at %v, want %v, one step of %v later at most", i+1, got, want, step)
		}
	}
}

// TestCoDelIsTheRFCs compares with the pseudo-code over random arrivals and
// departures, of which some make a standing queue, some episodes that follow
// one another, and some an empty queue.
func TestCoDelIsTheRFCs(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := newStepped(t, Config{PacketsMax: 1 << 20, MemoryBytesMax: -1})
		r := &rfcCoDel{packet: 1000, mtu: 1500, target: targetDefault, interval: intervalDefault}
		var drops []time.Duration
		arrivals := 2
		for n := range 10_000 {
			if n%500 == 0 {
				arrivals = random.IntN(4)
			}
			s.now += time.Duration(random.IntN(2_000_000))
			for range random.IntN(arrivals + 1) {
				s.put(0, 1000, n)
				r.queue = append(r.queue, s.now)
			}
			before := s.stats.DropsCoDel
			_, _, _, got := s.take()
			for range s.stats.DropsCoDel - before {
				drops = append(drops, s.now)
			}
			if _, want := r.dequeue(s.now); got != want {
				t.Fatalf("seed %d, step %d: a packet came: %v, want %v", seed, n, got, want)
			}
		}
		if len(drops) == 0 || !slices.Equal(drops, r.drops) {
			t.Fatalf("seed %d: %d drops, by the pseudo-code %d; they must be as many and at the same instants", seed, len(drops), len(r.drops))
		}
	}
}

// TestNoTargetNoDrops keeps a packet for an hour.
func TestNoTargetNoDrops(t *testing.T) {
	s := newStepped(t, Config{Target: -1})
	for n := range 100 {
		s.put(0, 1500, n)
	}
	for range 100 {
		s.now += time.Hour
		s.take()
	}
	if s.stats.DropsCoDel != 0 {
		t.Errorf("%d drops without a target, want none", s.stats.DropsCoDel)
	}
}

// TestOneLargePacketIsNoStandingQueue has a flow with one packet of 64 KiB at a
// time behind another on a link that takes a second for each.
func TestOneLargePacketIsNoStandingQueue(t *testing.T) {
	s := newStepped(t, Config{})
	s.put(0, 65000, 0)
	for n := range 100 {
		s.put(0, 65000, n+1)
		s.now += time.Second
		s.take()
	}
	if s.stats.DropsCoDel != 0 {
		t.Errorf("%d drops, want none: with one packet left in it the queue is as short as it gets", s.stats.DropsCoDel)
	}
}
