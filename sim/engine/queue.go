package engine

import (
	"fmt"
	"time"
)

// Queue is where packets of a path wait for the transmitter. The zero value
// is a queue of 1000 packets that drops at its tail.
type Queue struct {
	// Packets and Bytes are how much may wait, the packet that is being sent
	// not counted. Both 0: 1000 packets. One of them 0: only the other
	// counts.
	Packets, Bytes int

	// CoDel drops packets that wait for too long, by RFC 8289. Target 0
	// is 5 ms and Interval 0 is 100 ms, as there. The limits above stay.
	CoDel            bool
	Target, Interval time.Duration
}

const queuePackets = 1000

func (q Queue) target() time.Duration {
	if q.Target == 0 {
		return 5 * time.Millisecond
	}
	return q.Target
}

func (q Queue) interval() time.Duration {
	if q.Interval == 0 {
		return 100 * time.Millisecond
	}
	return q.Interval
}

func (q Queue) check() error {
	const most = time.Hour
	switch {
	case q.Packets < 0:
		return fmt.Errorf("sim: Queue.Packets is %d: it must be 0 for the default, or above", q.Packets)
	case q.Bytes < 0:
		return fmt.Errorf("sim: Queue.Bytes is %d: it must be 0 for no limit of bytes, or above", q.Bytes)
	case !q.CoDel && (q.Target != 0 || q.Interval != 0):
		return fmt.Errorf("sim: Queue.Target is %v and Queue.Interval %v without CoDel: set CoDel, or leave them 0", q.Target, q.Interval)
	case q.Target < 0 || q.Target > most:
		return fmt.Errorf("sim: Queue.Target is %v: it must be 0 for 5ms, or up to %v", q.Target, most)
	case q.Interval < 0 || q.Interval > most:
		return fmt.Errorf("sim: Queue.Interval is %v: it must be 0 for 100ms, or up to %v", q.Interval, most)
	}
	return nil
}

// admits reports whether a packet of size bytes may join a queue that holds
// as much as q says.
func (q Queue) admits(held *queue, size int) bool {
	packets := q.Packets
	if packets == 0 && q.Bytes == 0 {
		packets = queuePackets
	}
	return (packets == 0 || held.packets < packets) && (q.Bytes == 0 || held.bytes+size <= q.Bytes)
}

// queue is a list of packets in order of arrival.
type queue struct {
	first, last    *transit
	packets, bytes int
}

func (q *queue) push(tr *transit) {
	if q.last == nil {
		q.first = tr
	} else {
		q.last.next = tr
	}
	q.last = tr
	q.packets++
	q.bytes += tr.size
}

// pop takes the oldest packet; nil if there is none.
func (q *queue) pop() *transit {
	tr := q.first
	if tr == nil {
		return nil
	}
	q.first = tr.next
	if q.first == nil {
		q.last = nil
	}
	tr.next = nil
	q.packets--
	q.bytes -= tr.size
	return tr
}
