package tun

import (
	"testing"
	"time"
)

// spins counts the tries of one wait in vain.
func spins(p *poller, succeed bool) (n int) {
	p.spin(func() bool { n++; return succeed })
	return n
}

func TestPollerSleepsAtFirst(t *testing.T) {
	var p poller
	if n := spins(&p, true); n != 0 {
		t.Errorf("a first wait tries %d times before it sleeps", n)
	}
	var none *poller
	if n := spins(none, true); n != 0 {
		t.Errorf("no poller tries %d times", n)
	}
}

func TestPollerTriesAfterShortWaits(t *testing.T) {
	p := poller{hot: true}
	if n := spins(&p, true); n != 1 {
		t.Errorf("after a short wait there are %d tries, want one that succeeds", n)
	}
	p.moved.Store(pollBytesMax + 1)
	if n := spins(&p, true); n != 0 {
		t.Errorf("while bulk data is moved there are %d tries", n)
	}
	p.since = time.Now().Add(-2 * pollMax)
	if p.found(); p.hot {
		t.Error("a long wait makes the next one try")
	}
	p.since = time.Now()
	p.found()
	if wasSlow := time.Since(p.since) > pollMax; !p.hot && !wasSlow {
		t.Error("a short wait does not make the next one try")
	}
}

func TestPollerGivesUpTryingInVain(t *testing.T) {
	var p poller
	for waits, tried := 0, 0; waits < 3*pollSkipMax; waits++ {
		p.hot = true
		if spins(&p, false) > 0 {
			tried++
		}
		if tried > 13 {
			t.Fatalf("%d of %d waits in vain have tried", tried, waits+1)
		}
	}
}

func TestPollerObeys(t *testing.T) {
	always, never := poller{fixed: time.Hour}, poller{fixed: -1, hot: true}
	if n := spins(&always, true); n != 1 {
		t.Errorf("a poller that always tries has tried %d times", n)
	}
	if n := spins(&never, true); n != 0 {
		t.Errorf("a poller that never tries has tried %d times", n)
	}
}
