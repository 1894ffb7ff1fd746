//go:build linux && !android

package test

import (
	"fmt"
	"io"
	"testing"
	"time"
)

const (
	gapStream = 30 * time.Second
	gapMax    = 200 * time.Millisecond
)

// TestR10NoGaps sends for 30 s at a round trip of less than 100 us, in memory and
// over TUN both ways. The receiver may at no time wait for more than 200 ms, beyond
// what the machine itself lets a timer wait: that is the least retransmission
// timeout, so who waits longer lost a tail that nothing else has repaired.
func TestR10NoGaps(t *testing.T) {
	if !*long {
		t.Skip("takes two minutes of wall time: run it with -long")
	}
	t.Run("pipe", func(t *testing.T) {
		client, server, stop, err := pipeConns(t, "192.0.2.2:0")
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		wantNoGap(t, tunConn(t, client), tunConn(t, server))
	})
	for _, mtu := range []int{1500, 65520} {
		t.Run(fmt.Sprintf("TUN, MTU %d", mtu), func(t *testing.T) {
			inTUNNamespace(t, func(t *testing.T) {
				b := newTUNBed(t, mtu)
				for _, p := range []tunPath{{b.inside, b.kernel, 0}, {b.kernel, b.inside, 0}} {
					t.Run(p.String(), func(t *testing.T) {
						client, server := p.connect(t)
						wantNoGap(t, client, server)
						lost := kernelCounters(t, "/proc/net/netstat")
						s := b.stack.Stats().TCP
						t.Logf("kernel: TCPRcvQDrop %d, TCPTimeouts %d; stack: %d retransmits, %d timeouts",
							lost["TcpExt.TCPRcvQDrop"], lost["TcpExt.TCPTimeouts"], s.Retransmits, s.Timeouts)
					})
				}
			})
		})
	}
}

// wantNoGap sends for gapStream and looks at the longest wait of the receiver.
func wantNoGap(t *testing.T, sender, receiver halfConn) {
	t.Helper()
	sent := make(chan error, 1)
	end := time.Now().Add(gapStream)
	go func() {
		piece := make([]byte, 64<<10)
		for time.Now().Before(end) {
			if _, err := sender.Write(piece); err != nil {
				sent <- err
				return
			}
		}
		sent <- sender.CloseWrite()
	}()
	late := lateness()
	var total int64
	var longest time.Duration
	buf := make([]byte, 64<<10)
	for last := time.Now(); ; {
		n, err := receiver.Read(buf)
		now := time.Now()
		total += int64(n)
		longest = max(longest, now.Sub(last))
		last = now
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes: %v", total, err)
		}
	}
	if err := <-sent; err != nil {
		t.Errorf("sending: %v", err)
	}
	busy := late()
	t.Logf("%d MiB in %v, longest wait %v; the machine let a timer wait for %v", total>>20, gapStream, longest, busy)
	if longest > gapMax+busy {
		t.Errorf("the receiver has waited for %v, want at most %v beyond the %v of a busy machine", longest, gapMax, busy)
	}
}

// lateness measures, until it is asked, how long after its time a timer has come
// at most: what a busy machine adds to every wait.
func lateness() (most func() time.Duration) {
	const tick = 5 * time.Millisecond
	stop, result := make(chan struct{}), make(chan time.Duration, 1)
	go func() {
		var late time.Duration
		timer := time.NewTimer(tick)
		defer timer.Stop()
		for due := time.Now().Add(tick); ; {
			select {
			case <-timer.C:
				late = max(late, time.Since(due))
				due = time.Now().Add(tick)
				timer.Reset(tick)
			case <-stop:
				result <- late
				return
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-result
	}
}
