package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// A TCP segment between two hosts takes the IP layer of gVisor a quarter of
// what the whole packet costs, to find that there is nothing to do. directGate
// tells which packets these are and hands them to the transport layer itself.
// All others take the way through the IP layer, so the gate may be narrower
// than need be, and never wider. What that layer does, and why it may be left
// out for a packet that passes the gate:
//
//   - The interface is up (nic.DeliverNetworkPacket): asked for each packet.
//     The IP endpoints go up and down with it.
//   - Packet sockets and raw sockets see a copy: there is none in this package.
//   - The header is well formed, its lengths are right, and bytes behind the
//     packet are cut off (parse.IPv4, parse.IPv6, IsValid): splitTCP, which wants
//     the exact length, no options, no extension headers and no fragment.
//   - The header's sum (IPv4): verified, where the link does not vouch for it.
//   - The length of the TCP header (parse.TCP): splitTCP. All else in it TCP
//     itself verifies, its checksum too.
//   - Loopback, IPv4-mapped, multicast and broadcast addresses, source or
//     destination, are dropped; 0.0.0.0 and :: as a source TCP refuses: ordinary.
//   - One of the interface's own addresses, or the broadcast address of one of
//     its networks, as a source is dropped: the table of addresses.
//   - The destination is an own address of this interface, and not a broadcast
//     address: the same table. It never changes: addresses are given in New, and
//     router advertisements, autoconfiguration and duplicate address detection
//     are off, as gVisor's own IPv6 has them unless told otherwise.
//   - Any address is accepted (a promiscuous interface): asked for each packet.
//     Nobody makes one so far. Forwarding concerns other destinations alone.
//   - iptables and nftables: there are none.
//   - TTL, hop limit, type of service and flow label are not looked at, neither
//     there nor by TCP.
//   - Six counters, for the interface and the stack: counted here.
//   - An ICMP error for a port that nobody listens on: not for TCP, which
//     answers by itself, and says so.
type directGate struct {
	id         tcpip.NICID
	trustsSums bool // the link vouches for checksums
	v4         map[[4]byte]addressUse
	v6         map[[16]byte]addressUse

	bytes          [2]*tcpip.StatCounter
	count4, count6 directCounters
}

// addressUse is what an address is to an interface; those that are not in its
// table are other hosts'.
type addressUse uint8

const (
	addressOwn addressUse = iota + 1
	addressBroadcast
)

// directCounters are the counters that a packet moves by one on its way from the
// link to the transport layer: received by the interface, received by IP, found
// valid, delivered; each of the interface and of the stack.
type directCounters [8]*tcpip.StatCounter

// directNIC is what the gate needs of gVisor's interface, which is the
// dispatcher that a link endpoint is attached to.
type directNIC interface {
	Enabled() bool
	Promiscuous() bool
	DeliverTransportPacket(tcpip.TransportProtocolNumber, *stack.PacketBuffer) stack.TransportPacketDisposition
}

// newDirectGate makes the gate of n, which has its addresses already.
func newDirectGate(gs *stack.Stack, n *nic) *directGate {
	all := gs.Stats()
	g := &directGate{
		id:         n.id,
		trustsSums: n.link.offload.RxChecksum,
		v4:         make(map[[4]byte]addressUse),
		v6:         make(map[[16]byte]addressUse),
		bytes:      [2]*tcpip.StatCounter{n.stats.Rx.Bytes, all.NICs.Rx.Bytes},
	}
	for family, counters := range map[tcpip.NetworkProtocolNumber]*directCounters{
		ipv4.ProtocolNumber: &g.count4,
		ipv6.ProtocolNumber: &g.count6,
	} {
		own := ipStatsOf(gs, n.id, family)
		if own == nil {
			return nil
		}
		*counters = directCounters{
			n.stats.Rx.Packets, all.NICs.Rx.Packets,
			own.PacketsReceived, all.IP.PacketsReceived,
			own.ValidPacketsReceived, all.IP.ValidPacketsReceived,
			own.PacketsDelivered, all.IP.PacketsDelivered,
		}
	}
	g.addAddresses(n)
	return g
}

// ipStatsOf are the counters that an interface keeps of a family, nil if it does
// not speak it.
func ipStatsOf(gs *stack.Stack, id tcpip.NICID, family tcpip.NetworkProtocolNumber) *tcpip.IPStats {
	ep, err := gs.GetNetworkEndpoint(id, family)
	if err != nil || ep == nil {
		return nil
	}
	if s, ok := ep.Stats().(stack.IPNetworkEndpointStats); ok {
		return s.IPStats()
	}
	return nil
}

// addAddresses fills the table. An address that is an own one and the broadcast
// address of another own one's network may be marked as either: as a source
// both are refused, and as a broadcast address it is left to the IP layer.
func (g *directGate) addAddresses(n *nic) {
	for _, p := range n.addresses {
		a := p.Addr()
		if a.Is6() {
			g.v6[a.As16()] = addressOwn
			continue
		}
		g.v4[a.As4()] = addressOwn
		if b, ok := broadcastOf(p); ok {
			g.v4[b.As4()] = addressBroadcast
		}
	}
}

// passes reports whether a packet of size bytes, which begins with b, is a TCP
// segment that the IP layer would deliver as it is. A nil gate is closed.
func (g *directGate) passes(b []byte, size int) (h tcpHeaders, ok bool) {
	if g == nil {
		return h, false
	}
	h, err := splitTCP(b, size)
	if err != nil {
		return h, false
	}
	if a := h.addresses(); h.ipv6 {
		src, dst := [16]byte(a[:16]), [16]byte(a[16:])
		return h, ordinary6(src) && ordinary6(dst) && g.v6[dst] == addressOwn && g.v6[src] == 0
	} else {
		src, dst := [4]byte(a[:4]), [4]byte(a[4:])
		return h, ordinary4(src) && ordinary4(dst) && g.v4[dst] == addressOwn && g.v4[src] == 0 &&
			(g.trustsSums || header.IPv4(h.ip).IsChecksumValid())
	}
}

// ordinary4 is true for no address of which IP, not TCP, has an opinion: 0.0.0.0/8,
// 127.0.0.0/8, and all from 224.0.0.0 on.
func ordinary4(a [4]byte) bool { return a[0] != 0 && a[0] != 127 && a[0] < 224 }

// ordinary6 is the same of IPv6: ::/8, where the unspecified, the loopback and
// the IPv4-mapped addresses are, and ff00::/8.
func ordinary6(a [16]byte) bool { return a[0] != 0 && a[0] != 0xff }

// deliver does what the IP layer would do with a packet that passes, whose
// headers are h. All of pb must be data.
func (g *directGate) deliver(d directNIC, pb *stack.PacketBuffer, h tcpHeaders) {
	g.bytes[0].IncrementBy(uint64(pb.Size()))
	g.bytes[1].IncrementBy(uint64(pb.Size()))
	counters := &g.count4
	pb.NetworkProtocolNumber = ipv4.ProtocolNumber
	if h.ipv6 {
		counters = &g.count6
		pb.NetworkProtocolNumber = ipv6.ProtocolNumber
	}
	for _, c := range counters {
		c.Increment()
	}
	pb.NetworkHeader().Consume(len(h.ip))
	pb.TransportHeader().Consume(len(h.tcp))
	pb.TransportProtocolNumber = tcp.ProtocolNumber
	pb.RXChecksumValidated = g.trustsSums
	pb.NICID, pb.InputNICID = g.id, g.id
	d.DeliverTransportPacket(tcp.ProtocolNumber, pb)
}
