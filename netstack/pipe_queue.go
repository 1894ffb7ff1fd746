package netstack

import "slices"

// pipeQueue is what waits in one direction of a Pipe, in order. The mutex of
// its end protects it.
type pipeQueue struct {
	batch  *packetBatch // superfluous packets are nil
	turn   uint64       // counts the batches
	gaps   int          // packets that are nil
	acks   int          // acknowledgements that a later packet may make superfluous
	others int          // packets that are no TCP segments
	filter ackFilter
}

func (q *pipeQueue) open() { q.batch = takeBatch() }

func (q *pipeQueue) empty() bool { return q.waiting() == 0 }

// waiting is the number of packets in the queue.
func (q *pipeQueue) waiting() int { return len(q.batch.pkts) - q.gaps }

// patient reports whether nothing but acknowledgements waits, of which a later
// packet may make each superfluous.
func (q *pipeQueue) patient() bool { return q.waiting() == q.acks }

// put appends p, or returns false where there is no room.
func (q *pipeQueue) put(p *Packet) bool {
	s, segment := summarize(p)
	if !segment {
		if q.others == pipeQueueMax {
			return false
		}
		q.others++
		q.batch.pkts = append(q.batch.pkts, p)
		return true
	}
	if len(q.batch.pkts)-q.others == pipeSegmentsMax { // the places of superfluous ones count too, else they would grow
		return false
	}
	superfluous, waits := q.filter.pass(&s, len(q.batch.pkts), q.turn)
	if superfluous >= 0 {
		q.batch.pkts[superfluous].Release()
		q.batch.pkts[superfluous] = nil
		q.gaps++
		q.acks--
	}
	if waits {
		q.acks++
	}
	q.batch.pkts = append(q.batch.pkts, p)
	return true
}

// take empties the queue.
func (q *pipeQueue) take() *packetBatch {
	batch := q.batch
	if q.gaps > 0 {
		batch.pkts = slices.DeleteFunc(batch.pkts, func(p *Packet) bool { return p == nil })
	}
	q.batch = takeBatch()
	q.turn++
	q.gaps, q.acks, q.others = 0, 0, 0
	return batch
}
