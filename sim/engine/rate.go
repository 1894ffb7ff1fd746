package engine

import "time"

// transmitter sends one packet after the other at a rate. What a packet
// takes is rounded down to a nanosecond and the rest carried over to the
// next, so that a busy transmitter is exact however long it runs.
type transmitter struct {
	freeAt time.Duration
	rest   uint64 // in parts of a nanosecond, of which there are bitsPerSecond
	rate   uint64 // that rest is of
}

// send begins to send size bytes at now, or when the packet before has left,
// and returns when the last bit leaves. A rate of 0 takes no time.
func (x *transmitter) send(now time.Duration, size int, bitsPerSecond uint64) (end time.Duration) {
	if bitsPerSecond == 0 {
		return now
	}
	if now > x.freeAt || bitsPerSecond != x.rate {
		x.freeAt, x.rest, x.rate = max(now, x.freeAt), 0, bitsPerSecond
	}
	work := uint64(size)*8*uint64(time.Second) + x.rest
	x.freeAt = addTime(x.freeAt, time.Duration(work/bitsPerSecond))
	x.rest = work % bitsPerSecond
	return x.freeAt
}
