package engine

import "time"

// codel is the state of the controlled-delay algorithm of RFC 8289,
// section 5, under the names given there, in integer arithmetic.
type codel struct {
	firstAboveTime time.Duration
	dropNext       time.Duration
	count          uint64
	lastCount      uint64
	dropping       bool
	maxPacket      int // the largest packet seen: what stands for the MTU
}

// controlLaw is the instant of the next drop: t + interval/sqrt(count).
func controlLaw(t, interval time.Duration, count uint64) time.Duration {
	const scale = 1 << 16
	root := isqrt(min(count, 1<<31) << 32) // sqrt(count) * scale
	return addTime(t, time.Duration(uint64(interval)*scale/root))
}

// dodequeue takes the first packet of q and says whether it may be dropped.
func (c *codel) dodequeue(q *queue, cfg Queue, now time.Duration) (tr *transit, okToDrop bool) {
	tr = q.pop()
	if tr == nil {
		c.firstAboveTime = 0
		return nil, false
	}
	if now-tr.queued < cfg.target() || q.bytes <= c.maxPacket {
		c.firstAboveTime = 0
		return tr, false
	}
	if c.firstAboveTime == 0 {
		c.firstAboveTime = now + cfg.interval()
		return tr, false
	}
	return tr, now >= c.firstAboveTime
}

// dequeue takes the packet to be sent next and hands those that the
// algorithm drops to drop; nil if none is left.
func (c *codel) dequeue(q *queue, cfg Queue, now time.Duration, drop func(*transit)) *transit {
	tr, ok := c.dodequeue(q, cfg, now)
	switch {
	case c.dropping:
		if !ok {
			c.dropping = false
		}
		for c.dropping && now >= c.dropNext {
			drop(tr)
			c.count++
			if tr, ok = c.dodequeue(q, cfg, now); !ok {
				c.dropping = false
			} else {
				c.dropNext = controlLaw(c.dropNext, cfg.interval(), c.count)
			}
		}
	case ok:
		drop(tr)
		tr, _ = c.dodequeue(q, cfg, now)
		c.dropping = true
		delta := c.count - c.lastCount
		c.count = 1
		if delta > 1 && now-c.dropNext < 16*cfg.interval() {
			c.count = delta
		}
		c.dropNext = controlLaw(now, cfg.interval(), c.count)
		c.lastCount = c.count
	}
	return tr
}
