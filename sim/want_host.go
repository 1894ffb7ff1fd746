package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// Sockets lists all sockets of the host, as netstack.Stack.Sockets does: also
// those that belong to no program, such as half-open ones and those in
// TIME-WAIT.
func (w *World) Sockets(h *Host) []netstack.SocketInfo { return h.Sockets() }

// WantSockets fails the test unless exactly n TCP sockets of the host are in the
// state, such as netstack.StateTimeWait; it shows all sockets.
func (w *World) WantSockets(tb testing.TB, h *Host, state netstack.State, n int) {
	tb.Helper()
	got := 0
	var b strings.Builder
	for _, i := range h.Sockets() {
		if i.Network == "tcp" && i.State == state.String() {
			got++
		}
		fmt.Fprintln(&b, i)
	}
	if got != n {
		tb.Errorf("%v: %d sockets of %s in %v, want %d:\n%s", w.Now(), got, h.Name(), state, n, b.String())
	}
}

// WantCounter fails the test unless the counter has the value n.
func (w *World) WantCounter(tb testing.TB, h *Host, c Counter, n uint64) {
	tb.Helper()
	got, err := h.Counter(c)
	switch {
	case err != nil:
		tb.Error(err)
	case got != n:
		tb.Errorf("%v: %s of %s is %d, want %d (%s)", w.Now(), c, h.Name(), got, n, c.Doc())
	}
}

// Mark remembers the present instant, which it returns, for WantElapsed. Until
// it is called that is the world's start. Since takes it for packets.
func (w *World) Mark() time.Duration {
	at := w.Now()
	w.mu.Lock()
	w.marked = at
	w.mu.Unlock()
	return at
}

// Elapsed is the virtual time since Mark was called last.
func (w *World) Elapsed() time.Duration {
	now := w.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	return now - w.marked
}

// WantElapsed fails the test unless exactly d of virtual time has passed since
// Mark was called last.
func (w *World) WantElapsed(tb testing.TB, d time.Duration) {
	tb.Helper()
	if got := w.Elapsed(); got != d {
		tb.Errorf("%v: %v have passed since %v, want %v", w.Now(), got, w.Now()-got, d)
	}
}
