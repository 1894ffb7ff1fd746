package netstack

import "sync/atomic"

// OffloadStats count what a link did for the stack, or the device for the
// link. All are zero for a link that does no such work.
type OffloadStats struct {
	SuperPacketsIn  uint64 // received as several TCP segments joined by the device
	SuperPacketsOut uint64 // left to the device to be cut into TCP segments
	Cut             uint64 // cut here, because the device cannot or has refused it
	Joined          uint64 // received TCP segments that were joined here to the one before
	Refusals        uint64 // packets that the device refused and took once they were cut here
	BadHeaders      uint64 // received with a virtio header that lies, or longer than a packet can be, and dropped
	ChecksumsIP     uint64 // received with a bad IPv4 header checksum, and dropped
	ChecksumsTCP    uint64 // with a bad TCP checksum
	ChecksumsUDP    uint64 // with a bad UDP checksum
}

// offloadCounters are the OffloadStats of a link at work.
type offloadCounters struct {
	superIn, superOut, cut, joined atomic.Uint64
	refusals, badHeaders           atomic.Uint64
	checksumsIP                    atomic.Uint64
	checksumsTCP, checksumsUDP     atomic.Uint64
}

// OffloadCounter is a Link that has OffloadStats, which Stats then shows. A
// decorator passes it on.
type OffloadCounter interface {
	// OffloadStats returns the counters, also after Close.
	OffloadStats() OffloadStats
}

func (c *offloadCounters) load() OffloadStats {
	return OffloadStats{
		SuperPacketsIn:  c.superIn.Load(),
		SuperPacketsOut: c.superOut.Load(),
		Cut:             c.cut.Load(),
		Joined:          c.joined.Load(),
		Refusals:        c.refusals.Load(),
		BadHeaders:      c.badHeaders.Load(),
		ChecksumsIP:     c.checksumsIP.Load(),
		ChecksumsTCP:    c.checksumsTCP.Load(),
		ChecksumsUDP:    c.checksumsUDP.Load(),
	}
}

// vouch verifies the checksum of a received packet, unless its origin has, and
// returns it; it drops one whose checksum is wrong and returns nil.
func (c *offloadCounters) vouch(p *Packet) *Packet {
	switch verifyChecksum(p) {
	case nil:
		return p
	case faultTCPSum:
		c.checksumsTCP.Add(1)
	case faultIPv4Sum:
		c.checksumsIP.Add(1)
	default:
		c.checksumsUDP.Add(1)
	}
	p.Release()
	return nil
}
