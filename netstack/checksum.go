package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

const (
	faultChecksumField packetFault = "Checksum.Start and Offset point outside the packet"
	faultPartialGSO    packetFault = "packet is to be cut before its checksum can be completed"
)

// completeChecksum returns p with its transport checksum filled in, where that
// was left to the link: see ChecksumPartial. It takes over p's reference, with
// an error as well. The packet may be another one, because others may be
// reading p; then it shares p's payload. A packet with GSO is for a segmenter.
func completeChecksum(p *Packet) (*Packet, error) {
	if p.sum.State != ChecksumPartial {
		return p, nil
	}
	if p.gso.SegmentBytes != 0 {
		p.Release()
		return nil, faultPartialGSO
	}
	size := p.Len()
	if !p.sum.fits(size) {
		p.Release()
		return nil, faultChecksumField
	}
	p = p.own()
	sum := ^p.buf.Data().ChecksumAtOffset(p.sum.Start)
	// PullUp makes a copy of memory that somebody else holds too.
	head, ok := p.buf.Data().PullUp(p.sum.Start + p.sum.Offset + 2)
	if !ok {
		p.Release()
		return nil, faultChecksumField
	}
	p.sum.put(head, sum)
	p.sum = Checksum{}
	return p, nil
}

// completeFlatChecksum is completeChecksum for a copy of a packet, whose
// memory is the caller's.
func completeFlatChecksum(b []byte, c Checksum) error {
	switch {
	case c.State != ChecksumPartial:
		return nil
	case !c.fits(len(b)):
		return faultChecksumField
	}
	c.put(b, ^checksum.Checksum(b[c.Start:], 0))
	return nil
}

// fits reports whether the checksum's field is inside a packet of size bytes.
func (c Checksum) fits(size int) bool {
	return c.Start >= 0 && c.Offset >= 0 && c.Offset <= size-c.Start-2
}

// put writes the field. A sum of zero is written as its other form, since UDP
// takes zero for none (RFC 768); to TCP they are the same.
func (c Checksum) put(b []byte, sum uint16) {
	if sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(b[c.Start+c.Offset:], sum)
}
