package shrink

import (
	"fmt"
	"hash/fnv"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// likeness tells packets by what they are, not by how many came before them,
// so that a packet is found again in a run that has gone another way: the
// tenth connection to a port, its segment at byte 1461, sent for the second
// time.
//
// A connection is known by its rank among those between the same addresses to
// the same port, the lower of its two; a TCP segment by its flags, its
// distance from the first sequence number and, if it carries nothing, what it
// acknowledges; any other packet by a hash of what it carries.
type likeness struct {
	conns map[conn]*connState
	ranks map[service]int
	times map[string]int // how often each was seen
}

// conn is one direction of a conversation on one path.
type conn struct {
	path string
	flow fault.Flow
}

// connState is what is known of one.
type connState struct {
	name     string
	seq, ack uint32 // the first ones
	acked    bool
}

// service is what connections are counted for.
type service struct {
	path     string
	src, dst netip.Addr
	proto    uint8
	port     uint16
	answer   bool // the port is the source's
}

// likenessMax bounds what is remembered. What comes after that is like
// nothing.
const likenessMax = 1 << 20

func newLikeness() *likeness {
	return &likeness{conns: map[conn]*connState{}, ranks: map[service]int{}, times: map[string]int{}}
}

// of names a packet. It is to be asked about every packet of a run.
func (l *likeness) of(p *fault.Packet) string {
	c := l.conn(p)
	if c == nil || len(l.times) >= likenessMax {
		return ""
	}
	name := c.name + " " + c.content(p)
	l.times[name]++
	return fmt.Sprintf("%s time %d", name, l.times[name])
}

func (l *likeness) conn(p *fault.Packet) *connState {
	at := conn{p.Path, p.Flow}
	c := l.conns[at]
	if c == nil && len(l.conns) < likenessMax {
		src, dst := p.Flow.Src, p.Flow.Dst
		s := service{p.Path, src.Addr(), dst.Addr(), p.Flow.Proto, min(src.Port(), dst.Port()), src.Port() < dst.Port()}
		l.ranks[s]++
		side := "to"
		if s.answer {
			side = "from"
		}
		c = &connState{
			name: fmt.Sprintf("%s %d %v > %v %s %d conn %d", p.Path, s.proto, s.src, s.dst, side, s.port, l.ranks[s]),
			seq:  p.Seq,
		}
		l.conns[at] = c
	}
	return c
}

// content is the part about the packet itself.
func (c *connState) content(p *fault.Packet) string {
	if p.Flow.Proto != fault.TCP || p.Fragment {
		h := fnv.New64a()
		h.Write(p.Payload)
		return fmt.Sprintf("%d bytes %016x", len(p.Payload), h.Sum64())
	}
	if p.Flags&fault.SYN != 0 {
		c.seq = p.Seq // a connection with the ports of an older one
	}
	if p.Flags&fault.ACK != 0 && !c.acked {
		c.ack, c.acked = p.Ack, true
	}
	seq := int32(p.Seq - c.seq) // distances wrap as sequence numbers do
	flags := p.Flags & (fault.SYN | fault.FIN | fault.RST)
	if len(p.Payload) > 0 || flags != 0 {
		return fmt.Sprintf("%v seq %d+%d", flags, seq, len(p.Payload))
	}
	return fmt.Sprintf("seq %d ack %d", seq, int32(p.Ack-c.ack))
}
