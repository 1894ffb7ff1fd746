package pool

import (
	"context"
	"slices"
)

// wait blocks until ready is woken or ctx ends. It is the one place in this
// package where a goroutine waits, but for calls of package transport.
func (p *Pool) wait(ctx context.Context, ready <-chan struct{}) {
	if s := p.cfg.Node.Scheduler(); s != nil {
		s.Wait(ctx, ready)
		return
	}
	select {
	case <-ready:
	case <-ctx.Done():
	}
}

// wake ends the wait for ready; once for each ready. It does not block.
func (p *Pool) wake(ready chan struct{}) {
	if s := p.cfg.Node.Scheduler(); s != nil {
		s.Ready(func() { close(ready) })
		return
	}
	close(ready)
}

// await waits for the end of the pool or of ctx, and reports whether the pool
// has ended.
func (p *Pool) await(ctx context.Context) bool {
	ready := make(chan struct{})
	p.mu.Lock()
	ended := p.running == 0
	if !ended {
		p.waiting = append(p.waiting, func() { p.wake(ready) })
	}
	p.mu.Unlock()
	if !ended {
		p.wait(ctx, ready)
	}
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// slots bounds the connections: an acceptor takes one before it accepts, and
// the end of the handler gives it back. The pool's mutex guards it.
type slots struct {
	most   int // negative: no limit
	taken  int
	paused []chan struct{} // acceptors, in the order in which they came
}

// acquire takes a slot and waits for one; false when the pool is stopping.
func (p *Pool) acquire() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.slots
	for !p.stopping {
		if s.most < 0 || s.taken < s.most {
			s.taken++
			return true
		}
		ready := make(chan struct{})
		s.paused = append(s.paused, ready)
		p.mu.Unlock()
		p.wait(context.Background(), ready)
		p.mu.Lock()
	}
	return false
}

// releaseLocked gives a slot back and lets the first paused acceptor try.
func (p *Pool) releaseLocked() {
	s := &p.slots
	s.taken--
	if len(s.paused) > 0 {
		p.wake(s.paused[0])
		s.paused = slices.Delete(s.paused, 0, 1)
	}
}

// wakeAll lets all paused acceptors see that the pool is stopping.
func (s *slots) wakeAll(p *Pool) {
	for _, ready := range s.paused {
		p.wake(ready)
	}
	s.paused = nil
}
