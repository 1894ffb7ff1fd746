package test

import (
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// What gVisor makes of a congestion window after a loss, where every segment is
// acknowledged by itself. Both are mistakes of this version, which TCPConfig and
// docs/simulation.md tell of; where one is gone, these places have to change.

// TestCubicStandsStill: RFC 9438, section 4.2 has the window grow by a part of a
// segment with each acknowledgement, and reach in K, 5.4 s here, what it was at
// the loss. gVisor cuts the parts off, so that it stays, until it is
// behind Reno's and jumps.
func TestCubicStandsStill(t *testing.T) {
	windows := windowAfterLoss(t, "cubic", 6)
	if first, last := windows[0], windows[5]; first != last {
		t.Errorf("the window has grown from %d to %d segments in 5 s: gVisor has mended its cubic", first, last)
	}
	if last, jump := windows[5], windows[6]; jump < last*5/4 {
		t.Errorf("the window went from %d to %d segments in the seventh second, want a jump to Reno's", last, jump)
	}
}

// TestRenoNeverSlowsDown: RFC 5681, section 3.1 has the window grow by a segment
// in each round trip once it has reached the threshold. gVisor adds one with each
// acknowledgement, as below the threshold: it keeps what it counted towards the
// last segment as counted towards the next.
func TestRenoNeverSlowsDown(t *testing.T) {
	windows := windowAfterLoss(t, "reno", 1)
	const roundTrips = 20 // in a second
	if grown := windows[1] - windows[0]; grown < 100*roundTrips {
		t.Errorf("the window grew by %d segments in %d round trips: gVisor has mended its reno", grown, roundTrips)
	}
}

// windowAfterLoss loses one segment in the slow start of a bulk transfer, and
// returns the congestion window, in segments, a second after the first SYN and
// after each of the seconds that follow.
func windowAfterLoss(t *testing.T, control string, seconds int) []int {
	x := newBulk(t, sim.Config{TCP: netstack.TCPConfig{CongestionControl: control}})
	x.w.Fault(fault.Drop{Select: fault.Select{From: []string{"from"}, Nth: 200}})
	var windows []int
	for range seconds + 1 {
		x.w.RunFor(time.Second)
		info := x.sender.TCPInfo()
		if info.FastRetransmits != 1 {
			t.Fatalf("%d fast retransmits at %v, want the one of the segment that was lost", info.FastRetransmits, x.w.Now())
		}
		windows = append(windows, info.CongestionWindow)
	}
	x.close()
	return windows
}
