package fq

import (
	"math"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// codel is the state of controlled delay in one queue, under the names of RFC
// 8289, section 5.1. It outlives an empty queue, as there.
type codel struct {
	firstAboveTime time.Duration // 0: the delay is below the target
	dropNext       time.Duration
	count          uint32
	lastCount      uint32
	dropping       bool
}

// control are CoDel's parameters.
type control struct {
	target   time.Duration // negative: nothing is dropped
	interval time.Duration
	mtuBytes int
}

// law is the control law of RFC 8289, section 4.3: drops come sooner with
// the square root of their number.
func (c *control) law(t time.Duration, count uint32) time.Duration {
	return t + time.Duration(float64(c.interval)/math.Sqrt(float64(count)))
}

// head takes the first packet of f and says whether it may be dropped
// (dodequeue of RFC 8289, section 5.6). A queue that holds no more than one
// packet's worth of bytes cannot be the cause of a delay; with segmentation
// offload that is the largest packet it has held.
func (s *scheduler) head(f *flow, now time.Duration) (p *netstack.Packet, okToDrop bool) {
	n, ok := s.pop(f)
	if !ok {
		f.codel.firstAboveTime = 0
		return nil, false
	}
	c := &f.codel
	if s.control.target < 0 || now-n.at < s.control.target || f.bytes <= max(s.control.mtuBytes, f.packetMax) {
		c.firstAboveTime = 0
		return n.packet, false
	}
	if c.firstAboveTime == 0 {
		c.firstAboveTime = now + s.control.interval
		return n.packet, false
	}
	return n.packet, now >= c.firstAboveTime
}

// controlled takes the packet of f that is to be sent next and drops those
// that the control law condemns (dequeue of RFC 8289, section 5.5); nil if
// f is empty.
func (s *scheduler) controlled(f *flow, now time.Duration) *netstack.Packet {
	p, okToDrop := s.head(f, now)
	c := &f.codel
	switch {
	case c.dropping:
		if !okToDrop {
			c.dropping = false
		}
		for c.dropping && now >= c.dropNext {
			s.condemn(p)
			c.count++
			if p, okToDrop = s.head(f, now); !okToDrop {
				c.dropping = false
			} else {
				c.dropNext = s.control.law(c.dropNext, c.count)
			}
		}
	case okToDrop:
		s.condemn(p)
		p, _ = s.head(f, now)
		s.startDropping(c, now)
	}
	return p
}

// startDropping goes on at the rate of the last episode if that was not long
// ago.
func (s *scheduler) startDropping(c *codel, now time.Duration) {
	delta := c.count - c.lastCount
	c.dropping, c.count = true, 1
	if delta > 1 && now-c.dropNext < 16*s.control.interval {
		c.count = delta
	}
	c.dropNext = s.control.law(now, c.count)
	c.lastCount = c.count
}

// condemn drops a packet for CoDel.
func (s *scheduler) condemn(p *netstack.Packet) {
	p.Release()
	s.stats.DropsCoDel++
}
