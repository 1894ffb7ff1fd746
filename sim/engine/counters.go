package engine

// Drop says why a packet did not arrive.
type Drop uint8

// The reasons.
const (
	DropNone    Drop = iota
	DropFault        // a fault's verdict
	DropMTU          // larger than the path's MTU
	DropQueue        // the queue was full
	DropCoDel        // CoDel, by RFC 8289
	DropNoRoute      // nobody has the address, or no way leads there
	DropHops         // its hop limit ended at a router
	DropNobody       // the port has no receiver, or is a router's own address
	DropPaused       // too many were kept for a paused host already
	dropReasons = iota
)

// String is a word for the reason, "" for DropNone.
func (d Drop) String() string {
	return [...]string{"", "fault", "mtu", "queue", "codel", "no route", "hop limit", "nobody", "paused"}[d]
}

// Counters are what has happened on one path since it was made.
type Counters struct {
	Sent        uint64 // packets that entered, copies by faults not counted
	Copied      uint64 // copies by faults
	Bytes       uint64 // of the packets that entered
	Delivered   uint64 // packets that arrived, copies counted
	Dropped     [dropReasons]uint64
	PacketsHigh int // most packets that ever waited in the queue
	BytesHigh   int // most bytes that ever waited in the queue
}

// DroppedAll is the sum over all reasons.
func (c *Counters) DroppedAll() uint64 {
	var sum uint64
	for _, n := range c.Dropped {
		sum += n
	}
	return sum
}
