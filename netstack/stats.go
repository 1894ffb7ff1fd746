package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// Stats are the counters of a stack since its birth, and the sockets that it
// has now. They may be read after Close too.
type Stats struct {
	// PacketsIn, BytesIn, PacketsOut and BytesOut are the sums over the
	// interfaces that have a link; the loopback is not among them. Bytes
	// are those of IP packets. A packet that TCP left to the link to segment
	// counts once.
	PacketsIn, BytesIn   uint64
	PacketsOut, BytesOut uint64

	Interfaces []InterfaceStats // the loopback first, then as in Config
	Drops      DropStats
	TCP        TCPStats
	UDP        UDPStats
	ICMP       ICMPStats
	Reassembly ReassemblyStats
	Sockets    SocketStats
}

// InterfaceStats are the counters of one interface.
type InterfaceStats struct {
	Name                 string
	PacketsIn, BytesIn   uint64
	PacketsOut, BytesOut uint64 // what the link did not take included
	LinkDrops            uint64 // packets that the link did not take, because its queue was full or it was dead
	Offload              OffloadStats
}

// DropStats count packets that came to nothing, by reason.
type DropStats struct {
	Link               uint64 // not taken by a link: the sum of InterfaceStats.LinkDrops
	Early              uint64 // delivered by a link before or after the stack's life
	NotIP              uint64 // received, and neither IPv4 nor IPv6
	Malformed          uint64 // received with a bad IP header
	MalformedFragments uint64 // received fragments that do not fit together
	WrongDestination   uint64 // received for an address that is not the stack's
	WrongSource        uint64 // received from an impossible address
	UnknownTransport   uint64 // received for a protocol that is not spoken
	MalformedTransport uint64 // received with a bad TCP, UDP or ICMP header
	Checksum           uint64 // received with a bad TCP or UDP checksum
	Outgoing           uint64 // could not be sent: no route, too big
	ICMPRateLimited    uint64 // ICMP errors not sent, to keep their rate (see package comment)
}

// TCPStats count what TCP has seen.
type TCPStats struct {
	SegmentsIn, SegmentsOut         uint64
	ActiveOpens                     uint64 // dials that sent a SYN (RFC 4022, tcpActiveOpens)
	PassiveOpens                    uint64 // connections that listeners have established
	DialTimeouts                    uint64 // dials given up because no SYN was answered
	DialsRefused                    uint64 // dials answered with a reset
	Retransmits                     uint64 // segments sent again, for whatever reason
	FastRetransmits                 uint64 // of these, by duplicate acknowledgements or SACK
	Timeouts                        uint64 // retransmission timeouts
	FastRecoveries                  uint64 // losses repaired without a timeout
	SpuriousRecoveries              uint64 // losses that were none, found out by timestamps or DSACK
	ResetsIn, ResetsOut             uint64
	TimedOut                        uint64 // established connections given up: by retries, user timeout, keepalive, or probes of a zero window
	FinWait2Timeouts                uint64 // connections closed here that never saw the peer's FIN (TCPConfig.FinWait2)
	BacklogSYNDrops                 uint64 // SYNs dropped because a listener's backlog was full
	BacklogACKDrops                 uint64 // final ACKs of handshakes dropped because a backlog was full
	CookiesSent, CookiesAccepted    uint64 // SYN cookies
	CookiesRejected                 uint64
	PortsExhausted                  uint64 // dials, listens and binds that found no free port
	PortsInUse                      uint64 // those that wanted a port, or a pair of addresses, which is taken
	InvalidSegments, ChecksumErrors uint64
}

// UDPStats count what UDP has seen.
type UDPStats struct {
	PacketsIn, PacketsOut uint64
	NoPort                uint64 // received for a port that nobody listens on
	BufferFull            uint64 // dropped because the socket's buffer was full
	Malformed, Checksum   uint64
	SendErrors            uint64
	PortsExhausted        uint64 // sockets that found no free port
	PortsInUse            uint64 // those that wanted a port which is taken
}

