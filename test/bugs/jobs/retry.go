package jobs

import (
	"fmt"
	"slices"
	"time"
)

// received reacts to a frame of the present session.
func (c *Client) received(f frame) {
	i := slices.IndexFunc(c.pending, func(p *pending) bool { return p.number == f.number })
	switch {
	case f.kind == busy:
		c.fail(ErrBusy)
	case f.kind == done && i >= 0:
		p := c.pending[i]
		c.pending = slices.Delete(c.pending, i, i+1)
		c.failures = 0
		c.report(Result{Number: p.number, Payload: p.payload, Answer: f.payload})
	default:
		c.fail(fmt.Errorf("jobs: the server sent a frame of kind %d for job %d, which is not under way", f.kind, f.number))
	}
}

// fail gives the session up, reports the jobs that have had their attempts,
// and waits before the next session.
func (c *Client) fail(err error) {
	if c.link != nil {
		c.link.abandon()
		c.link = nil
	}
	var left []*pending
	for _, p := range c.pending {
		p.attempts++
		if p.attempts < c.cfg.Attempts {
			left = append(left, p)
			continue
		}
		c.report(Result{Number: p.number, Payload: p.payload,
			Err: fmt.Errorf("job %d failed %d times, the last time with: %w", p.number, p.attempts, err)})
	}
	c.pending = left
	c.backOff()
}

// backOff waits after a failure, longer after each.
func (c *Client) backOff() {
	pause := c.cfg.Backoff << min(c.failures, 5)
	pause += time.Duration(c.cfg.Rand.Int64N(int64(pause)/2 + 1))
	c.failures++
	<-time.NewTimer(pause).C
}
