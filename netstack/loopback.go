package netstack

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// loopbackEndpoint is gVisor's loopback, which also carries what the stack
// sends to its own addresses on other interfaces. There these addresses count
// as temporary ones, for which gVisor answers no IPv4 echo requests, so the
// loopback answers them itself.
type loopbackEndpoint struct {
	stack.LinkEndpoint
	own   map[tcpip.Address]bool // the IPv4 addresses of the other interfaces
	later *loopbackQueue         // nil: packets are delivered at once
}

// newLoopback returns the loopback of a stack. What it carries goes through
// later if that is not nil.
func newLoopback(interfaces []Interface, later *loopbackQueue) stack.LinkEndpoint {
	own := make(map[tcpip.Address]bool)
	for _, i := range interfaces {
		for _, p := range i.Addresses {
			if p.Addr().Is4() {
				own[tcpip.AddrFrom4(p.Addr().As4())] = true
			}
		}
	}
	e := loopbackEndpoint{loopback.New(), own, later}
	if later != nil {
		later.deliver = func(list stack.PacketBufferList) { _, _ = e.LinkEndpoint.WritePackets(list) } // has no error
	}
	return e
}

// WritePackets turns outgoing packets into incoming ones.
func (e loopbackEndpoint) WritePackets(list stack.PacketBufferList) (int, tcpip.Error) {
	n, err := e.loop(list)
	for _, pb := range list.AsSlice() {
		reply := e.echoReply(pb)
		if reply == nil {
			continue
		}
		var one stack.PacketBufferList
		one.PushBack(reply)
		if _, replyErr := e.loop(one); err == nil {
			err = replyErr
		}
		reply.DecRef()
	}
	return n, err
}

// loop delivers packets now or later.
func (e loopbackEndpoint) loop(list stack.PacketBufferList) (int, tcpip.Error) {
	if e.later == nil {
		return e.LinkEndpoint.WritePackets(list)
	}
	for _, pb := range list.AsSlice() {
		e.later.put(pb)
	}
	return list.Len(), nil
}

// echoReply is the answer to pb if that is an IPv4 echo request (RFC 792) which
// gVisor will not answer, else nil.
func (e loopbackEndpoint) echoReply(pb *stack.PacketBuffer) *stack.PacketBuffer {
	if pb.NetworkProtocolNumber != ipv4.ProtocolNumber {
		return nil
	}
	ip := header.IPv4(pb.NetworkHeader().Slice())
	if ip.TransportProtocol() != header.ICMPv4ProtocolNumber || !e.own[ip.DestinationAddress()] {
		return nil
	}
	view := buffer.NewViewSize(pb.Size())
	copyHeaders(view.AsSlice(), pb)
	ip = header.IPv4(view.AsSlice())
	icmp := header.ICMPv4(ip.Payload())
	if ip.More() || ip.FragmentOffset() != 0 || len(icmp) < header.ICMPv4MinimumSize || icmp.Type() != header.ICMPv4Echo {
		view.Release()
		return nil
	}
	from := ip.SourceAddress()
	ip.SetSourceAddress(ip.DestinationAddress()) // the header's checksum stays the same
	ip.SetDestinationAddress(from)
	icmp.SetType(header.ICMPv4EchoReply)
	icmp.SetChecksum(0)
	icmp.SetChecksum(^checksum.Checksum(icmp, 0))
	reply := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithView(view)})
	reply.NetworkProtocolNumber = ipv4.ProtocolNumber
	return reply
}