// ICMPStats count what ICMP has seen, both versions together.
type ICMPStats struct {
	EchoRequestsIn, EchoRepliesIn   uint64
	EchoRequestsOut, EchoRepliesOut uint64
	UnreachableIn, UnreachableOut   uint64
}

// SocketStats count the sockets that exist now.
type SocketStats struct {
	Open    int            // in the application's hands
	Refused uint64         // socket calls that met Config.SocketsMax, since the stack's birth
	UDP     int            // bound or connected
	TCP     map[string]int // by state, in the words of RFC 9293: "LISTEN", "ESTABLISHED", "TIME-WAIT"
}

// Stats returns the counters. Each is exact; together they are not a snapshot
// of one moment.
func (s *Stack) Stats() Stats {
	t := s.gs.Stats()
	st := Stats{
		Reassembly: s.pieces.stats(),
		Drops:      s.dropStats(t),
		TCP:        tcpStats(t.TCP),
		UDP:        udpStats(t.UDP),
		ICMP:       icmpStats(t.ICMP),
		Sockets:    s.socketStats(),
	}
	st.TCP.BacklogACKDrops += s.backlog.ackDrops.Load()
	st.TCP.DialTimeouts, st.TCP.DialsRefused = s.dialTimeouts.Load(), s.dialsRefused.Load()
	st.TCP.FinWait2Timeouts = s.finWait2Timeouts.Load()
	st.TCP.PortsExhausted, st.TCP.PortsInUse = s.ports.tcp.load()
	st.UDP.PortsExhausted, st.UDP.PortsInUse = s.ports.udp.load()
	for _, n := range s.nics {
		i := n.interfaceStats()
		st.Interfaces = append(st.Interfaces, i)
		if n.link == nil {
			continue
		}
		st.PacketsIn += i.PacketsIn
		st.BytesIn += i.BytesIn
		st.PacketsOut += i.PacketsOut
		st.BytesOut += i.BytesOut
		st.Drops.Link += i.LinkDrops
		st.Drops.Early += n.link.drops.deliver.Load()
		st.Drops.NotIP += n.link.drops.version.Load()
		st.addChecksums(i.Offload)
	}
	return st
}

// addChecksums counts what a link has dropped in the stack's place.
func (st *Stats) addChecksums(o OffloadStats) {
	st.Drops.Malformed += o.ChecksumsIP
	st.Drops.Checksum += o.ChecksumsTCP + o.ChecksumsUDP
	st.TCP.ChecksumErrors += o.ChecksumsTCP
	st.UDP.Checksum += o.ChecksumsUDP
}

func (n *nic) interfaceStats() InterfaceStats {
	i := InterfaceStats{
		Name:       n.name,
		PacketsIn:  n.stats.Rx.Packets.Value(),
		BytesIn:    n.stats.Rx.Bytes.Value(),
		PacketsOut: n.stats.Tx.Packets.Value(),
		BytesOut:   n.stats.Tx.Bytes.Value(),
	}
	if n.link != nil {
		i.LinkDrops = n.link.drops.send.Load()
		if c, ok := n.link.link.(OffloadCounter); ok {
			i.Offload = c.OffloadStats()
		}
	}
	return i
}

func (s *Stack) dropStats(t tcpip.Stats) DropStats {
	d := DropStats{
		Malformed:          t.IP.MalformedPacketsReceived.Value(),
		MalformedFragments: t.IP.MalformedFragmentsReceived.Value(),
		WrongDestination:   t.IP.InvalidDestinationAddressesReceived.Value(),
		WrongSource:        t.IP.InvalidSourceAddressesReceived.Value(),
		MalformedTransport: t.TCP.InvalidSegmentsReceived.Value() + t.UDP.MalformedPacketsReceived.Value() + t.ICMP.V4.PacketsReceived.Invalid.Value() + t.ICMP.V6.PacketsReceived.Invalid.Value(),
		Checksum:           t.TCP.ChecksumErrors.Value() + t.UDP.ChecksumErrors.Value(),
		Outgoing:           t.IP.OutgoingPacketErrors.Value(),
		ICMPRateLimited:    t.ICMP.V4.PacketsSent.RateLimited.Value() + t.ICMP.V6.PacketsSent.RateLimited.Value(),
	}
	for _, n := range s.nics {
		for _, k := range n.stats.UnknownL4ProtocolRcvdPacketCounts.Keys() {
			if c, ok := n.stats.UnknownL4ProtocolRcvdPacketCounts.Get(k); ok {
				d.UnknownTransport += c.Value()
			}
		}
		d.MalformedTransport += n.stats.MalformedL4RcvdPackets.Value()
	}
	return d
}

