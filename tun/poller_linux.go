package tun

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// pollMax is how long a read tries again, before it sleeps, while that
	// pays. Waking a sleeping thread on another processor takes the kernel
	// about 30 us, and as much on the other side, which is the longest wait that
	// is worth it. With 50 us half of those are missed, and with 100 us a try in
	// vain, one in a hundred, makes the slowest round trips 30 us slower.
	pollMax = 70 * time.Microsecond

	// pollBytesMax is what may have been moved since the wait before: beyond it
	// the device is carrying bulk data, for which the processor is better used
	// elsewhere.
	pollBytesMax = 16 << 10

	// pollSkipMax is how many waits go by, after tries in vain, before the next
	// one.
	pollSkipMax = 1023
)

// poller decides whether a read that has found nothing tries again for a while
// before it sleeps in Go's poller. Left to itself it does so only where packets
// come so close together that they cross: after a wait that turned out to be
// shorter than pollMax, and with little data moved. A try in vain doubles the
// waits that go by until the next, so that a peer which needs this very processor
// is not kept from it.
//
// All but moved and closing is used under the descriptor's read lock.
type poller struct {
	fixed time.Duration // how long each wait begins with trying: above 0 always, below 0 never

	moved   atomic.Int64 // bytes read and written since the last wait began
	closing atomic.Bool  // no more trying: the device is being closed
	hot     bool         // the last wait was short
	skip    int          // waits that are still to go by
	backoff int
	since   time.Time // when the present wait began; zero: there is none
}

// spin calls try until it succeeds or the time is over, letting other
// goroutines run in between, and reports whether it did. A nil poller sleeps at
// once.
func (p *poller) spin(try func() bool) bool {
	if p == nil {
		return false
	}
	start := time.Now()
	if limit := p.limit(); limit > 0 {
		for time.Since(start) < limit && !p.closing.Load() {
			runtime.Gosched()
			if try() {
				p.backoff = 0
				return true
			}
		}
		p.hot, p.backoff = false, min(2*p.backoff+1, pollSkipMax)
		p.skip = p.backoff
	}
	p.since = start
	return false
}

// limit is how long to try this time.
func (p *poller) limit() time.Duration {
	moved := p.moved.Swap(0)
	switch {
	case p.fixed != 0:
		return p.fixed
	case !p.hot || moved > pollBytesMax:
		return 0
	case p.skip > 0:
		p.skip--
		return 0
	}
	return pollMax
}

// found notes that there was something at the first try, be it after a sleep.
func (p *poller) found() {
	if p == nil || p.since.IsZero() {
		return
	}
	p.hot = time.Since(p.since) < pollMax
	p.since = time.Time{}
}
