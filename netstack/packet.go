package netstack

import (
	"fmt"
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
// again. The bytes of a packet that was sent or delivered are read-only and
// do not change while a reference is held. Methods may be called concurrently
// by holders of a reference, except Truncate, SetGSO and SetChecksum, which
// need to be the only holder.
type Packet struct {
	refs atomic.Int32
	buf  *stack.PacketBuffer
	gso  GSO
	sum  Checksum
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
	// ChecksumValid: the packet's origin vouches for it. On a link with
	// Offload.TxChecksum the field itself may be empty.
	ChecksumValid
)

// packetBytesMax is the largest packet a Packet can hold: the largest IPv6
// packet without a jumbogram option.
const packetBytesMax = 65535 + 40

var packets = sync.Pool{New: func() any { return new(Packet) }}

// packetHook, if not nil, is told of every packet that is born (+1) and that
// is given back (-1). Tests set it before the first packet.
var packetHook func(delta int64)

// NewPacket returns a packet of the given size in bytes, to be filled through
// Segments before it is delivered. The memory comes from the stack's pool, in
// one segment; a device reads into it and then calls Truncate. Sizes outside
// 1 to 65575 bytes, which no IP packet has, are a mistake of the caller and
// panic.
func NewPacket(size int) *Packet {
	if size < 1 || size > packetBytesMax {
		panic(fmt.Sprintf("netstack: NewPacket(%d): size must be 1 to %d bytes", size, packetBytesMax))
	}
	b := buffer.MakeWithView(buffer.NewViewSize(size))
	return wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: b}))
}

// wrapPacket makes a handle of pb and takes over one reference of it. All of
// pb must be data: no header pushed or consumed.
func wrapPacket(pb *stack.PacketBuffer) *Packet {
	p := packets.Get().(*Packet)
	p.buf = pb
	p.gso = GSO{}
	p.sum = Checksum{}
	p.refs.Store(1)
	if packetHook != nil {
		packetHook(1)
	}
	return p
}

// Retain adds a reference for another holder.
func (p *Packet) Retain() {
	if p.refs.Add(1) < 2 {
		panic("netstack: Retain of a packet that was released")
	}
}

// Release gives back one reference. Giving back more than were taken is a
// broken invariant and panics where it is noticed.
func (p *Packet) Release() {
	switch n := p.refs.Add(-1); {
	case n > 0:
		return
	case n < 0:
		panic("netstack: Release of a packet that was released")
	}
	p.buf.DecRef()
	p.buf = nil
	if packetHook != nil {
		packetHook(-1)
	}
	packets.Put(p)
}

// Len is the packet's length in bytes, IP header included.
func (p *Packet) Len() int {
	return p.buf.Data().Size()
}

// IPv6 reports whether the packet's version field says 6.
func (p *Packet) IPv6() bool {
	return p.version() == 6
}

// version is the first four bits of the packet: 4, 6, or nonsense.
func (p *Packet) version() byte {
	for b := range p.Segments {
		if len(b) > 0 {
			return b[0] >> 4
		}
	}
	return 0
}

// Segments yields the packet's bytes in order, as borrowed slices of the
// stack's memory: use it as "for b := range p.Segments". The slices are valid
// while the reference is held and, once the packet was sent or delivered,
// read-only. It allocates nothing.
func (p *Packet) Segments(yield func([]byte) bool) {
	views, _ := p.buf.AsViewList()
	for v := views.Front(); v != nil; v = v.Next() {
		if v.Size() > 0 && !yield(v.AsSlice()) {
			return
		}
	}
}

// firstSegment is the first of the packet's Segments, nil if it is empty.
func (p *Packet) firstSegment() []byte {
	for b := range p.Segments {
		return b
	}
	return nil
}

// onlySegment is the packet where it is in one piece, else nil.
func (p *Packet) onlySegment() []byte {
	var only []byte
	for b := range p.Segments {
		if only != nil {
			return nil
		}
		only = b
	}
	return only
}

// CopyTo copies as much of the packet as fits into b and returns the number
// of bytes copied.
func (p *Packet) CopyTo(b []byte) int {
	n := 0
	for s := range p.Segments {
		n += copy(b[n:], s)
	}
	return n
}

// clone is a copy of the packet with memory of its own.
func (p *Packet) clone() *Packet {
	q := NewPacket(p.Len())
	p.CopyTo(q.firstSegment())
	q.gso, q.sum = p.gso, p.sum
	return q
}

// Truncate cuts the packet to its first n bytes. It has no effect where the
// packet is not longer than that.
func (p *Packet) Truncate(n int) {
	p.buf.Data().CapLength(max(n, 0))
}

// GSO is how the packet is to be cut into segments; zero where it is not.
func (p *Packet) GSO() GSO {
	return p.gso
}

// SetGSO notes that the packet joins several TCP segments, as a device with
// receive offload delivers it. The stack takes such a packet as it is.
func (p *Packet) SetGSO(g GSO) {
	p.gso = g
}

// Checksum is what is known of the packet's transport checksum.
func (p *Packet) Checksum() Checksum {
	return p.sum
}

// SetChecksum notes what a device knows of the transport checksum. The stack
// verifies the checksum of delivered packets unless the link has
// Offload.RxChecksum; a link that has it and gets a packet whose sum nobody
// vouches for verifies it before Deliver.
func (p *Packet) SetChecksum(c Checksum) {
	p.sum = c
}
