package netstack

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Packet is one IP packet on its way through a Link: headers, payload
// segments, and what is known of its segmentation and checksum. It is a
// reference-counted handle on the stack's own buffer, so a device can read
// straight into it and a packet passes through decorators without a copy.
//
// A Packet starts with one reference. Whoever is given a reference gives it
// back with Release exactly once; after the last Release the memory is used
// again. The bytes of a packet that was sent or delivered are read-only.
// Methods may be called concurrently by holders of a reference, except
// Truncate, which needs to be the only holder.
type Packet struct {
	refs atomic.Int32
	buf  *stack.PacketBuffer
}

// GSO describes how a packet larger than the MTU is to be cut into TCP
// segments. The zero value means that it is not to be cut.
type GSO struct {
	SegmentBytes int  // payload bytes per segment (the MSS)
	HeaderBytes  int  // IP and TCP header bytes, repeated before each segment
	IPv6         bool // TCP over IPv6 rather than IPv4
}

// Checksum is what is known of a packet's transport checksum.
type Checksum struct {
	State ChecksumState
	// Start and Offset locate the field for ChecksumPartial: the sum runs
	// from byte Start of the packet to its end and is stored at Start+Offset.
	Start, Offset int
}

// ChecksumState says who is responsible for a packet's transport checksum.
type ChecksumState uint8

const (
	// ChecksumUnknown: the field is filled in; nobody has verified it.
	ChecksumUnknown ChecksumState = iota
	// ChecksumPartial: the field holds the pseudo-header's sum only; the
	// link or device has to complete it.
	ChecksumPartial
	// ChecksumValid: the packet's origin vouches for it.
	ChecksumValid
)

var packets = sync.Pool{New: func() any { return new(Packet) }}

// NewPacket returns a packet of the given size in bytes with undefined
// contents, to be filled through Segments before it is delivered. The memory
// comes from the stack's pool, in one segment.
func NewPacket(size int) *Packet {
	b := buffer.MakeWithView(buffer.NewViewSize(size))
	return wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: b}))
}

// wrapPacket makes a handle of pb and takes over one reference of it.
func wrapPacket(pb *stack.PacketBuffer) *Packet {
	p := packets.Get().(*Packet)
	p.buf = pb
	p.refs.Store(1)
	return p
}
