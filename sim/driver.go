package sim

import (
	"context"
	"runtime"

	"github.com/seed-731cb71d/warren/sim/report"
)

// What follows is for the driver alone: the goroutine that moves the world, by
// one thing at a time, when all programs are idle. An event comes only after
// every stack that was touched has settled, every wake-up has been made and
// its consequences have settled too, and what the hosts have sent has been
// ordered and forwarded. So nothing depends on which goroutine was faster.

// touch notes that the host's stack may have something to do.
func (h *Host) touch() {
	h.w.mu.Lock()
	if !h.touched {
		h.touched = true
		h.w.touched = append(h.w.touched, h)
	}
	h.w.mu.Unlock()
}

// pushWake takes over a wake-up for a program of the host.
func (h *Host) pushWake(wake func()) {
	h.w.mu.Lock()
	if len(h.wakes) == 0 {
		h.w.wakers = append(h.w.wakers, h)
	}
	h.wakes = append(h.wakes, wake)
	h.w.mu.Unlock()
}

// settle lets every stack finish that was touched.
func (w *World) settle() {
	for {
		w.mu.Lock()
		list := w.touched
		w.touched = w.settled[:0]
		for _, h := range list {
			h.touched = false
		}
		w.mu.Unlock()
		w.settled = list
		if len(list) == 0 {
			return
		}
		if w.cfg.without.settling {
			runtime.Gosched() // nobody would ever process what arrives
			continue
		}
		for _, h := range list {
			h.Stack().Settle()
			w.sample(h, w.events.Now())
		}
	}
}

// wakeOne makes the oldest wake-up of the first host that has one.
func (w *World) wakeOne() bool {
	wake := w.takeWake()
	if wake == nil {
		return false
	}
	if w.instant.another(w.events.Now()) {
		w.fail(&endlessError{w.instant.at, w.instant.wakes})
	}
	wake()
	return true
}

func (w *World) takeWake() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := -1
	for i, h := range w.wakers {
		if !h.paused.Load() && (first < 0 || h.rank < w.wakers[first].rank) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	h := w.wakers[first]
	w.diary.add(report.Note{At: w.events.Now(), Host: h.name, Kind: report.NoteWakeUp, Text: "a program goes on"}, w.trace.Len())
	wake := h.wakes[0]
	h.wakes[0] = nil
	h.wakes = h.wakes[1:]
	if len(h.wakes) == 0 {
		h.wakes = nil
		w.wakers = append(w.wakers[:first], w.wakers[first+1:]...)
	}
	return wake
}

// step makes the next event happen and notes whose it was. Timers of one host
// that expire at the same instant are one event.
func (w *World) step() (bool, error) {
	ok, err := w.events.StepTogether()
	if ok {
		if _, rank := w.events.Last(); rank > 0 {
			w.byRank(rank).touch()
		}
	}
	return ok, err
}

func (w *World) byRank(rank int) *Host {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hosts[rank-1]
}

// pause is a program that waits for the world to come to some point.
type pause struct {
	due  func() bool // looked at by the driver before each event
	over chan struct{}
}

// until blocks the calling program until due holds, which the driver looks at
// whenever nothing is left to do before the next event, or until the run has
// failed.
func (w *World) until(due func() bool) {
	if w.ended.Err() != nil {
		w.sched.tooLate(0)
		return
	}
	w.untilOr(w.ended, due)
}

// untilOr is until that gives up with ctx.
func (w *World) untilOr(ctx context.Context, due func() bool) {
	p := &pause{due, make(chan struct{})}
	w.mu.Lock()
	w.pauses = append(w.pauses, p)
	w.mu.Unlock()
	w.sched.rouse()
	w.sched.wait(ctx, p.over)
	w.removePause(p)
}

// releasePause lets the first program go on whose point has come.
func (w *World) releasePause() bool {
	w.mu.Lock()
	list := w.pauses
	w.mu.Unlock()
	for _, p := range list {
		if p.due() {
			w.removePause(p)
			close(p.over)
			return true
		}
	}
	return false
}

func (w *World) removePause(p *pause) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := make([]*pause, 0, len(w.pauses))
	for _, o := range w.pauses {
		if o != p {
			kept = append(kept, o)
		}
	}
	w.pauses = kept
}

// instantOver reports whether nothing is left to happen at this instant.
func (w *World) instantOver() bool {
	next, ok := w.events.Next()
	return !ok || next > w.events.Now()
}

// hasWork reports whether a stack or a wake-up waits for the driver.
func (w *World) hasWork() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.touched)+len(w.wakers) > 0
}
