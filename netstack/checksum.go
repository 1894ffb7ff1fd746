package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
)

const faultChecksumField packetFault = "Checksum.Start and Offset point outside the packet"

// completeChecksum fills in the transport checksum of a packet, where that was
// left to the link: see ChecksumPartial. b is a copy of the packet, whose memory
// is the caller's.
func completeChecksum(b []byte, c Checksum) error {
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
