package netstack

import "encoding/binary"

// virtioHeaderBytes is the length of a virtio_net_hdr without num_buffers
// (VIRTIO 1.2, section 5.1.6.1).
const virtioHeaderBytes = 10

// Values of a virtio_net_hdr's flags and gso_type.
const (
	virtioNeedsChecksum = 1 // the checksum field holds the pseudo-header's sum
	virtioDataValid     = 2 // the checksum was verified

	virtioNoGSO = 0
	virtioTCPv4 = 1
	virtioTCPv6 = 4
	virtioECN   = 0x80 // beside a type: the segments have CWR as RFC 3168 wants it
)

// virtioHeader says of a packet what its Packet says with GSO and Checksum.
type virtioHeader struct {
	flags, gsoType          byte
	headerBytes, segment    uint16 // hdr_len, gso_size
	checksumAt, checksumOff uint16 // csum_start, csum_offset
}

const (
	faultVirtioType     packetFault = "virtio header has a gso_type that was not asked for"
	faultVirtioVersion  packetFault = "virtio header has a gso_type that is not the packet's"
	faultVirtioSegment  packetFault = "virtio header has a gso_size of 0"
	faultVirtioPartial  packetFault = "virtio header has a gso_type without a checksum to be completed"
	faultVirtioLength   packetFault = "virtio header has a hdr_len beyond the packet"
	faultVirtioChecksum packetFault = "virtio header has a checksum field that is not the packet's"
)

// parseVirtio reads a header of virtioHeaderBytes.
func parseVirtio(b []byte) virtioHeader {
	order := binary.NativeEndian
	return virtioHeader{
		flags: b[0], gsoType: b[1],
		headerBytes: order.Uint16(b[2:]), segment: order.Uint16(b[4:]),
		checksumAt: order.Uint16(b[6:]), checksumOff: order.Uint16(b[8:]),
	}
}

// put writes h to the first virtioHeaderBytes of b.
func (h virtioHeader) put(b []byte) {
	order := binary.NativeEndian
	b[0], b[1] = h.flags, h.gsoType
	order.PutUint16(b[2:], h.headerBytes)
	order.PutUint16(b[4:], h.segment)
	order.PutUint16(b[6:], h.checksumAt)
	order.PutUint16(b[8:], h.checksumOff)
}

// virtioOf is the header of a packet that the stack sends.
func virtioOf(p *Packet) (h virtioHeader) {
	if p.sum.State == ChecksumPartial {
		h.flags = virtioNeedsChecksum
		h.checksumAt, h.checksumOff = uint16(p.sum.Start), uint16(p.sum.Offset)
	}
	if p.gso.SegmentBytes > 0 {
		h.gsoType = virtioTCPv4
		if p.gso.IPv6 {
			h.gsoType = virtioTCPv6
		}
		h.headerBytes, h.segment = uint16(p.gso.HeaderBytes), uint16(p.gso.SegmentBytes)
	}
	return h
}

// describe gives a received packet the GSO and Checksum that h tells of, after
// comparing each field with the packet itself: head are its first bytes, at
// least all of its headers, and size is its length. A header that lies is an
// error, always a packetFault.
func (h virtioHeader) describe(p *Packet, head []byte, size int) error {
	if int(h.headerBytes) > size {
		return faultVirtioLength
	}
	switch {
	case h.flags&virtioNeedsChecksum != 0:
		if err := h.checkPartial(head, size); err != nil {
			return err
		}
		p.sum = Checksum{State: ChecksumPartial, Start: int(h.checksumAt), Offset: int(h.checksumOff)}
	case h.flags&virtioDataValid != 0:
		p.sum = Checksum{State: ChecksumValid}
	}
	switch h.gsoType &^ virtioECN {
	case virtioNoGSO:
		return nil
	case virtioTCPv4, virtioTCPv6:
		return h.describeGSO(p, head, size)
	}
	return faultVirtioType
}

// checkPartial makes sure that the checksum's field is that of TCP or UDP.
func (h virtioHeader) checkPartial(head []byte, size int) error {
	start, offset := int(h.checksumAt), int(h.checksumOff)
	if start+offset+2 > size || size < ipv4HeadBytes {
		return faultVirtioChecksum
	}
	protocol := 0
	switch head[0] >> 4 {
	case 4:
		if start != int(head[0]&0xf)*4 || start < ipv4HeadBytes {
			return faultVirtioChecksum
		}
		protocol = int(head[ipv4ProtocolAt])
	case 6:
		if start < ipv6HeadBytes {
			return faultVirtioChecksum
		}
		if start == ipv6HeadBytes {
			protocol = int(head[ipv6NextAt])
		}
	default:
		return faultVersion
	}
	isTCP, isUDP := offset == tcpChecksumAt, offset == udpChecksumAt
	if protocol == protocolTCP && isTCP || protocol == protocolUDP && isUDP || protocol == 0 && (isTCP || isUDP) {
		return nil
	}
	return faultVirtioChecksum
}

// describeGSO is the part of describe for several segments in one packet.
func (h virtioHeader) describeGSO(p *Packet, head []byte, size int) error {
	v6 := h.gsoType&^virtioECN == virtioTCPv6
	start := int(h.checksumAt)
	switch {
	case p.sum.State != ChecksumPartial || h.checksumOff != tcpChecksumAt:
		return faultVirtioPartial
	case v6 != (head[0]>>4 == 6):
		return faultVirtioVersion
	case h.segment == 0:
		return faultVirtioSegment
	case len(head) < start+tcpHeadMin:
		return faultShort
	}
	tcpBytes := int(head[start+tcpOffsetAt]>>4) * 4
	if tcpBytes < tcpHeadMin || start+tcpBytes > size {
		return faultDataOffset
	}
	p.gso = GSO{SegmentBytes: int(h.segment), HeaderBytes: start + tcpBytes, IPv6: v6}
	return nil
}
