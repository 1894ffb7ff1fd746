package engine

import (
	"fmt"
	"net/netip"
	"time"
)

// PathConfig describes one direction between two ports. The zero value is a
// path without delay, limit or queue.
type PathConfig struct {
	Delay  time.Duration // from the last bit sent to the arrival
	Jitter Jitter

	BitsPerSecond uint64 // of IP packets; 0 is without limit, and without a queue
	Queue         Queue

	// MTU is the largest packet in bytes that passes; 0 is without limit.
	// Larger ones are dropped, and answered with "packet too big" where
	// RFC 1191 and RFC 8201 say so, unless NoTooBig is set.
	MTU      int
	NoTooBig bool

	// TooBigFrom is the address that "packet too big" comes from. Zero is
	// that of the sending router or, between two hosts, the one the packet
	// was for.
	TooBigFrom netip.Addr
}

const (
	delayMax = 24 * time.Hour
	mtuMin   = 68 // RFC 791, section 3.2
)

func (c PathConfig) check() error {
	switch {
	case c.Delay < 0 || c.Delay > delayMax:
		return fmt.Errorf("sim: PathConfig.Delay is %v: it must be from 0 to %v", c.Delay, delayMax)
	case c.MTU != 0 && c.MTU < mtuMin:
		return fmt.Errorf("sim: PathConfig.MTU is %d: it must be 0 for no limit, or at least %d", c.MTU, mtuMin)
	case c.BitsPerSecond == 0 && c.Queue != Queue{}:
		return fmt.Errorf("sim: PathConfig.Queue is set but BitsPerSecond is 0: without a rate nothing waits; set a rate, or no queue")
	case c.BitsPerSecond > 1e12:
		return fmt.Errorf("sim: PathConfig.BitsPerSecond is %d: it must be at most 1000000000000, or 0 for no limit", c.BitsPerSecond)
	}
	if err := c.Jitter.check(); err != nil {
		return err
	}
	return c.Queue.check()
}
