package netstack

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

// The values of TCPConfig.Timestamps.
const (
	timestampsAutomatic = "automatic"
	timestampsAlways    = "always"
	timestampsNever     = "never"
)

// The timestamps option (RFC 7323, section 3.2), and those that have no length.
const (
	tcpOptionEnd             = 0
	tcpOptionNOP             = 1
	tcpOptionTimestamps      = 8
	tcpOptionTimestampsBytes = 10
)

// machineLink is a Link that says whether the kernel of this machine is at its
// other end. A decorator, which may put any path in between, hides it.
type machineLink interface{ endsInThisMachine() bool }

var _ machineLink = (*deviceLink)(nil)

// endsInThisMachine implements machineLink: only a kernel takes packets with
// virtio headers from a device.
func (l *deviceLink) endsInThisMachine() bool {
	_, ok := l.reader.(*virtioReader)
	return ok
}

// timestampGate takes the offer of timestamps out of the first SYN of a
// connection, in either direction, as if its sender made none (RFC 7323, section
// 3.2). gVisor itself always offers and always accepts. The answer to a SYN stays
// as it is: it has none unless the SYN had some when it got there, and where one
// has passed the gate, as with IP options before it, both ends must know.
//
// It is there because gVisor's timestamps count milliseconds, and where both
// ends have them it measures round trips by nothing else. One of 50 us is then
// 0, and its HyStart ends slow start where a round takes more than half of the
// last round trip: with the first window. From there CUBIC adds a segment every
// two milliseconds, since it takes the round trip for one. Without timestamps a
// round trip is measured in nanoseconds.
//
// What they are otherwise good for is missing: without them gVisor takes an
// acknowledgement of data that it sent twice for a sample (Karn's problem, RFC
// 6298, section 3), and a segment that comes 4 GiB late for a new one (RFC 7323,
// section 5). A path to this machine's own kernel loses next to nothing and keeps
// the order; others keep their timestamps. So does a crowd, of which each waits
// milliseconds for its turn: without, those that come first open their windows at
// the cost of the others (Jain's index 0.5 instead of 0.9). A nil gate is open.
type timestampGate struct {
	all        bool           // whoever the peer is
	neighbours []netip.Prefix // else those that have an address here
	crowd      *atomic.Int64  // and while this is 0, which it is without a crowd
}

// newTimestampGate is the gate of n, nil where timestamps may be used with
// everyone.
func (s *Stack) newTimestampGate(n *nic) *timestampGate {
	mode := s.cfg.TCP.Timestamps
	if mode == timestampsNever {
		return &timestampGate{all: true}
	}
	if m, ok := n.link.link.(machineLink); !ok || mode == timestampsAlways || !m.endsInThisMachine() {
		return nil
	}
	return &timestampGate{neighbours: n.addresses, crowd: &s.time.least}
}

// leaving looks at a packet on its way out, whose headers are nobody else's.
func (g *timestampGate) leaving(p *Packet) {
	if h, ok := g.offer(p); ok && g.declines(h.destination()) {
		clearTimestamps(h.tcp)
	}
}

// arriving looks at a packet on its way in. It answers p, or a copy where p is
// to be changed and somebody else holds it too: then p is given back.
func (g *timestampGate) arriving(p *Packet) *Packet {
	h, ok := g.offer(p)
	if !ok || !g.declines(h.source()) {
		return p
	}
	if p.refs.Load() != 1 {
		own := p.clone()
		p.Release()
		p = own
		if h, ok = g.offer(p); !ok {
			return p
		}
	}
	clearTimestamps(h.tcp)
	return p
}

// offer reads the headers of p, where it is the first SYN of a connection.
func (g *timestampGate) offer(p *Packet) (h tcpHeaders, ok bool) {
	if g == nil || p.gso.SegmentBytes > 0 {
		return h, false
	}
	h, err := splitTCP(p.firstSegment(), p.Len())
	return h, err == nil && h.tcp[tcpFlagsAt]&(tcpSYN|tcpACK) == tcpSYN
}

func (g *timestampGate) declines(peer netip.Addr) bool {
	if g.all {
		return true
	}
	if g.crowd.Load() > 0 {
		return false
	}
	for _, n := range g.neighbours {
		if n.Contains(peer) {
			return true
		}
	}
	return false
}

// clearTimestamps puts no-operations in the place of a TCP header's timestamps
// and keeps its checksum as right or wrong as it is (RFC 1624).
func clearTimestamps(tcp []byte) {
	option := findTimestamps(tcp)
	if option == nil {
		return
	}
	before := checksum.Checksum(tcp, 0)
	for i := range option {
		option[i] = tcpOptionNOP
	}
	change := checksum.Combine(checksum.Checksum(tcp, 0), ^before)
	sum := tcp[tcpChecksumAt:]
	binary.BigEndian.PutUint16(sum, ^checksum.Combine(^binary.BigEndian.Uint16(sum), change))
}

// findTimestamps is the option in a TCP header, nil if there is none or what is
// before it is broken.
func findTimestamps(tcp []byte) []byte {
	for o := tcp[tcpHeadMin:]; len(o) > 0; {
		switch {
		case o[0] == tcpOptionEnd:
			return nil
		case o[0] == tcpOptionNOP:
			o = o[1:]
		case len(o) < 2 || o[1] < 2 || int(o[1]) > len(o):
			return nil
		case o[0] == tcpOptionTimestamps && o[1] == tcpOptionTimestampsBytes:
			return o[:tcpOptionTimestampsBytes]
		default:
			o = o[o[1]:]
		}
	}
	return nil
}
