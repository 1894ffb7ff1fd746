package netstack

import "encoding/binary"

// ackFilter finds bare acknowledgements on their way through a pipe which a
// later packet of the same connection makes superfluous, as CAKE's ack-filter
// does. The stack below acknowledges each segment at once, so two of the four
// packets of a question and its answer say only what the next one says again,
// and a packet costs 3 µs whatever it says.
//
// A pipe neither loses nor reorders, so nothing depends on hearing it twice.
// Left out is only what acknowledges something new, for a packet that
// acknowledges at least as much; its window is the later one too. Duplicate
// acknowledgements, those with options other than timestamps (SACK), window
// updates, probes, and everything with SYN, FIN or RST stay.
type ackFilter struct {
	flows [ackFlows]ackFlow
}

// ackFlows is how many connections a filter knows at a time, a power of two.
// Those whose places collide are filtered less.
const (
	ackFlowBits = 8
	ackFlows    = 1 << ackFlowBits
)

// ackFlow is what was seen last of one direction of a connection.
type ackFlow struct {
	key   flowKey
	ack   uint32 // the latest acknowledgement
	first bool   // there was none yet, only a SYN

	held int    // the place in the queue of a bare one, plus one; 0: none
	turn uint64 // of the queue to which held belongs
	seq  uint32 // of that packet
}

// segmentSummary is what the filter looks at in a TCP segment.
type segmentSummary struct {
	key      flowKey
	seq, ack uint32
	flags    byte
	bare     bool // nothing but an acknowledgement, perhaps with timestamps
}

// summarize reads the segment in p. ok is false where p is something else, is a
// fragment or has IP options or extensions, or its headers are not in one piece.
func summarize(p *Packet) (s segmentSummary, ok bool) {
	size := p.Len()
	h, err := splitTCP(p.firstSegment(), size)
	if err != nil {
		return s, false
	}
	return segmentSummary{
		key:   h.flow(),
		seq:   binary.BigEndian.Uint32(h.tcp[tcpSeqAt:]),
		ack:   binary.BigEndian.Uint32(h.tcp[tcpAckAt:]),
		flags: h.tcp[tcpFlagsAt],
		bare:  h.bytes() == size && isBareACK(h.tcp),
	}, true
}

// bareTimestamps is how the stack below begins the options of a segment that
// has timestamps alone: two NOPs, kind and length (RFC 7323, appendix A).
const bareTimestamps = 0x0101080a

// isBareACK reports whether a TCP header has no flag but ACK and no option but
// timestamps.
func isBareACK(tcp []byte) bool {
	if tcp[tcpFlagsAt] != tcpACK {
		return false
	}
	return len(tcp) == tcpHeadMin ||
		len(tcp) == tcpHeadMin+12 && binary.BigEndian.Uint32(tcp[tcpHeadMin:]) == bareTimestamps
}

// pass notes that s takes the given place in the queue. superfluous is the
// place of the packet there that need not be delivered any more, -1 if there is
// none; waits reports whether s may become one itself.
func (f *ackFilter) pass(s *segmentSummary, place int, turn uint64) (superfluous int, waits bool) {
	w := f.flow(&s.key)
	now := ackFlow{key: s.key, ack: s.ack}
	switch {
	case s.flags&tcpSYN != 0:
		now.first = s.flags&tcpACK == 0
		*w = now
		return -1, false
	case w.key != s.key || s.flags&(tcpRST|tcpACK) != tcpACK:
		*w = now
		return -1, false
	}
	superfluous = -1
	news := w.first || int32(s.ack-w.ack) > 0
	if w.held > 0 && w.turn == turn && w.seq == s.seq && (news || s.ack == w.ack && !s.bare) {
		superfluous = w.held - 1
	}
	if s.bare && news {
		now.held, now.turn, now.seq = place+1, turn, s.seq
		waits = true
	}
	*w = now
	return superfluous, waits
}

// flow is the place of a connection.
func (f *ackFilter) flow(k *flowKey) *ackFlow {
	h := k.ports ^ k.ports>>32 ^ k.addresses[0] ^ k.addresses[3]
	return &f.flows[h*0x9e3779b97f4a7c15>>(64-ackFlowBits)] // Fibonacci hashing
}
