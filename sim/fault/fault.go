package fault

import (
	"math"
	"time"
)

// A Fault decides what happens to a packet besides what its path does to it.
//
// The faults of this package are plain structs; Func makes one of a closure.
// A type of one's own may have a method Validate() error, which Set.Add asks.
type Fault interface {
	// Judge says what the fault does to p; the zero Verdict lets it pass. It
	// must be a function of its arguments alone, so that the order in which
	// simultaneous packets are judged cannot matter. The seed is the fault's
	// own (see Set.Add). It borrows p and p.Bytes for the call, does not
	// block, and is called by one goroutine at a time.
	Judge(seed Seed, p *Packet) Verdict

	// String is the fault as one line. For the structs of this package Parse
	// reads it back.
	String() string
}

// Verdict is what is done to one packet. The zero value lets it pass; numbers
// and times below 0 count as 0.
type Verdict struct {
	// Drop makes the packet vanish; the other fields then mean nothing.
	Drop bool

	// Copies is how many further packets with the same bytes enter the path
	// right behind this one.
	Copies int

	// Delay is added to the packet's travel outside of the path's order:
	// packets behind it may overtake it.
	Delay time.Duration

	// Behind, if positive, keeps the packet back until so many later packets
	// of its flow and direction have gone before it, Delay at the longest.
	// It comes with a positive Delay, since there may be no later packets.
	Behind int

	// Hold is how long the packet waits before it enters the path. The order
	// is kept: what comes later for the same path does not overtake it.
	Hold time.Duration

	// Corrupt lists the bits to invert; Flipped applies them.
	Corrupt []Flip

	// FixChecksum asks that Flipped makes the checksums right again, so that
	// the receiver takes the corrupted packet for a good one.
	FixChecksum bool

	// By is the lines of the faults that made the verdict, separated by "; ".
	// Set.Judge fills it in.
	By string
}

// Pass reports whether nothing is done to the packet.
func (v *Verdict) Pass() bool {
	return !v.Drop && v.Copies <= 0 && v.Delay <= 0 && v.Behind <= 0 && v.Hold <= 0 && len(v.Corrupt) == 0
}

// With is v and then o, the verdict of a later fault, on one packet: it is
// dropped if either drops it, copies, delays and flips add up, and it waits
// for the longer of two holds and behind the larger of two numbers of packets.
func (v Verdict) With(o Verdict) Verdict {
	v.add(&o)
	if v.Drop {
		return Verdict{Drop: true, By: v.By}
	}
	return v
}

// add puts the verdict of a later fault on top.
func (v *Verdict) add(o *Verdict) {
	v.Drop = v.Drop || o.Drop
	v.Copies += max(o.Copies, 0)
	v.Delay += min(max(o.Delay, 0), math.MaxInt64-v.Delay)
	v.Behind = max(v.Behind, o.Behind)
	v.Hold = max(v.Hold, o.Hold)
	v.Corrupt = append(v.Corrupt[:len(v.Corrupt):len(v.Corrupt)], o.Corrupt...)
	v.FixChecksum = v.FixChecksum || o.FixChecksum
	if v.By == "" {
		v.By = o.By
	} else if o.By != "" {
		v.By += "; " + o.By
	}
}
