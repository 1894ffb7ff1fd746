package scenarios

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// mss is how much data a segment carries here: 1500 bytes less 20 of IP, 20 of
// TCP and, with timestamps, 12 more; gVisor leaves room for SACK as well.
const mss = 1420

// drop loses the n-th segment with data that the client sends from now on.
func drop(w *sim.World, n uint64) {
	w.Fault(fault.Drop{Select: fault.Select{From: []string{"cli"}, PayloadMin: 1, Start: w.Now(), Nth: n}})
}

// bySACK is a world without RACK: losses are found by counting SACKed segments,
// as RFC 6675 has it.
//
// gVisor's RACK compares the ends of segments the wrong way round when two were
// sent in one instant (rack.go, detectLoss): those behind the newest that was
// acknowledged, which are still under way, count as lost. On a wall clock no two
// segments are sent in one instant; in virtual time a whole window is.
func bySACK() sim.Config {
	cfg := tenMS
	cfg.TCP.NoRACK = true
	return cfg
}

// Test30FastRetransmit: RFC 5681 section 3.2 and RFC 6675: one lost segment of
// ten is sent again as soon as three behind it have been acknowledged, without a
// timeout, and the window is reduced: CUBIC (RFC 9438) takes seven tenths.
func Test30FastRetransmit(t *testing.T) {
	inWorld(t, bySACK(), func(t *testing.T, w *sim.World) {
		_, _, c, s := pair(t, w)
		start := w.Now()
		drop(w, 3)
		go c.Write(make([]byte, 10*mss))
		sim.Must(io.ReadFull(s, make([]byte, 10*mss)))
		w.Settle()
		w.Packets(sim.Retransmission).Since(start).WantTimes(t, "20ms")
		info := c.TCPInfo()
		if info.FastRetransmits != 1 || info.RetransmitTimeouts != 0 || info.CongestionWindow != 8 {
			t.Errorf("%d fast retransmits, %d timeouts, window of %d; want 1, 0 and 8", info.FastRetransmits, info.RetransmitTimeouts, info.CongestionWindow)
		}
	})
}

// Test31SACKFillsHoles: RFC 6675 section 5: of twenty segments of which three
// are lost, just these three are sent again, and at the end the last one, as the
// rescue of its rule NextSeg (4).
func Test31SACKFillsHoles(t *testing.T) {
	inWorld(t, bySACK(), func(t *testing.T, w *sim.World) {
		_, _, c, s := pair(t, w)
		go io.Copy(io.Discard, s)
		start := w.Now()
		for _, n := range []uint64{3, 5, 7} { // each counts what those before let pass
			drop(w, n)
		}
		sim.Must(c.Write(make([]byte, 20*mss)))
		w.RunFor(time.Second)
		again := w.Packets(sim.Retransmission).Since(start)
		sent := []uint32{3, 6, 9, 20}
		again.WantLen(t, len(sent))
		for i, p := range again.All() {
			if want := 1 + (sent[i]-1)*mss; p.Seq != want || len(p.Payload) != mss {
				t.Errorf("retransmission %d is of %d bytes at %d, want one at %d", i, len(p.Payload), p.Seq, want)
			}
		}
		if n := c.TCPInfo().RetransmitTimeouts; n != 0 {
			t.Errorf("%d timeouts, want none", n)
		}
	})
}

// Test32TailLoss: RFC 8985 section 7: the last segment of a burst has nobody
// behind it that could tell of its loss. A probe after two round trips repeats
// it, long before the timeout.
func Test32TailLoss(t *testing.T) {
	inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
		_, _, c, s := pair(t, w)
		go io.Copy(io.Discard, s)
		start := w.Now()
		drop(w, 10)
		sim.Must(c.Write(make([]byte, 10*mss)))
		w.RunFor(time.Second)
		// The first acknowledgement, after one round trip of 20 ms, starts the
		// timer anew with the smoothed round trip and its deviation.
		w.Packets(sim.Retransmission).Since(start).WantLen(t, 1)
		if p := w.Packets(sim.Retransmission).At(0); p.At-start >= 100*time.Millisecond || p.Seq != 1+9*mss {
			t.Errorf("the probe is %v, want the last segment within 100ms", p)
		}
		if n := c.TCPInfo().RetransmitTimeouts; n != 0 {
			t.Errorf("%d timeouts, want none", n)
		}
	})
}

// Test33Reordering: RFC 5681 section 3.2: a segment that comes behind two others
// is no loss yet; behind more, three duplicate acknowledgements make it one, and
// it is sent again for nothing. RFC 8985 section 6.2 would wait for a quarter of
// the round trip once it has seen such a thing; gVisor's RACK takes others for
// lost besides, for the reason that bySACK tells.
func Test33Reordering(t *testing.T) {
	for _, c := range []struct {
		name  string
		rack  bool
		delay time.Duration
		again int
	}{
		{"behind two", false, 2 * time.Millisecond, 0},
		{"behind four", false, 5 * time.Millisecond, 2}, // the late one, and the rescue of the last
		{"behind four with RACK", true, 5 * time.Millisecond, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := tenMS
			cfg.Path.BitsPerSecond = 10_000_000 // 1.2 ms for a segment
			cfg.TCP.NoRACK = !c.rack
			inWorld(t, cfg, func(t *testing.T, w *sim.World) {
				_, _, conn, s := pair(t, w)
				w.Fault(fault.Reorder{
					Select: fault.Select{From: []string{"cli"}, PayloadMin: 1, Nth: 30},
					Chance: fault.Always, Delay: c.delay,
				})
				data := bytes.Repeat([]byte("0123456789"), 10_000)
				go conn.Write(data)
				got := make([]byte, len(data))
				sim.Must(io.ReadFull(s, got))
				if !bytes.Equal(got, data) {
					t.Error("the data was read in another order")
				}
				w.Packets(sim.Retransmission).WantLen(t, c.again)
			})
		})
	}
}

