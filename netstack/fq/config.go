package fq

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

const (
	queuesDefault      = 1024     // RFC 8290, section 5.2.4
	queuesMax          = 1 << 16  // 5 MiB of empty queues
	quantumDefault     = 1514     // RFC 8290, section 5.2.3
	quantumMin         = 256      // below it, a large packet waits for hundreds of turns
	quantumMax         = 1 << 20  // above it, taking turns means nothing
	packetsMaxDefault  = 10_240   // RFC 8290, section 5.2.5
	memoryMaxDefault   = 32 << 20 // bytes
	targetDefault      = 5 * time.Millisecond
	intervalDefault    = 100 * time.Millisecond
	intervalMax        = time.Hour
	batchQuantaDefault = 4
)

// Config describes the queues. The zero value has the values that RFC 8290
// recommends and suits links from a few Mbit/s upwards. On a slower one Target
// should be at least the time that one full packet takes (section 5.2.2).
type Config struct {
	// Queues is the number of queues that flows are hashed into: 0 means
	// 1024, at most 65536; negative is refused. A queue takes 72
	// bytes whether or not it is in use.
	Queues int

	// QuantumBytes is what a queue may send each time it is its turn: 0
	// means 1514, else 256 to 1048576. A packet of up to 64 KiB that the
	// link cuts into segments counts with its whole size.
	QuantumBytes int

	// Target is the time that packets may spend in a queue for longer than
	// an Interval before CoDel drops some: 0 means 5 ms; negative means that
	// CoDel drops nothing. It must be shorter than Interval.
	Target time.Duration

	// Interval is about the longest round trip of the connections that pass:
	// 0 means 100 ms, at most one hour; negative is refused.
	Interval time.Duration

	// PacketsMax bounds the packets in all queues together: 0 means 10240;
	// negative means no bound, for which MemoryBytesMax must have one; more
	// than 2147483647 means that many. Over the bound the fattest queue loses
	// packets from its head.
	PacketsMax int

	// MemoryBytesMax bounds the memory of the packets in all queues, counting
	// 512 bytes for each besides its contents: 0 means 32 MiB; negative
	// means no bound, for which PacketsMax must have one. Over the bound the
	// fattest queue loses packets from its head.
	MemoryBytesMax int

	// BatchBytes bounds what is given to the inner link in one Send, but for
	// the last packet: 0 means four quanta, 5 ms at 10 Mbit/s; negative means
	// one packet at a time. What is in a batch is past all fairness, so a
	// sparse flow may have to wait for one.
	BatchBytes int

	// Clock measures how long packets wait; nil is the system's clock. Give
	// the stack's clock where that has one of its own. Only its Now is
	// called, with a lock of the Link held.
	Clock netstack.Clock

	// Entropy gives the 16 bytes that key the flow hash, so that nobody
	// outside can aim at another's queue; nil is the system's random source.
	// New reads it; an error of it is New's.
	Entropy io.Reader
}

// check refuses what cannot be meant.
func (c Config) check() error {
	switch {
	case c.Queues < 0 || c.Queues > queuesMax:
		return fmt.Errorf("fq: Config.Queues is %d: give 1 to %d, or 0 for %d", c.Queues, queuesMax, queuesDefault)
	case c.QuantumBytes != 0 && (c.QuantumBytes < quantumMin || c.QuantumBytes > quantumMax):
		return fmt.Errorf("fq: Config.QuantumBytes is %d: give %d to %d, or 0 for %d", c.QuantumBytes, quantumMin, quantumMax, quantumDefault)
	case c.Interval < 0 || c.Interval > intervalMax:
		return fmt.Errorf("fq: Config.Interval is %v: give a time up to %v, or 0 for %v", c.Interval, intervalMax, intervalDefault)
	case c.Target >= 0 && c.target() >= c.interval():
		return fmt.Errorf("fq: Config.Target is %v with an Interval of %v: give a tenth of the Interval or less", c.target(), c.interval())
	case c.PacketsMax < 0 && c.MemoryBytesMax < 0:
		return errors.New("fq: Config.PacketsMax and Config.MemoryBytesMax are both negative: bound at least one, or the queues grow without limit")
	}
	return nil
}

func (c Config) queues() int             { return orDefault(c.Queues, queuesDefault) }
func (c Config) quantumBytes() int       { return orDefault(c.QuantumBytes, quantumDefault) }
func (c Config) target() time.Duration   { return orDefault(c.Target, targetDefault) }
func (c Config) interval() time.Duration { return orDefault(c.Interval, intervalDefault) }
func (c Config) memoryBytesMax() int     { return boundOrNone(c.MemoryBytesMax, memoryMaxDefault) }

// packetsMax is no more than an index of entries can count.
func (c Config) packetsMax() int {
	return min(boundOrNone(c.PacketsMax, packetsMaxDefault), math.MaxInt32)
}

// batchBytes is what a batch must reach to be full; 1 is one packet.
func (c Config) batchBytes() int {
	return max(orDefault(c.BatchBytes, batchQuantaDefault*c.quantumBytes()), 1)
}

// now is the function that reads the time.
func (c Config) now() func() time.Time {
	if c.Clock == nil {
		return systemNow
	}
	return c.Clock.Now
}

func orDefault[T int | time.Duration](v, byDefault T) T {
	if v == 0 {
		return byDefault
	}
	return v
}

// boundOrNone is orDefault for a bound that may be absent.
func boundOrNone(v, byDefault int) int {
	if v < 0 {
		return math.MaxInt
	}
	return orDefault(v, byDefault)
}
