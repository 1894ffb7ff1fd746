package netstack

import "encoding/binary"

const (
	// coalesceRunsMax is how many flows a coalescer joins segments of at a
	// time. The oldest makes room for one more.
	coalesceRunsMax = 16

	// coalesceSegmentMin is the smallest payload that others are joined to. The
	// stack counts a joined packet's bytes but not the buffers that it pins, so
	// a window full of tiny segments, joined, would hold many times what it may.
	coalesceSegmentMin = 256
)

// coalescer joins the TCP segments of a batch of received packets to larger
// packets, so that the stack has one to process instead of many: for links
// whose device does not. It is generic receive offload as Linux does it
// (tcp_gro_receive).
//
// Segments are joined that a segmenter could have cut from one packet: of one
// flow, in sequence, of one size but for the last, alike in every field of the
// headers except for lengths, checksums, IPv4 IDs that count up, and PSH, which
// ends a run. All else passes as it is and ends the run of its flow: ACKs
// without data, SYN, FIN, RST, URG, ECE, CWR, sums that are wrong.
//
// The order within a flow does not change. A joined packet takes the place of
// its first segment, so that segments of one flow may overtake other flows.
//
// The zero value is ready. Not for concurrent use.
type coalescer struct {
	runs   [coalesceRunsMax]run
	open   int // how many of runs are open
	last   int // the run that was used last
	opened uint64
}

// coalesce joins what can be joined and returns the packets that are left, in
// the memory of pkts. It takes over the references of packets that it has joined
// to others, and needs the packets to have no other holder: one that has passes
// as it is.
//
// A joined packet carries its segment size in GSO, and it and all segments whose
// sum was found right are ChecksumValid; the link has to verify the rest, since
// it must have Offload.RxChecksum to deliver what is joined. The TCP checksum
// field of a joined packet is right where all its segments' sums were verified
// here rather than vouched for.
func (c *coalescer) coalesce(pkts []*Packet) []*Packet {
	out := pkts[:0]
	for _, p := range pkts {
		if !c.join(p) {
			out = append(out, p)
		}
	}
	c.endAll()
	clear(pkts[len(out):])
	return out
}

// join reports whether it has joined p to a packet before.
func (c *coalescer) join(p *Packet) bool {
	b := p.firstSegment()
	if !mayBeTCP(b) {
		return false
	}
	h, err := splitTCP(b, p.Len())
	if err != nil {
		c.endAll() // nobody can tell which flow it belongs to
		return false
	}
	key := h.flow()
	r := c.find(key)
	s, ok := readJoinable(p, &h)
	if ok && r != nil && r.takes(&s) {
		r.add(&s)
		if s.last || s.payload < r.segmentBytes {
			c.end(r)
		}
		return true
	}
	if r != nil {
		c.end(r)
	}
	if ok && !s.last && s.payload >= coalesceSegmentMin {
		c.begin(key, &s)
	}
	return false
}

// find returns the flow's open run, nil if it has none.
func (c *coalescer) find(key flowKey) *run {
	if c.open == 0 {
		return nil
	}
	if r := &c.runs[c.last]; r.first != nil && r.key == key {
		return r
	}
	for i := range c.runs {
		if r := &c.runs[i]; r.first != nil && r.key == key {
			c.last = i
			return r
		}
	}
	return nil
}

// begin opens a run, in the place of the oldest if there is no other.
func (c *coalescer) begin(key flowKey, s *joinable) {
	at := 0
	for i := range c.runs {
		if c.runs[i].first == nil {
			at = i
			break
		}
		if c.runs[i].opened < c.runs[at].opened {
			at = i
		}
	}
	if c.runs[at].first != nil {
		c.end(&c.runs[at])
	}
	c.opened++
	c.runs[at].begin(key, s)
	c.runs[at].opened = c.opened
	c.open++
	c.last = at
}

// end closes a run.
func (c *coalescer) end(r *run) {
	r.finish()
	r.first, r.headers = nil, tcpHeaders{}
	c.open--
}

func (c *coalescer) endAll() {
	for i := 0; c.open > 0; i++ {
		if r := &c.runs[i]; r.first != nil {
			c.end(r)
		}
	}
}

// flowKey is the version, the ports and the addresses of a flow.
type flowKey struct {
	ports     uint64
	addresses [4]uint64
}

// flow is the flow that the segment belongs to.
func (h *tcpHeaders) flow() (k flowKey) {
	k.ports = uint64(len(h.ip))<<32 | uint64(binary.LittleEndian.Uint32(h.tcp))
	a := h.addresses()
	k.addresses[0] = binary.LittleEndian.Uint64(a)
	if h.ipv6 {
		k.addresses[1] = binary.LittleEndian.Uint64(a[8:])
		k.addresses[2] = binary.LittleEndian.Uint64(a[16:])
		k.addresses[3] = binary.LittleEndian.Uint64(a[24:])
	}
	return k
}

// mayBeTCP reports whether a packet that begins with b could belong to a TCP
// flow: behind IPv6 extensions too.
func mayBeTCP(b []byte) bool {
	if len(b) < ipv4HeadBytes {
		return len(b) > 0
	}
	switch b[0] >> 4 {
	case 4:
		return b[ipv4ProtocolAt] == protocolTCP
	case 6:
		return b[ipv6NextAt] == protocolTCP || isExtension(b[ipv6NextAt])
	}
	return false
}