// Test34ACKLoss: RFC 9293 section 3.4: acknowledgements are cumulative, so of
// every two one may be lost: nothing is sent again, and it takes no longer.
func Test34ACKLoss(t *testing.T) {
	took := map[fault.PerMillion]time.Duration{}
	for _, chance := range []fault.PerMillion{0, 500_000} {
		t.Run(chance.String(), func(t *testing.T) {
			cfg := bySACK()
			cfg.Path.BitsPerSecond = 10_000_000
			inWorld(t, cfg, func(t *testing.T, w *sim.World) {
				_, _, c, s := pair(t, w)
				if chance > 0 {
					w.Fault(fault.Loss{Select: fault.Select{From: []string{"srv"}, PayloadMax: -1}, Chance: chance})
				}
				go func() {
					c.Write(make([]byte, 1_000_000))
					c.CloseWrite()
				}()
				if n := sim.Must(io.Copy(io.Discard, s)); n != 1_000_000 {
					t.Errorf("%d bytes arrived", n)
				}
				took[chance] = w.Elapsed()
				w.Packets(sim.Retransmission).WantLen(t, 0)
			})
		})
	}
	if slower := took[500_000] - took[0]; slower > took[0]/20 {
		t.Errorf("it took %v without loss and %v with it", took[0], took[500_000])
	}
}

// wantSizes compares the sizes of payload of packets.
func wantSizes(t *testing.T, got sim.Packets, want ...int) {
	t.Helper()
	var sizes []int
	for _, p := range got.All() {
		sizes = append(sizes, len(p.Payload))
	}
	if len(sizes) != len(want) {
		t.Errorf("segments of %v bytes, want %v", sizes, want)
		return
	}
	for i := range want {
		if sizes[i] != want[i] {
			t.Errorf("segments of %v bytes, want %v", sizes, want)
			return
		}
	}
}

// Test35ZeroWindow: RFC 9293 section 3.8.6.1: a sender that was stopped probes
// with a timeout that doubles, so that it hears of an open window even when the
// update is lost.
func Test35ZeroWindow(t *testing.T) {
	cfg := tenMS
	cfg.TCP.FixedReceiveBuffer = true
	cfg.TCP.ReceiveBuffer = netstack.BufferBytes{Min: 4096, Default: 20_000, Max: 20_000}
	inWorld(t, cfg, func(t *testing.T, w *sim.World) {
		_, srv, c, s := pair(t, w)
		data := bytes.Repeat([]byte("0123456789"), 5000)
		go c.Write(data)
		w.RunFor(20 * time.Second)
		w.Packets(sim.Probe).WantTimes(t, "0 400ms 1.2s 2.8s 6s 12.4s")
		w.WantCounter(t, srv, sim.ZeroWindows, 7) // one that closes it, one for each probe

		update := w.Fault(fault.Drop{Select: fault.Select{From: []string{"srv"}, Start: w.Now(), Nth: 1}})
		got := make([]byte, len(data))
		sim.Must(io.ReadFull(s, got))
		if !bytes.Equal(got, data) {
			t.Error("what was read is not what was written")
		}
		if update.Hits() != 1 {
			t.Errorf("%d window updates were lost, want 1", update.Hits())
		}
		w.Packets(sim.Probe).WantTimes(t, "0 400ms 1.2s 2.8s 6s 12.4s 25.2s")
	})
}

// Test36Nagle: RFC 9293 section 3.7.4: with Nagle's algorithm one small segment
// is under way and the rest is collected; without it each write is a segment.
// gVisor acknowledges at once: the 200 ms that Nagle's algorithm and delayed
// acknowledgements (RFC 9293 section 3.8.6.3) make of each other do not occur.
func Test36Nagle(t *testing.T) {
	for _, c := range []struct {
		name    string
		noDelay bool
		sizes   []int
		times   string
	}{
		{"nodelay", true, []int{1, 1, 1, 1, 1}, "0 1ms 2ms 3ms 4ms"},
		{"nagle", false, []int{1, 4}, "0 20ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, tenMS, func(t *testing.T, w *sim.World) {
				_, _, conn, s := pair(t, w)
				go io.Copy(io.Discard, s)
				if err := conn.SetNoDelay(c.noDelay); err != nil {
					t.Fatal(err)
				}
				for range 5 {
					sim.Must(conn.Write([]byte("x")))
					time.Sleep(time.Millisecond)
				}
				w.RunFor(time.Second)
				w.Packets(sim.Data).WantTimes(t, c.times)
				wantSizes(t, w.Packets(sim.Data), c.sizes...)
			})
		})
	}
}
