package engine

import (
	"fmt"
	"sync"
	"time"
)

// Events is virtual time and what is to happen in it. Times count from the
// world's start. Events happen in the order of their time; at one instant
// first by rank, then in the order in which they were set. Rank 0 is the
// engine's own and that of At and After; each host's clock has its own, so
// that goroutines of two hosts that set timers at one instant need not agree
// on who was first.
//
// Methods may be called from any goroutine. What is to happen is called by
// whoever calls Step, without a lock held; only one goroutine may step.
type Events struct {
	mu     sync.Mutex
	now    time.Duration
	heap   eventHeap
	seq    uint64
	fired  uint64
	rank   int32 // of the event that happened last
	packet bool  // it was a packet's
	limits Limits
	paused map[int32]bool // ranks of clocks that are paused
	parked []eventKey     // their events that were due, or next, in that order
}

// Limits bound a run. Zero is no limit.
type Limits struct {
	Events uint64        // how many events may happen
	Time   time.Duration // the last instant that may be reached
}

// LimitError says that a run went on for longer than its Limits allow.
type LimitError struct {
	Limit   string        // the field of Limits: "Events" or "Time"
	Limits  Limits        // as configured
	Now     time.Duration // when it was noticed
	Next    time.Duration // the instant that could not be reached
	Fired   uint64        // events that have happened
	Pending int           // events that were still set
}

// Error says which limit ended the run, where it stood, and what to do.
func (e *LimitError) Error() string {
	value := fmt.Sprint(e.Limits.Events)
	if e.Limit == "Time" {
		value = e.Limits.Time.String()
	}
	return fmt.Sprintf("sim: limit %s of %s reached at %v after %d events, with %d pending, the next due at %v: something repeats without end, or the limit is too low",
		e.Limit, value, e.Now, e.Fired, e.Pending, e.Next)
}

// NewEvents returns virtual time at 0 with nothing set. Limits.Time below 0
// is an error.
func NewEvents(limits Limits) (*Events, error) {
	if limits.Time < 0 {
		return nil, fmt.Errorf("sim: Limits.Time is %v: it must be 0 for no limit, or above", limits.Time)
	}
	return &Events{limits: limits}, nil
}

// Timer is an event that was set. The zero Timer is one that has happened.
type Timer struct {
	events *Events
	slot   int32
	gen    uint64
}

// Stop prevents the event and reports whether it did: false if it has
// happened, is happening, or was stopped before.
func (t Timer) Stop() bool {
	if t.events == nil {
		return false
	}
	t.events.mu.Lock()
	defer t.events.mu.Unlock()
	parked := t.events.heap.slots[t.slot].place == parkedPlace
	stopped := t.events.heap.remove(t.slot, t.gen)
	if stopped && parked {
		t.events.unparkLocked(t.slot)
	}
	return stopped
}

// Now is the time since the world's start.
func (e *Events) Now() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

// At calls f when the time is at. An instant that has passed means as soon
// as possible, never inside At.
func (e *Events) At(at time.Duration, f func()) Timer {
	return e.set(at, 0, callback(f))
}

// After calls f when d has passed; d <= 0 means as soon as possible, never
// inside After.
func (e *Events) After(d time.Duration, f func()) Timer {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.setLocked(addTime(e.now, d), 0, callback(f))
}

func (e *Events) set(at time.Duration, rank int32, what happening) Timer {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.setLocked(at, rank, what)
}

func (e *Events) setLocked(at time.Duration, rank int32, what happening) Timer {
	e.seq++
	slot, gen := e.heap.push(eventKey{at: max(at, e.now), rank: rank, seq: e.seq}, what)
	return Timer{e, slot, gen}
}

// Next is the instant of the first event; false if none is set. Timers of
// paused clocks are no events until these go on.
func (e *Events) Next() (at time.Duration, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.parkLocked()
	if len(e.heap.order) == 0 {
		return 0, false
	}
	return max(e.heap.order[0].at, e.now), true
}

// Step moves the time to the first event and makes it happen; ok is false if
// there is none. Beyond a limit it does nothing and returns a *LimitError,
// every time it is called.
func (e *Events) Step() (ok bool, err error) {
	what, ok, err := e.take()
	if !ok || err != nil {
		return false, err
	}
	what.happen()
	return true, nil
}

// StepTogether is Step, and where the event is a clock's timer, all others of
// that clock happen with it that were set by then and are due by now too, in
// the order in which they were set. Programs of one host that set timers at one
// instant need not agree on who was first, so what is sent by these timers has
// to be sorted as if it were sent at once.
func (e *Events) StepTogether() (ok bool, err error) {
	newest := e.newest()
	ok, err = e.Step()
	for more := ok; more && err == nil && e.sameClockNext(newest); {
		more, err = e.Step()
	}
	return ok, err
}

// newest is the sequence number of the event that was set last.
func (e *Events) newest() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seq
}

// sameClockNext reports whether the first event is a timer of the clock whose
// timer happened last, is due, and was set no later than newest.
func (e *Events) sameClockNext(newest uint64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.parkLocked()
	if e.rank == 0 || len(e.heap.order) == 0 {
		return false
	}
	first := &e.heap.order[0]
	return first.rank == e.rank && first.at <= e.now && first.seq <= newest
}

// take removes the first event and sets the time to it.
func (e *Events) take() (what happening, ok bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.parkLocked()
	if len(e.heap.order) == 0 {
		return nil, false, nil
	}
	at := max(e.heap.order[0].at, e.now)
	if e.limits.Events > 0 && e.fired >= e.limits.Events {
		return nil, false, e.limitLocked("Events", at)
	}
	if e.limits.Time > 0 && at > e.limits.Time {
		return nil, false, e.limitLocked("Time", at)
	}
	e.now = at
	e.fired++
	e.rank = e.heap.order[0].rank
	what = e.heap.pop()
	_, e.packet = what.(*transit)
	return what, true, nil
}

// MoveTo sets the time forward without making anything happen, for a driver
// that learns the time from elsewhere; an instant that has passed changes
// nothing. Events that it passes by happen at the new time. Beyond
// Limits.Time it does nothing and returns a *LimitError.
func (e *Events) MoveTo(at time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.limits.Time > 0 && at > e.limits.Time {
		return e.limitLocked("Time", at)
	}
	e.now = max(e.now, at)
	return nil
}

func (e *Events) limitLocked(limit string, next time.Duration) error {
	return &LimitError{limit, e.limits, e.now, next, e.fired, len(e.heap.order)}
}

// Fired counts the events that have happened.
func (e *Events) Fired() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fired
}

// Last is what the event was that happened last: whether it was about a
// packet, else 0 or ClockConfig.Rank of the clock whose timer it was.
func (e *Events) Last() (packet bool, rank int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.packet, int(e.rank)
}

// Pending counts the events that are set; 0 if there are none but timers of
// paused clocks.
func (e *Events) Pending() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.parkLocked()
	return len(e.heap.order)
}
