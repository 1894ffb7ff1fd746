// Package wait lets tests wait for a condition instead of sleeping.
//
//	wait.Until(t, func() bool { return stack.Stats().Conns == 0 }, "all connections gone")
//
// # Goroutines and locks
//
// None: the condition is asked on the calling goroutine.
//
// # Not supported
//
// Virtual time; a simulation is stepped, not waited for.
package wait

import (
	"testing"
	"time"
)

// limit is far beyond what any machine needs; a test that reaches it is
// wrong, not slow.
const limit = 30 * time.Second

// Until returns when cond holds. It fails t at once, saying that what did not
// come true, when that takes 30 s.
func Until(t testing.TB, cond func() bool, what string) {
	t.Helper()
	if !True(cond) {
		t.Fatalf("not so after %v: %s", limit, what)
	}
}

// True waits as Until does and reports whether cond came to hold.
func True(cond func() bool) bool {
	deadline := time.Now().Add(limit)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if cond() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		timer.Reset(pause)
		<-timer.C
	}
}
