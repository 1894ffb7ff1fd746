package test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// longPath is 50 ms there and back, at 100 Mbit/s.
var longPath = sim.PathConfig{Delay: 25 * time.Millisecond, BitsPerSecond: 100_000_000}

// TestLossLeavesThroughput: losses and reordering on a long path, acknowledgements
// included, may cost throughput but must not make it collapse. The floors are 0.8
// of what the model of Padhye, Firoiu, Towsley and Kurose (SIGCOMM 1998) says of
// Reno, with a round trip of 50 ms, timeouts of 200 ms and an acknowledgement for
// each segment: 8.8, 2.55 and 1.27 Mbit/s of payload. A packet that is late, by up
// to 20 ms, may at worst be taken for a lost one.
func TestLossLeavesThroughput(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault fault.Fault
		floor float64 // in Mbit/s of payload, in the mean of the seeds
	}{
		{"loss=0.1%", fault.Loss{Chance: 1000}, 7.06},
		{"loss=1%", fault.Loss{Chance: 10_000}, 2.04},
		{"loss=3%", fault.Loss{Chance: 30_000}, 1.02},
		{"reordered=1%", fault.Reorder{Chance: 10_000, Delay: time.Millisecond, Spread: 19 * time.Millisecond}, 2.04},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			seeds, span := 2, 10*time.Second
			if *long {
				seeds, span = 20, 60*time.Second
			}
			mean := 0.0
			for seed := range seeds {
				mean += throughput(t, uint64(seed+1), row.fault, span) / float64(seeds)
			}
			t.Logf("%.2f Mbit/s in the mean of %d seeds", mean, seeds)
			if mean < row.floor {
				t.Errorf("%.2f Mbit/s in the mean of %d seeds, want %v at least", mean, seeds, row.floor)
			}
		})
	}
}

// throughput is what arrives of one connection, in Mbit/s of payload, after the
// first 5 s.
func throughput(t *testing.T, seed uint64, f fault.Fault, span time.Duration) float64 {
	x := newBulk(t, sim.Config{Seed: seed})
	hits := x.w.Fault(f)
	x.w.RunFor(5 * time.Second)
	before := x.received
	x.w.RunFor(span)
	x.close()
	if hits.Hits() == 0 {
		t.Errorf("seed %d: the fault has hit nothing", seed)
	}
	return float64(x.received-before) * 8 / span.Seconds() / 1e6
}

// bulk is a world in which one host sends to another as much as it can.
type bulk struct {
	t        *testing.T
	w        *sim.World
	sender   *netstack.Conn
	received int
}

// newBulk makes a cooperative world with cfg's seed and TCP.
func newBulk(t *testing.T, cfg sim.Config) *bulk {
	cfg.Path = longPath
	cfg.Trace = engine.TraceConfig{Ring: -1, NoHash: true} // long runs keep nothing
	w, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	x := &bulk{t: t, w: w}
	from, to := w.Host("from"), w.Host("to")
	l := sim.Must(to.Listen("tcp", ":9"))
	x.sender = w.Must(from.Dial("tcp", "to:9")).(*netstack.Conn)
	peer := sim.Must(l.Accept())
	block := pattern()
	from.Go("writer", func() {
		for {
			if _, err := x.sender.Write(block); err != nil {
				return
			}
		}
	})
	to.Go("reader", func() { x.read(peer, block) })
	return x
}

// pattern is what is sent, again and again.
func pattern() []byte {
	block := make([]byte, 64<<10)
	for i := range block {
		block[i] = byte(i * 7 % 251)
	}
	return block
}

// read counts what arrives, which must be block over and over.
func (x *bulk) read(c net.Conn, block []byte) {
	buf := make([]byte, len(block))
	for {
		at := x.received % len(block)
		n, err := c.Read(buf[:len(block)-at])
		if !bytes.Equal(buf[:n], block[at:at+n]) {
			x.t.Errorf("behind byte %d something else arrived than was sent", x.received)
			return
		}
		x.received += n
		if err != nil {
			return
		}
	}
}

func (x *bulk) close() {
	if err := x.w.Close(); err != nil {
		x.t.Error(err)
	}
}
