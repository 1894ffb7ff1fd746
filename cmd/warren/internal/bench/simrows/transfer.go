package simrows

import (
	"context"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// The path of all rows, the same in both directions, with the simulator's queue
// of 1000 packets before it.
const (
	roundTrip     = 50 * time.Millisecond
	bitsPerSecond = 100_000_000
	packetBytes   = 1500
	segmentBytes  = packetBytes - 20 - 32 // payload, behind IPv4 and TCP with timestamps
)

// pathRate is what the path carries of payload, in bytes per second.
const pathRate = bitsPerSecond / 8 * float64(segmentBytes) / packetBytes

// transfer is one connection that always has something to send.
type transfer struct {
	seed    uint64
	tcp     netstack.TCPConfig // of both hosts
	faults  []fault.Fault
	settle  time.Duration // of virtual time: slow start and what follows from it
	measure time.Duration // of virtual time, after that
}

// outcome is what was seen while a transfer was measured.
type outcome struct {
	received  float64       // payload that was read, in bytes per second
	roundTrip time.Duration // the sender's estimate, mean
	timeout   time.Duration // the sender's RTO, median, since it doubles only for a while
	sent      uint64        // segments, those that were sent again too
	repeated  uint64        // segments that were sent again
	timeouts  uint64        // of the sender
	hits      uint64        // of the faults
}

// run makes a world for the transfer and measures. Equal transfers have equal
// outcomes. It ends early with ctx.
func (tr transfer) run(ctx context.Context) (out outcome, err error) {
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	w, err := sim.New(sim.Config{
		Seed: tr.seed, TCP: tr.tcp,
		Path:  sim.PathConfig{Delay: roundTrip / 2, BitsPerSecond: bitsPerSecond},
		Trace: engine.TraceConfig{Ring: -1, NoHash: true},
	})
	if err != nil {
		return outcome{}, err
	}
	defer func() {
		if closing := w.Close(); err == nil {
			err = closing
		}
	}()
	m := meter{w: w}
	if err := m.connect(); err != nil {
		return outcome{}, err
	}
	for _, f := range tr.faults {
		h, err := w.AddFault(f)
		if err != nil {
			return outcome{}, err
		}
		m.faults = append(m.faults, h)
	}
	if _, err := m.over(ctx, tr.settle); err != nil {
		return outcome{}, err
	}
	return m.over(ctx, tr.measure)
}
