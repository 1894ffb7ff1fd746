package sim

import (
	"context"
	"net"
	"slices"
	"time"
)

// nap is a wait for time to pass in a call that its host's end has to end too.
type nap struct {
	over chan struct{}
	cut  bool // by the host's end; of the host's lock
	done bool // over is closed; of the host's lock
}

// end closes over, once.
func (h *Host) endNap(n *nap, cut bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !n.done {
		n.done, n.cut = true, cut
		close(n.over)
	}
}

// nap blocks the calling program until d has passed on the host's clock, ctx
// ends, or the host does; it then returns ctx.Err or net.ErrClosed. It does not
// block for a d of 0.
func (h *Host) nap(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	n := &nap{over: make(chan struct{})}
	h.mu.Lock()
	if h.over {
		h.mu.Unlock()
		return net.ErrClosed
	}
	h.naps = append(h.naps, n)
	h.mu.Unlock()
	stop := h.Clock().AfterFunc(d, func() {
		h.pushWake(func() { h.endNap(n, false) })
	})
	h.w.sched.wait(ctx, n.over)
	stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.naps = slices.DeleteFunc(h.naps, func(o *nap) bool { return o == n })
	switch {
	case n.cut:
		return net.ErrClosed
	case n.done:
		return nil
	}
	return ctx.Err()
}

// cutNaps ends all naps, those to come included: the host's life is over.
func (h *Host) cutNaps() {
	h.mu.Lock()
	h.over = true
	naps := h.naps
	h.mu.Unlock()
	for _, n := range naps {
		h.endNap(n, true)
	}
}
