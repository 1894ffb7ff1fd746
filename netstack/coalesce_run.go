package netstack

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// joinable is a TCP segment that could be part of a run.
type joinable struct {
	packet   *Packet
	headers  tcpHeaders
	payload  int    // bytes
	last     bool   // it has PSH, so nothing can be joined to it
	sum      uint16 // of the payload, where verified
	verified bool   // its checksum was verified here, else vouched for
}

// readJoinable reads a segment; ok is false for one that passes as it is.
func readJoinable(p *Packet, h *tcpHeaders) (s joinable, ok bool) {
	flags := h.tcp[tcpFlagsAt]
	s = joinable{packet: p, headers: *h, payload: p.Len() - h.bytes(), last: flags&tcpPSH != 0}
	switch {
	case s.payload == 0,
		flags|tcpPSH != tcpACK|tcpPSH,
		h.tcp[tcpOffsetAt]&0xf != 0, // bits that a future TCP may use
		p.gso.SegmentBytes != 0,
		p.sum.State == ChecksumPartial,
		p.refs.Load() != 1:
		return s, false
	}
	return s, s.verify()
}

// verify verifies the packet's checksums, unless somebody vouches for them, and
// notes in the packet that they are right.
func (s *joinable) verify() bool {
	h := &s.headers
	if !h.ipv6 && checksum.Checksum(h.ip, 0) != 0xffff {
		return false
	}
	if s.packet.sum.State == ChecksumValid {
		return true
	}
	s.sum = s.packet.sumBytes(h.bytes(), h.bytes()+s.payload)
	if foldSum(h.sum(s.payload)+uint32(s.sum)) != 0xffff {
		return false
	}
	s.verified = true
	s.packet.sum = Checksum{State: ChecksumValid}
	return true
}

// sum is the sum of the pseudo-header (RFC 9293, section 3.1) and the TCP
// header, for a payload of so many bytes.
func (h *tcpHeaders) sum(payload int) uint32 {
	return protocolTCP + uint32(len(h.tcp)+payload) + uint32(checksum.Checksum(h.addresses(), 0)) + uint32(checksum.Checksum(h.tcp, 0))
}

// run is a packet and the segments that were joined to it.
type run struct {
	key     flowKey
	opened  uint64
	first   *Packet    // nil: not open
	headers tcpHeaders // of first, as it came

	segmentBytes int
	size         int // bytes of first, with all that was joined to it
	segments     int
	nextSeq      uint32
	lastID       uint16
	idStep       uint16 // between IPv4 IDs, known from the second segment on
	push         bool
	payloadSum   uint16
	summed       bool // payloadSum is right
}

// begin starts a run with s.
func (r *run) begin(key flowKey, s *joinable) {
	*r = run{
		key: key, first: s.packet, headers: s.headers,
		segmentBytes: s.payload, size: s.headers.bytes() + s.payload, segments: 1,
		nextSeq:    binary.BigEndian.Uint32(s.headers.tcp[tcpSeqAt:]) + uint32(s.payload),
		payloadSum: s.sum, summed: s.verified,
	}
	if !s.headers.ipv6 {
		r.lastID = binary.BigEndian.Uint16(s.headers.ip[ipv4IDAt:])
	}
}

// takes reports whether s, of the same flow, continues the run.
func (r *run) takes(s *joinable) bool {
	tcp, was := s.headers.tcp, r.headers.tcp
	return binary.BigEndian.Uint32(tcp[tcpSeqAt:]) == r.nextSeq &&
		s.payload <= r.segmentBytes &&
		r.size+s.payload <= superPacketMax &&
		bytes.Equal(tcp[tcpAckAt:tcpFlagsAt], was[tcpAckAt:tcpFlagsAt]) && // and the data offset, so that the lengths agree
		bytes.Equal(tcp[tcpWindowAt:tcpChecksumAt], was[tcpWindowAt:tcpChecksumAt]) &&
		bytes.Equal(tcp[tcpUrgentAt:], was[tcpUrgentAt:]) && // and the options
		r.takesIP(s.headers.ip)
}

// takesIP compares IP headers. IPv4 IDs count up, or stay the same in packets
// that cannot be fragmented, to which they mean nothing (RFC 6864, section 4.1).
func (r *run) takesIP(ip []byte) bool {
	was := r.headers.ip
	if r.headers.ipv6 {
		// Traffic class and flow label; hop limit.
		return bytes.Equal(ip[:ipv6PayloadAt], was[:ipv6PayloadAt]) && ip[ipv6HopLimitAt] == was[ipv6HopLimitAt]
	}
	step := binary.BigEndian.Uint16(ip[ipv4IDAt:]) - r.lastID
	fragment := binary.BigEndian.Uint16(ip[ipv4FragmentAt:])
	return ip[ipv4TOSAt] == was[ipv4TOSAt] && ip[ipv4TTLAt] == was[ipv4TTLAt] &&
		fragment == binary.BigEndian.Uint16(was[ipv4FragmentAt:]) &&
		(step == 1 || step == 0 && fragment&ipv4DontFragment != 0) &&
		(r.segments == 1 || step == r.idStep)
}

// add joins s to the run, and takes over its packet's reference.
func (r *run) add(s *joinable) {
	head := s.headers.bytes()
	r.summed = r.summed && s.verified
	if (r.size-head)%2 != 0 { // the payload begins in the middle of a word
		s.sum = bits.ReverseBytes16(s.sum)
	}
	r.payloadSum = checksum.Combine(r.payloadSum, s.sum)
	r.nextSeq += uint32(s.payload)
	r.size += s.payload
	r.segments++
	r.push = s.last
	if !s.headers.ipv6 {
		id := binary.BigEndian.Uint16(s.headers.ip[ipv4IDAt:])
		r.lastID, r.idStep = id, id-r.lastID
	}
	s.packet.buf.Data().Consume(head)
	stack.MergeFragment(r.first.buf, s.packet.buf)
	s.packet.Release()
}

// finish makes the first packet's headers speak for all that was joined to it.
func (r *run) finish() {
	if r.segments == 1 {
		return
	}
	p := r.first
	head := r.headers.bytes()
	b, _ := p.buf.Data().PullUp(head) // its own memory, even where that was shared
	h := tcpHeaders{ipv6: r.headers.ipv6, ip: b[:len(r.headers.ip)], tcp: b[len(r.headers.ip):]}
	if h.ipv6 {
		binary.BigEndian.PutUint16(h.ip[ipv6PayloadAt:], uint16(r.size-ipv6HeadBytes))
	} else {
		binary.BigEndian.PutUint16(h.ip[ipv4TotalAt:], uint16(r.size))
		clear(h.ip[ipv4ChecksumAt : ipv4ChecksumAt+2])
		binary.BigEndian.PutUint16(h.ip[ipv4ChecksumAt:], ^checksum.Checksum(h.ip, 0))
	}
	if r.push {
		h.tcp[tcpFlagsAt] |= tcpPSH
	}
	if r.summed {
		clear(h.tcp[tcpChecksumAt : tcpChecksumAt+2])
		binary.BigEndian.PutUint16(h.tcp[tcpChecksumAt:], ^foldSum(h.sum(r.size-head)+uint32(r.payloadSum)))
	}
	p.gso = GSO{SegmentBytes: r.segmentBytes, HeaderBytes: head, IPv6: h.ipv6}
	p.sum = Checksum{State: ChecksumValid}
}