func tcpStats(t tcpip.TCPStats) TCPStats {
	return TCPStats{
		SegmentsIn:         t.ValidSegmentsReceived.Value(),
		SegmentsOut:        t.SegmentsSent.Value(),
		ActiveOpens:        t.ActiveConnectionOpenings.Value(),
		PassiveOpens:       t.PassiveConnectionOpenings.Value(),
		Retransmits:        t.Retransmits.Value(),
		FastRetransmits:    t.FastRetransmit.Value(),
		Timeouts:           t.Timeouts.Value(),
		FastRecoveries:     t.FastRecovery.Value() + t.SACKRecovery.Value() + t.TLPRecovery.Value(),
		SpuriousRecoveries: t.SpuriousRecovery.Value(),
		ResetsIn:           t.ResetsReceived.Value(),
		ResetsOut:          t.ResetsSent.Value(),
		TimedOut:           t.EstablishedTimedout.Value(),
		BacklogSYNDrops:    t.ListenOverflowSynDrop.Value(),
		BacklogACKDrops:    t.ListenOverflowAckDrop.Value(),
		CookiesSent:        t.ListenOverflowSynCookieSent.Value(),
		CookiesAccepted:    t.ListenOverflowSynCookieRcvd.Value(),
		CookiesRejected:    t.ListenOverflowInvalidSynCookieRcvd.Value(),
		InvalidSegments:    t.InvalidSegmentsReceived.Value(),
		ChecksumErrors:     t.ChecksumErrors.Value(),
	}
}

func udpStats(u tcpip.UDPStats) UDPStats {
	return UDPStats{
		PacketsIn:  u.PacketsReceived.Value(),
		PacketsOut: u.PacketsSent.Value(),
		NoPort:     u.UnknownPortErrors.Value(),
		BufferFull: u.ReceiveBufferErrors.Value(),
		Malformed:  u.MalformedPacketsReceived.Value(),
		Checksum:   u.ChecksumErrors.Value(),
		SendErrors: u.PacketSendErrors.Value(),
	}
}

func icmpStats(c tcpip.ICMPStats) ICMPStats {
	return ICMPStats{
		EchoRequestsIn:  c.V4.PacketsReceived.EchoRequest.Value() + c.V6.PacketsReceived.EchoRequest.Value(),
		EchoRepliesIn:   c.V4.PacketsReceived.EchoReply.Value() + c.V6.PacketsReceived.EchoReply.Value(),
		EchoRequestsOut: c.V4.PacketsSent.EchoRequest.Value() + c.V6.PacketsSent.EchoRequest.Value(),
		EchoRepliesOut:  c.V4.PacketsSent.EchoReply.Value() + c.V6.PacketsSent.EchoReply.Value(),
		UnreachableIn:   c.V4.PacketsReceived.DstUnreachable.Value() + c.V6.PacketsReceived.DstUnreachable.Value(),
		UnreachableOut:  c.V4.PacketsSent.DstUnreachable.Value() + c.V6.PacketsSent.DstUnreachable.Value(),
	}
}

func (s *Stack) socketStats() SocketStats {
	st := SocketStats{TCP: make(map[string]int), Refused: s.limit.refused.Load()}
	s.mu.Lock()
	st.Open = len(s.sockets)
	s.mu.Unlock()
	for ep := range s.endpoints() {
		switch e := ep.(type) {
		case *tcp.Endpoint:
			st.TCP[stateOf(e.EndpointState()).String()]++
		default:
			if isUDP(ep) {
				st.UDP++
			}
		}
	}
	return st
}
