package tun

import (
	"testing"
	"time"
)

// TestPollerStopsForClose has a wait that would try for an hour.
func TestPollerStopsForClose(t *testing.T) {
	p := poller{fixed: time.Hour}
	tries := 0
	if p.spin(func() bool { tries++; p.closing.Store(true); return false }) || tries != 1 {
		t.Errorf("%d tries, want one, and none after closing has begun", tries)
	}
}
