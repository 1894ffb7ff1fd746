package netstack

import (
	"errors"
	"net"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// linkEndpoint joins a Link to gVisor: it is the lower edge that gVisor
// writes packets to and the Receiver that the Link delivers to.
//
// gVisor attaches it when the interface is made and detaches it when the
// stack ends; what a Link delivers before or after is dropped and counted.
type linkEndpoint struct {
	link    Link
	offload Offload
	mtu     uint32
	down    func(error) // tells the stack that the link is dead

	dispatcher atomic.Pointer[linkDispatcher]
	drops      linkDrops

	backlog *backlogWatch // looks at what arrives while an accept queue is full
	pings   *pingWatch    // and while a Ping waits
	pieces  *reassemblyWatch
	nic     tcpip.NICID
	direct  *directGate // which packets need no IP layer; nil: none

	timestamps *timestampGate // whose offer of them is declined; nil: nobody's
}

// linkDispatcher is gVisor's interface.
type linkDispatcher struct {
	stack.NetworkDispatcher
	direct directNIC // the same, nil if it is something else
}

// linkDrops counts packets that this edge of the stack gave up.
type linkDrops struct {
	send    atomic.Uint64 // the Link did not take them
	deliver atomic.Uint64 // they came before or after the stack's life
	version atomic.Uint64 // neither IPv4 nor IPv6
}

var (
	_ stack.LinkEndpoint       = (*linkEndpoint)(nil)
	_ stack.GSOEndpoint        = (*linkEndpoint)(nil)
	_ stack.QueueingDiscipline = (*linkEndpoint)(nil)
	_ Receiver                 = (*linkEndpoint)(nil)
)

func newLinkEndpoint(l Link, down func(error)) *linkEndpoint {
	return &linkEndpoint{link: l, offload: l.Offload(), mtu: uint32(l.MTU()), down: down}
}

// WritePackets hands a batch to the Link. A packet that the link drops is
// lost, as on a real wire: the sender hears nothing and retransmits.
func (e *linkEndpoint) WritePackets(list stack.PacketBufferList) (int, tcpip.Error) {
	batch := takeBatch()
	for _, pb := range list.AsSlice() {
		batch.pkts = append(batch.pkts, e.outgoing(pb))
	}
	return e.send(batch)
}

// WritePacket implements stack.QueueingDiscipline: gVisor's own makes a list of
// each packet, which is an allocation, and has no queue either.
func (e *linkEndpoint) WritePacket(pb *stack.PacketBuffer) tcpip.Error {
	batch := takeBatch()
	batch.pkts = append(batch.pkts, e.outgoing(pb))
	_, err := e.send(batch)
	return err
}

// send hands a batch to the Link and gives it back.
func (e *linkEndpoint) send(batch *packetBatch) (int, tcpip.Error) {
	total := len(batch.pkts)
	n, err := e.link.Send(batch.pkts)
	batch.giveBack()
	if n < total {
		e.drops.send.Add(uint64(total - n))
	}
	if errors.Is(err, net.ErrClosed) {
		return n, &tcpip.ErrClosedForSend{}
	}
	return total, nil
}

// outgoing makes a packet of pb that stays as it is while a link holds it.
// The payload is shared. The headers are copied, because TCP writes them into
// the same memory again when it retransmits the segment.
func (e *linkEndpoint) outgoing(pb *stack.PacketBuffer) *Packet {
	body := pb.Data().ToBuffer()
	if size := pb.HeaderSize(); size > 0 {
		head := buffer.NewViewSize(size)
		copyHeaders(head.AsSlice(), pb)
		_ = body.Prepend(head) // fails for a frozen buffer only, and ToBuffer makes a fresh one
	}
	p := wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: body}))
	p.gso, p.sum = e.transportState(pb)
	e.timestamps.leaving(p)
	return p
}

// copyHeaders copies the first len(dst) bytes of pb.
func copyHeaders(dst []byte, pb *stack.PacketBuffer) {
	views, offset := pb.AsViewList()
	n := 0
	for v := views.Front(); v != nil && n < len(dst); v = v.Next() {
		b := v.AsSlice()
		if offset >= len(b) {
			offset -= len(b)
			continue
		}
		n += copy(dst[n:], b[offset:])
		offset = 0
	}
}

// transportState translates gVisor's segmentation options. A GSO that needs a
// checksum means that the field holds the pseudo-header's sum.
func (e *linkEndpoint) transportState(pb *stack.PacketBuffer) (g GSO, c Checksum) {
	o := pb.GSOOptions
	v6 := o.Type == stack.GSOTCPv6
	if o.Type == stack.GSOTCPv4 || v6 {
		if pb.Data().Size() > int(o.MSS) {
			g = GSO{SegmentBytes: int(o.MSS), HeaderBytes: pb.HeaderSize(), IPv6: v6}
		}
		if o.NeedsCsum {
			return g, Checksum{State: ChecksumPartial, Start: int(o.L3HdrLen), Offset: int(o.CsumOffset)}
		}
	}
	if e.offload.TxChecksum {
		c.State = ChecksumValid
	}
	return g, c
}

