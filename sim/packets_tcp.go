package sim

import (
	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// tcpFlow is what is known of one direction of a TCP connection.
type tcpFlow struct {
	known  bool   // begin is
	begin  uint32 // the initial sequence number
	sent   bool   // high is meaningful
	high   uint32 // behind the highest sequence number sent
	acked  bool   // una is meaningful
	una    uint32 // the highest acknowledgement that came back
	scale  uint8  // of its windows
	scales bool   // its SYN asks for that

	// next is what a SYN with another number has begun that has no answer
	// yet: a new connection of the same addresses, or nothing (see sides).
	next *tcpFlow
}

// flow returns the state of one direction.
func (l *packetLog) flow(f fault.Flow) *tcpFlow {
	t := l.flows[f]
	if t == nil {
		t = &tcpFlow{}
		l.flows[f] = t
	}
	return t
}

// sides are the directions to which a packet belongs: its own, and that of the
// answers. A SYN may begin another connection of the same addresses, or be one
// that the connection before ignores, such as a forged one (RFC 5961 section
// 4). Its answer tells, and until then it stands apart. Both ends may also
// begin at once (RFC 9293 figure 7).
func (l *packetLog) sides(p *Packet, s ladder.Segment) (there, back *tcpFlow) {
	there, back = l.flow(p.Flow), l.flow(p.Flow.Reverse())
	begun := tcpFlow{known: true, begin: p.Seq, scale: s.Scale, scales: s.Scales}
	syn, ack := p.Flags&fault.SYN != 0, p.Flags&fault.ACK != 0
	if ack && p.Flags&(fault.SYN|fault.RST) != 0 && back.next != nil && p.Ack == back.next.begin+1 {
		*there, *back = tcpFlow{}, *back.next
	}
	switch {
	case !syn || there.known && there.begin == p.Seq:
	case !there.known, ack && !there.acked && p.Ack == back.begin+1:
		*there = begun
	case !ack:
		if there.next == nil || there.next.begin != p.Seq {
			there.next = &begun
		}
		return there.next, &tcpFlow{}
	}
	return there, back
}

// readTCP makes a packet's numbers relative and compares it with those before.
func (l *packetLog) readTCP(p *Packet) {
	s := p.header()
	there, back := l.sides(p, s)
	p.Window = windowOf(s, there, back)
	if n := p.sequenceLength(); n > 0 || p.Flags == fault.ACK {
		probe := there.acked && p.Seq == there.una-1 && n <= 1 && p.Flags&(fault.SYN|fault.FIN) == 0
		before := there.sent && int32(p.Seq-there.high) < 0
		p.Probe = probe
		p.Again = n > 0 && before && !probe
		if end := p.Seq + n; !there.sent || int32(end-there.high) > 0 {
			there.sent, there.high = true, end
		}
	}
	if there.known {
		p.Seq -= there.begin
	}
	if back.known && p.Flags&fault.ACK != 0 {
		p.Ack -= back.begin
		p.ackBase = back.begin
	}
}

// acknowledged notes what a packet that arrived acknowledges.
func (l *packetLog) acknowledged(p *Packet) {
	if p.Flags&fault.ACK == 0 || p.Flags&fault.RST != 0 {
		return
	}
	t := l.flow(p.Flow.Reverse())
	ack := p.Ack + p.ackBase
	if t.known && t.begin != p.ackBase {
		return // of an earlier connection
	}
	if !t.acked || int32(ack-t.una) > 0 {
		t.acked, t.una = true, ack
	}
}

// windowOf is the window in bytes: scaled but for SYNs, where both directions
// have asked for it (RFC 7323 section 2.2).
func windowOf(s ladder.Segment, there, back *tcpFlow) int {
	if s.Flags&ladder.SYN == 0 && there.scales && back.scales {
		return int(s.Window) << there.scale
	}
	return int(s.Window)
}

// header is the TCP header, zero where there is no whole one.
func (p *Packet) header() ladder.Segment {
	read, _ := ladder.Decode(p.Bytes)
	return read.Segment
}
