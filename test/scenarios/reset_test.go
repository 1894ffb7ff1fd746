package scenarios

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// wantReset reads from c, which is to end by a reset.
func wantReset(t *testing.T, c io.Reader) {
	t.Helper()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read: %v, want ECONNRESET", err)
	}
}

// Test14CloseWithUnreadData: RFC 2525 section 2.17 and RFC 9293 section 3.6.1:
// who closes without having read what has arrived sends a reset, so that the
// peer knows that it was lost.
func Test14CloseWithUnreadData(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		sim.Must(io.WriteString(c, "unread"))
		w.Settle()
		s.Close()
		w.Settle()
		wantStates(t, cli, srv, netstack.StateClosed, netstack.StateClosed)
		w.Packets(sim.From(srv), sim.RST).WantLen(t, 1)
		w.Packets(sim.FIN).WantLen(t, 0)
		wantReset(t, c)
	})
}

// Test15Abort: RFC 9293 section 3.10.5: an abort sends a reset, forgets what was
// not sent, and leaves no TIME-WAIT. It is what SO_LINGER of 0 makes of a close.
func Test15Abort(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		if err := s.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		s.Close()
		w.Settle()
		wantStates(t, cli, srv, netstack.StateClosed, netstack.StateClosed)
		w.Packets(sim.From(srv), sim.RST).WantLen(t, 1)
		wantReset(t, c)
	})
}

// Test16BlindReset: RFC 5961 section 3.2: a reset inside of the window but not
// at its edge is answered by a challenge ACK; only the exact number is believed.
func Test16BlindReset(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, _ := pair(t, w)
		mallory, start := wire(w), w.Now()
		forge(t, w, mallory, c, "R 1000:1000(0)")
		w.Packets(sim.From(cli), sim.ACKOnly).Since(start).WantTimes(t, "10ms")
		wantStates(t, cli, srv, netstack.StateEstablished, netstack.StateEstablished)

		forge(t, w, mallory, c, "R 1:1(0)")
		wantStates(t, cli, srv, netstack.StateClosed, netstack.StateEstablished)
		wantReset(t, c)
	})
}

// Test17BlindSYN: RFC 5961 section 4.2: a SYN into an established connection is
// answered by a challenge ACK, whatever its number.
func Test17BlindSYN(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, s := pair(t, w)
		mallory, start := wire(w), w.Now()
		forge(t, w, mallory, c, "S 1000:1000(0) win 1000 <mss 1000>")
		w.Packets(sim.From(cli)).Since(start).WantTimes(t, "10ms")
		w.Packets(sim.From(cli), sim.ACKOnly).Since(start).WantLen(t, 1)
		wantStates(t, cli, srv, netstack.StateEstablished, netstack.StateEstablished)
		sim.Must(io.WriteString(s, "still here"))
		if got := sim.Must(read(c, 10)); got != "still here" {
			t.Errorf("read %q", got)
		}
	})
}

// Test18ChallengeACKLimit: RFC 5961 section 7: challenge ACKs are limited, so
// that a flood of forged segments makes no flood of answers. gVisor sends one
// per connection in 500 ms, as Linux does (tcp_invalid_ratelimit).
func Test18ChallengeACKLimit(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		cli, srv, c, _ := pair(t, w)
		mallory, start := wire(w), w.Now()
		for i := range 1000 {
			if err := mallory.Forge(c, fmt.Sprintf("R %d:%[1]d(0)", 1000+i)); err != nil {
				t.Fatal(err)
			}
			w.RunFor(2 * time.Millisecond)
		}
		w.Settle()
		w.Packets(sim.From(cli)).Since(start).WantTimes(t, "10ms 510ms 1.01s 1.51s")
		wantStates(t, cli, srv, netstack.StateEstablished, netstack.StateEstablished)
	})
}
