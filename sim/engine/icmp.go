package engine

import (
	"encoding/binary"
	"net/netip"
)

// tooBig answers a packet that is larger than the path's MTU. From a router
// the answer is sent back as any packet; between two hosts it is as if it
// came from the middle of the path, after Delay there and back.
func (p *Path) tooBig(tr *transit) {
	if p.cfg.NoTooBig {
		return
	}
	dst := tr.seen.Flow.Dst.Addr()
	from := p.cfg.TooBigFrom
	if !from.IsValid() && p.from.router {
		from = p.from.address(dst.Is6())
	}
	if !from.IsValid() || from.Is6() != dst.Is6() {
		from = dst
	}
	b := tooBigPacket(tr.seen.Bytes, from, p.cfg.MTU)
	if b == nil {
		return
	}
	n := p.net
	n.mu.Lock()
	answer := n.transitLocked()
	n.mu.Unlock()
	answer.pkt = n.newPacket(b)
	answer.look()
	src := tr.seen.Flow.Src.Addr()
	if p.from.router {
		answer.port = p.from
		if out := n.nextPort(p.from.node, src); out != nil {
			answer.port = out
		}
		n.leave(answer)
		return
	}
	back := n.pathOf(p.to, p.from)
	answer.port, answer.path = p.to, back
	answer.flow = back.flowOf(answer.seen.Flow)
	now := n.events.Now()
	answer.seen.Now, answer.seen.From, answer.seen.To, answer.seen.Path = now, p.to.host, p.from.host, back.name
	answer.seen.Index = answer.flow.index
	answer.flow.index++
	back.count.Sent++
	back.count.Bytes += uint64(answer.size)
	answer.id = n.trace.entered(answer, nil, DropNone)
	answer.stage = stageArrived
	n.events.set(addTime(now, p.cfg.Delay), 0, answer)
}

// tooBigPacket is the message for a packet, or nil where none must be sent:
// for IPv4 without "don't fragment", for fragments but the first, and for
// what is itself an ICMP error (RFC 1122 section 3.2.2, RFC 4443 section
// 2.4).
func tooBigPacket(b []byte, from netip.Addr, mtu int) []byte {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return tooBigIPv4(b, from, mtu)
	case len(b) >= 40 && b[0]>>4 == 6:
		return tooBigIPv6(b, from, mtu)
	}
	return nil
}

// tooBigIPv4 is destination unreachable, fragmentation needed: RFC 792 and
// RFC 1191 section 4. It quotes as much as fits into 576 bytes, RFC 1812
// section 4.3.2.3.
func tooBigIPv4(b []byte, from netip.Addr, mtu int) []byte {
	header := int(b[0]&15) * 4
	flags := binary.BigEndian.Uint16(b[6:])
	if header < 20 || len(b) < header+8 || flags&0x4000 == 0 || flags&0x1fff != 0 {
		return nil
	}
	if b[9] == 1 && b[header] != 0 && b[header] != 8 { // neither echo nor its reply
		return nil
	}
	quote := b[:min(len(b), 576-28)]
	m := make([]byte, 28+len(quote))
	m[0], m[8], m[9] = 0x45, 64, 1
	binary.BigEndian.PutUint16(m[2:], uint16(len(m)))
	src := from.As4()
	copy(m[12:], src[:])
	copy(m[16:20], b[12:16])
	binary.BigEndian.PutUint16(m[10:], checksum(0, m[:20]))
	m[20], m[21] = 3, 4
	binary.BigEndian.PutUint16(m[26:], uint16(min(mtu, 65535)))
	copy(m[28:], quote)
	binary.BigEndian.PutUint16(m[22:], checksum(0, m[20:]))
	return m
}

// tooBigIPv6 is packet too big: RFC 4443 section 3.2, which quotes as much
// as fits into 1280 bytes.
func tooBigIPv6(b []byte, from netip.Addr, mtu int) []byte {
	if b[6] == 58 && (len(b) < 41 || b[40] < 128) { // an error message
		return nil
	}
	quote := b[:min(len(b), 1280-48)]
	m := make([]byte, 48+len(quote))
	m[0], m[6], m[7] = 0x60, 58, 64
	binary.BigEndian.PutUint16(m[4:], uint16(8+len(quote)))
	src := from.As16()
	copy(m[8:], src[:])
	copy(m[24:40], b[8:24])
	m[40] = 2
	binary.BigEndian.PutUint32(m[44:], uint32(mtu))
	copy(m[48:], quote)
	pseudo := sum(0, m[8:40]) + uint32(8+len(quote)) + 58 // RFC 8200 section 8.1
	binary.BigEndian.PutUint16(m[42:], checksum(pseudo, m[40:]))
	return m
}

// checksum is that of RFC 1071 over b, begun with a sum.
func checksum(begun uint32, b []byte) uint16 {
	s := sum(begun, b)
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}

// sum adds up 16-bit words; a last odd byte counts as the upper half of one.
func sum(s uint32, b []byte) uint32 {
	for ; len(b) >= 2; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return s
}
