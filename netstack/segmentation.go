package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

const (
	faultNotGSO       packetFault = "GSO.SegmentBytes is 0: the packet is not to be cut"
	faultSegmentBytes packetFault = "GSO.SegmentBytes is negative or too large for an IP packet"
	faultHeaderBytes  packetFault = "GSO.HeaderBytes differs from the packet's headers"
	faultGSOVersion   packetFault = "GSO.IPv6 differs from the packet's version"
	faultUnverified   packetFault = "packet to be cut has a checksum that nobody vouches for"
	faultFlags        packetFault = "packet to be cut has SYN, RST or URG"
)

// segmenter cuts a packet that carries several TCP segments into packets of
// one segment each, for a device that cannot. It is what Linux' tcp_gso_segment
// does: each segment has the packet's headers with a sequence number, IPv4 ID,
// lengths and checksums of its own; FIN and PSH are the last one's, CWR
// (RFC 3168, section 6.1.2: once per window) the first one's.
//
//	var s segmenter
//	if err := s.start(p); err != nil { drop }
//	for s.size() > 0 {
//		n := s.next(scratch)
//	}
//
// It gives one segment at a time because a packet may make 65,000 of them. It
// allocates nothing; the packet is borrowed from start to the last segment. The
// zero value is ready to start, and may be started again at any time. Not for
// concurrent use.
type segmenter struct {
	head  [tcpHeadersMax]byte // with zeroes for what differs between segments
	ip    int                 // bytes of the IP header
	bytes int                 // bytes of both headers
	ipv6  bool

	segmentBytes int
	left         int // payload bytes to come
	seq          uint32
	id           uint16
	flags        byte
	unsent       bool // the first segment is still to come: it may have no payload

	ipSum, tcpSum uint32 // of what is the same in every segment

	view *buffer.View // where the next payload byte is
	at   int
}

// start prepares to cut p. Where it returns an error, which is always a
// packetFault, there is nothing to cut.
func (s *segmenter) start(p *Packet) error {
	s.left, s.unsent, s.view = 0, false, nil
	size := p.Len()
	h, err := splitTCP(s.head[:p.CopyTo(s.head[:])], size)
	if err != nil {
		return err
	}
	if err := checkCuttable(p, &h); err != nil {
		return err
	}
	s.ip, s.bytes, s.ipv6 = len(h.ip), h.bytes(), h.ipv6
	s.segmentBytes, s.left, s.unsent = p.gso.SegmentBytes, size-s.bytes, true
	s.prepare(h)
	views, _ := p.buf.AsViewList()
	s.view, s.at = views.Front(), 0
	s.skip(s.bytes)
	return nil
}

// checkCuttable compares what the packet says of itself with its headers.
func checkCuttable(p *Packet, h *tcpHeaders) error {
	g := p.gso
	switch {
	case g.SegmentBytes == 0:
		return faultNotGSO
	case g.HeaderBytes != h.bytes():
		return faultHeaderBytes
	case g.SegmentBytes < 0 || g.SegmentBytes > superPacketMax-g.HeaderBytes:
		return faultSegmentBytes
	case g.IPv6 != h.ipv6:
		return faultGSOVersion
	case p.sum.State == ChecksumUnknown:
		return faultUnverified
	case h.tcp[tcpFlagsAt]&(tcpSYN|tcpRST|tcpURG) != 0:
		return faultFlags
	}
	return nil
}

// prepare takes from the headers what differs between segments, and sums the
// rest once.
func (s *segmenter) prepare(h tcpHeaders) {
	s.seq = binary.BigEndian.Uint32(h.tcp[tcpSeqAt:])
	s.flags = h.tcp[tcpFlagsAt]
	clear(h.tcp[tcpSeqAt:tcpAckAt])
	h.tcp[tcpFlagsAt] = 0
	clear(h.tcp[tcpChecksumAt : tcpChecksumAt+2])
	s.tcpSum = protocolTCP + uint32(checksum.Checksum(h.addresses(), 0)) + uint32(checksum.Checksum(h.tcp, 0))
	if h.ipv6 {
		return
	}
	s.id = binary.BigEndian.Uint16(h.ip[ipv4IDAt:])
	clear(h.ip[ipv4TotalAt:ipv4FragmentAt]) // total length and ID
	clear(h.ip[ipv4ChecksumAt : ipv4ChecksumAt+2])
	s.ipSum = uint32(checksum.Checksum(h.ip, 0))
}

// size is the length in bytes of the next segment as an IP packet, 0 after the
// last one.
func (s *segmenter) size() int {
	if s.left == 0 && !s.unsent {
		return 0
	}
	return s.bytes + min(s.segmentBytes, s.left)
}

// next writes the next segment to dst, which must have room for size bytes, and
// returns its size. The checksums in it are complete. After the last segment it
// does nothing.
func (s *segmenter) next(dst []byte) int {
	n := s.size()
	if n == 0 {
		return 0
	}
	dst = dst[:n]
	s.copyPayload(dst[s.bytes:])
	s.writeHeaders(dst[:s.bytes], n, checksum.Checksum(dst[s.bytes:], 0))
	return n
}

// writeHeaders writes the headers of a segment of size bytes to dst and goes
// on to the one after it. payload is the sum of the segment's payload.
func (s *segmenter) writeHeaders(dst []byte, size int, payload uint16) {
	copy(dst, s.head[:s.bytes])
	length := size - s.bytes
	s.left -= length
	flags := s.flags
	if s.left > 0 {
		flags &^= tcpFIN | tcpPSH
	}
	tcp := dst[s.ip:]
	binary.BigEndian.PutUint32(tcp[tcpSeqAt:], s.seq)
	tcp[tcpFlagsAt] = flags
	sum := s.tcpSum + uint32(size-s.ip) + s.seq>>16 + s.seq&0xffff + uint32(flags) + uint32(payload)
	binary.BigEndian.PutUint16(tcp[tcpChecksumAt:], ^foldSum(sum))
	if s.ipv6 {
		binary.BigEndian.PutUint16(dst[ipv6PayloadAt:], uint16(size-ipv6HeadBytes))
	} else {
		binary.BigEndian.PutUint16(dst[ipv4TotalAt:], uint16(size))
		binary.BigEndian.PutUint16(dst[ipv4IDAt:], s.id)
		binary.BigEndian.PutUint16(dst[ipv4ChecksumAt:], ^foldSum(s.ipSum+uint32(size)+uint32(s.id)))
	}
	s.seq += uint32(length)
	s.id++
	s.flags &^= tcpCWR
	s.unsent = false
}

// copyPayload fills dst from the packet.
func (s *segmenter) copyPayload(dst []byte) {
	for len(dst) > 0 && s.view != nil {
		n := copy(dst, s.view.AsSlice()[s.at:])
		dst = dst[n:]
		s.skip(n)
	}
}

// skip moves n bytes on in the packet.
func (s *segmenter) skip(n int) {
	s.at += n
	for s.view != nil && s.at >= s.view.Size() {
		s.at -= s.view.Size()
		s.view = s.view.Next()
	}
}

// foldSum makes a 16-bit one's complement sum of a sum of 16-bit words
// (RFC 1071).
func foldSum(sum uint32) uint16 {
	sum = sum>>16 + sum&0xffff
	return uint16(sum>>16 + sum)
}
