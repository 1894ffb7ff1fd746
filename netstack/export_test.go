package netstack

import "sync/atomic"

// packetsLive counts the packets that somebody holds, in all stacks of the
// test process.
var packetsLive atomic.Int64

func init() {
	packetHook = func(delta int64) { packetsLive.Add(delta) }
}