// Deliver implements Receiver.
func (e *linkEndpoint) Deliver(pkts []*Packet) {
	d := e.dispatcher.Load()
	for _, p := range pkts {
		if d == nil {
			e.drops.deliver.Add(1)
		} else {
			p = e.timestamps.arriving(p)
			e.backlog.arriving(p, e.nic)
			e.pings.arriving(p)
			e.pieces.arriving(p, e.nic)
			e.deliver(d, p)
		}
		p.Release()
	}
}

// deliver hands one packet to gVisor, which parses it in place. A packet that
// somebody else holds too is therefore given a view list of its own.
func (e *linkEndpoint) deliver(d *linkDispatcher, p *Packet) {
	first := p.firstSegment()
	var proto tcpip.NetworkProtocolNumber
	switch header.IPVersion(first) {
	case header.IPv4Version:
		proto = ipv4.ProtocolNumber
	case header.IPv6Version:
		proto = ipv6.ProtocolNumber
	default:
		e.drops.version.Add(1)
		return
	}
	pb := p.buf
	if p.refs.Load() != 1 {
		pb = stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: p.buf.ToBuffer()})
		defer pb.DecRef()
	}
	if d.direct != nil && d.direct.Enabled() && !d.direct.Promiscuous() {
		if h, ok := e.direct.passes(first, pb.Size()); ok {
			e.direct.deliver(d.direct, pb, h)
			return
		}
	}
	d.DeliverNetworkPacket(proto, pb)
}

// LinkDown implements Receiver.
func (e *linkEndpoint) LinkDown(err error) {
	if err == nil {
		err = errors.New("netstack: link down without a cause")
	}
	e.down(err)
}

// Attach implements stack.LinkEndpoint.
func (e *linkEndpoint) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		e.dispatcher.Store(nil)
		return
	}
	direct, _ := d.(directNIC)
	e.dispatcher.Store(&linkDispatcher{d, direct})
}

// IsAttached implements stack.LinkEndpoint.
func (e *linkEndpoint) IsAttached() bool { return e.dispatcher.Load() != nil }

// MTU implements stack.LinkEndpoint.
func (e *linkEndpoint) MTU() uint32 { return e.mtu }

// SetMTU implements stack.LinkEndpoint. A Link's MTU does not change.
func (*linkEndpoint) SetMTU(uint32) {}

// Capabilities implements stack.LinkEndpoint.
func (e *linkEndpoint) Capabilities() stack.LinkEndpointCapabilities {
	var c stack.LinkEndpointCapabilities
	if e.offload.TxChecksum {
		c |= stack.CapabilityTXChecksumOffload
	}
	if e.offload.RxChecksum {
		c |= stack.CapabilityRXChecksumOffload
	}
	return c
}

// GSOMaxSize implements stack.GSOEndpoint.
func (e *linkEndpoint) GSOMaxSize() uint32 { return uint32(e.offload.SegmentBytesMax) }

// SupportedGSO implements stack.GSOEndpoint.
func (e *linkEndpoint) SupportedGSO() stack.SupportedGSO {
	if e.offload.SegmentBytesMax > int(e.mtu) {
		return stack.HostGSOSupported
	}
	return stack.GSONotSupported
}

// Wait implements stack.LinkEndpoint. The Link's Close waits for its
// goroutines.
func (*linkEndpoint) Wait() {}

// Close implements stack.LinkEndpoint. The stack closes its links itself,
// before gVisor holds a lock.
func (*linkEndpoint) Close() {}

// SetOnCloseAction implements stack.LinkEndpoint.
func (*linkEndpoint) SetOnCloseAction(func()) {}

// MaxHeaderLength implements stack.LinkEndpoint: there is no link header.
func (*linkEndpoint) MaxHeaderLength() uint16 { return 0 }

// LinkAddress implements stack.LinkEndpoint: point-to-point links have none.
func (*linkEndpoint) LinkAddress() tcpip.LinkAddress { return "" }

// SetLinkAddress implements stack.LinkEndpoint.
func (*linkEndpoint) SetLinkAddress(tcpip.LinkAddress) {}

// ARPHardwareType implements stack.LinkEndpoint.
func (*linkEndpoint) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareNone }

// AddHeader implements stack.LinkEndpoint.
func (*linkEndpoint) AddHeader(*stack.PacketBuffer) {}

// ParseHeader implements stack.LinkEndpoint.
func (*linkEndpoint) ParseHeader(*stack.PacketBuffer) bool { return true }
