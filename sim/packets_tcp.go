package sim

import (
	"encoding/binary"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// tcpFlow is what is known of one direction of a TCP connection.
type tcpFlow struct {
	known bool   // initial is
	begin uint32 // the initial sequence number
	sent  bool   // high is meaningful
	high  uint32 // behind the highest sequence number sent
	acked bool   // una is meaningful
	una   uint32 // the highest acknowledgement that came back
	scale int    // of its windows, -1 where its SYN does not ask for one
}

// flow returns the state of one direction.
func (l *packetLog) flow(f fault.Flow) *tcpFlow {
	t := l.flows[f]
	if t == nil {
		t = &tcpFlow{scale: -1}
		l.flows[f] = t
	}
	return t
}

// readTCP makes a packet's numbers relative and compares it with those before.
func (l *packetLog) readTCP(p *Packet) {
	there, back := l.flow(p.Flow), l.flow(p.Flow.Reverse())
	if p.Flags&fault.SYN != 0 && !(there.known && there.begin == p.Seq) {
		if p.Flags&fault.ACK == 0 && there.known {
			// Another connection of the same addresses. Without one before,
			// both ends may have begun at once (RFC 9293 figure 7).
			*back = tcpFlow{scale: -1}
		}
		*there = tcpFlow{known: true, begin: p.Seq, scale: p.windowScale()}
	}
	p.Window = p.windowOf(there, back)
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
func (p *Packet) windowOf(there, back *tcpFlow) int {
	h := p.tcpHeader()
	if h == nil {
		return 0
	}
	window := int(binary.BigEndian.Uint16(h[14:]))
	if p.Flags&fault.SYN == 0 && there.scale >= 0 && back.scale >= 0 {
		window <<= there.scale
	}
	return window
}

// tcpHeader is the TCP header with its options, nil where there is no whole
// one.
func (p *Packet) tcpHeader() []byte {
	if p.Flow.Proto != fault.TCP || p.Fragment {
		return nil
	}
	b := p.Bytes
	if len(b) < 20 {
		return nil
	}
	at := int(b[0]&15) * 4
	if b[0]>>4 == 6 {
		at = transportAt6(b)
	}
	if at < 0 || len(b) < at+20 {
		return nil
	}
	n := int(b[at+12]>>4) * 4
	if n < 20 || len(b) < at+n {
		return nil
	}
	return b[at : at+n]
}

// transportAt6 is where TCP begins behind an IPv6 header and its extensions
// (RFC 8200 section 4), -1 if nowhere.
func transportAt6(b []byte) int {
	if len(b) < 40 {
		return -1
	}
	next, at := b[6], 40
	for next != fault.TCP {
		if len(b) < at+8 {
			return -1
		}
		n := 8 + int(b[at+1])*8
		if next == 44 { // a fragment header has no length
			n = 8
		}
		next, at = b[at], at+n
	}
	return at
}

// The kinds of TCP options that are looked at.
const (
	optionEnd   = 0
	optionNop   = 1
	optionMSS   = 2
	optionScale = 3
	optionSACK  = 5
)

// option yields the value of a TCP option, nil where it is missing.
func (p *Packet) option(kind byte) []byte {
	h := p.tcpHeader()
	if h == nil {
		return nil
	}
	for b := h[20:]; len(b) > 0 && b[0] != optionEnd; {
		if b[0] == optionNop {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return nil
		}
		if b[0] == kind {
			return b[2:b[1]]
		}
		b = b[b[1]:]
	}
	return nil
}

// windowScale is the shift that a SYN asks for, at most 14 (RFC 7323 section
// 2.3); -1 where it asks for none.
func (p *Packet) windowScale() int {
	if v := p.option(optionScale); len(v) == 1 {
		return int(min(v[0], 14))
	}
	return -1
}
