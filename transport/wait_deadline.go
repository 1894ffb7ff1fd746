package transport

import (
	"sync"
	"time"
)

// deadline is a net.Conn's deadline for one direction: it may be moved while
// calls wait under it. The zero value needs node.
type deadline struct {
	node *Node

	mu      sync.Mutex
	over    bool
	round   uint64 // tells a timer of an earlier deadline
	stop    func() bool
	waiters []*waiter
}

// set moves the deadline; the zero time is never.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		d.stop()
		d.stop = nil
	}
	d.round++
	d.over = false
	if t.IsZero() {
		return
	}
	left := t.Sub(d.node.clock.Now())
	if left <= 0 {
		d.passLocked()
		return
	}
	round := d.round
	d.stop = d.node.clock.AfterFunc(left, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.round == round {
			d.passLocked()
		}
	})
}

func (d *deadline) passLocked() {
	d.over = true
	for _, w := range d.waiters {
		w.wake()
	}
}

// passed reports whether the deadline is over. d may be nil.
func (d *deadline) passed() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.over
}

// add makes the deadline wake w.
func (d *deadline) add(w *waiter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.limit = d
	d.waiters = append(d.waiters, w)
}

// remove undoes add. d may be nil.
func (d *deadline) remove(w *waiter) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiters = without(d.waiters, w)
}

// close stops the timer.
func (d *deadline) close() {
	d.set(time.Time{})
}
