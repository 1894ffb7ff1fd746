package netstack

import (
	"bytes"
	"fmt"
)

// coalesceBytes gives a coalescer packets with these bytes and returns what
// comes out. Each is cut into pieces segments of memory, if the headers stay in
// the first.
func coalesceBytes(c *coalescer, in [][]byte, pieces int) []*Packet {
	pkts := make([]*Packet, len(in))
	for i, b := range in {
		if len(b)/pieces < tcpHeadersMax {
			pkts[i] = cut(b, 1)
			continue
		}
		pkts[i] = cut(b, pieces)
	}
	return c.coalesce(pkts)
}

// checkCoalesced cuts what was joined and compares it with what came: the
// packets of each flow must be the same in the same order, byte by byte, except
// for the ID of IPv4 packets with DF. What no flow can be read in passes as it
// is, and what may be TCP among it is overtaken by nothing.
func checkCoalesced(in [][]byte, out []*Packet) error {
	want, got := newFlowLists(), newFlowLists()
	for _, b := range in {
		want.add(b)
	}
	for _, p := range out {
		b := packetBytes(p)
		if p.GSO() == (GSO{}) {
			got.add(b)
			continue
		}
		if s, err := readSegment(b); err != nil || len(s.payload) <= p.GSO().SegmentBytes || p.Checksum().State != ChecksumValid {
			return fmt.Errorf("joined packet %+v of %d bytes, %+v: %w", p.GSO(), len(b), p.Checksum(), err)
		}
		var s segmenter
		if err := s.start(p); err != nil {
			return fmt.Errorf("joined packet %+v of %d bytes: %w", p.GSO(), len(b), err)
		}
		for s.size() > 0 {
			b := make([]byte, s.size())
			s.next(b)
			got.add(b)
		}
	}
	return want.compare(got)
}

// flowLists are packets by flow and, because nothing of a flow may pass one that
// nobody knows the flow of, by how many of these came before.
type flowLists struct {
	unknown int
	packets map[string][][]byte
}

func newFlowLists() *flowLists { return &flowLists{packets: map[string][][]byte{}} }

func (l *flowLists) add(b []byte) {
	name := "no TCP"
	s, _, err := readSegmentUnsummed(b)
	switch {
	case (err == nil || err == errIPv4Sum) && s.fragment&ipv4FragmentBits == 0:
		name = fmt.Sprintf("%d:%q", l.unknown, s.flow)
		if !s.v6 && s.fragment&ipv4DontFragment != 0 {
			b = bytes.Clone(b)
			clear(b[4:6])
			clear(b[10:12])
		}
	case len(b) < 20, b[0]>>4 == 4 && b[9] == 6, b[0]>>4 == 6 && (b[6] == 6 || isExtension(b[6])):
		l.unknown++
		name = "unknown"
	}
	l.packets[name] = append(l.packets[name], b)
}

func (l *flowLists) compare(got *flowLists) error {
	if len(l.packets) != len(got.packets) {
		return fmt.Errorf("%d flows came, %d are left", len(l.packets), len(got.packets))
	}
	for name, want := range l.packets {
		have := got.packets[name]
		if len(have) != len(want) {
			return fmt.Errorf("flow %s: %d packets came, %d are left", name, len(want), len(have))
		}
		for i := range want {
			if !bytes.Equal(have[i], want[i]) {
				return fmt.Errorf("flow %s, packet %d: % x is now % x", name, i, want[i], have[i])
			}
		}
	}
	return nil
}
