package sim

import "github.com/seed-731cb71d/warren/netstack"

// counterRows say of each counter what it counts and where it is read.
var counterRows = [countersEnd]counterRow{
	ListenOverflowSYNDrops: {
		name: "listen-overflow-syn-drops", doc: "SYNs dropped because a listener's accept queue was full",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.BacklogSYNDrops },
	},
	ListenOverflowACKDrops: {
		name: "listen-overflow-ack-drops", doc: "final ACKs of handshakes dropped because a listener's accept queue was full",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.BacklogACKDrops },
	},
	AcceptQueue: {
		name: "accept-queue", now: true, doc: "completed connections that wait for Accept, at all listeners",
		sockets: func(list []netstack.SocketInfo) uint64 {
			n := 0
			for _, i := range list {
				if i.Listen != nil {
					n += i.Listen.Waiting
				}
			}
			return uint64(n)
		},
	},
	SYNQueue: {
		name: "syn-queue", now: true, doc: "half-open connections, in the state SYN-RECEIVED",
		stats: inState("SYN-RECEIVED"),
	},
	SYNCookiesSent: {
		name: "syn-cookies-sent", doc: "SYNs answered with a cookie because a listener's SYN queue was full",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.CookiesSent },
	},
	SYNCookiesAccepted: {
		name: "syn-cookies-accepted", doc: "connections made by an ACK that brought back a good cookie",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.CookiesAccepted },
	},
	SYNCookiesRejected: {
		name: "syn-cookies-rejected", doc: "ACKs to a listener that brought back no good cookie",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.CookiesRejected },
	},
	PortsExhausted: {
		name: "ports-exhausted", doc: "dials, listens and binds of TCP and UDP that found no free port",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.PortsExhausted + s.UDP.PortsExhausted },
	},
	PortsInUse: {
		name: "ports-in-use", doc: "dials, listens and binds of TCP and UDP that wanted a port which is taken",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.PortsInUse + s.UDP.PortsInUse },
	},
	SocketsOpen: {
		name: "sockets-open", now: true, doc: "sockets in the application's hands, of all kinds",
		stats: func(s *netstack.Stats) uint64 { return uint64(s.Sockets.Open) },
	},
	SocketsRefused: {
		name: "sockets-refused", doc: "socket calls that met the limit HostConfig.SocketsMax",
		stats: func(s *netstack.Stats) uint64 { return s.Sockets.Refused },
	},
	SocketsTimeWait: {
		name: "sockets-time-wait", now: true, doc: "connections in the state TIME-WAIT",
		stats: inState("TIME-WAIT"),
	},
	SocketsSYNSent: {
		name: "sockets-syn-sent", now: true, doc: "dials that wait for the answer to their SYN",
		stats: inState("SYN-SENT"),
	},
	DialTimeouts: {
		name: "dial-timeouts", doc: "dials given up because no SYN was answered",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.DialTimeouts },
	},
	DialsRefused: {
		name: "dials-refused", doc: "dials answered with a reset",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.DialsRefused },
	},
	TimedOut: {
		name: "timed-out", doc: "established connections given up: by retries, user timeout, keep-alive, or probes of a zero window",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.TimedOut },
	},
	FinWait2Timeouts: {
		name: "fin-wait-2-timeouts", doc: "connections closed here that never saw the peer's FIN",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.FinWait2Timeouts },
	},
	ResetsSent: {
		name: "resets-sent", doc: "segments with RST sent",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.ResetsOut },
	},
	ResetsReceived: {
		name: "resets-received", doc: "segments with RST received",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.ResetsIn },
	},
	RetransmissionTimeouts: {
		name: "retransmission-timeouts", doc: "times that the retransmission timer (RFC 6298) has expired, probes of a zero window included",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.Timeouts },
	},
	Retransmits: {
		name: "retransmits", doc: "segments sent again, for whatever reason",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.Retransmits },
	},
	FastRetransmits: {
		name: "fast-retransmits", doc: "segments sent again in fast recovery, without waiting for the timer",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.FastRetransmits },
	},
	FastRecoveries: {
		name: "fast-recoveries", doc: "losses repaired without waiting for the timer",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.FastRecoveries },
	},
	SpuriousRecoveries: {
		name: "spurious-recoveries", doc: "losses that were none, found out by timestamps or DSACK",
		stats: func(s *netstack.Stats) uint64 { return s.TCP.SpuriousRecoveries },
	},
	ReassemblyBytes: {
		name: "reassembly-bytes", now: true, doc: "memory of fragments that wait for the rest of their datagrams",
		stats: func(s *netstack.Stats) uint64 { return uint64(s.Reassembly.WaitingBytes) },
	},
	ReassemblyOverflows: {
		name: "reassembly-overflows", doc: "datagrams given up because fragments took more than 4 MiB of a family",
		stats: func(s *netstack.Stats) uint64 { return s.Reassembly.Overflowed },
	},
	ReassemblyTimeouts: {
		name: "reassembly-timeouts", doc: "datagrams of which fragments were missing for 30 s (IPv4) or 60 s (IPv6)",
		stats: func(s *netstack.Stats) uint64 { return s.Reassembly.TimedOut },
	},
	ReceiveOverflowDrops: {
		name: "receive-overflow-drops", doc: "datagrams dropped because a UDP socket's buffer was full",
		stats: func(s *netstack.Stats) uint64 { return s.UDP.BufferFull },
	},
	LinkDrops: {
		name: "link-drops", doc: "packets that an interface did not take",
		stats: func(s *netstack.Stats) uint64 { return s.Drops.Link },
	},
	KeepAliveProbes: {
		name: "keep-alive-probes", doc: "probes sent on idle connections, seen in the trace since the world began",
		packets: func(p Packets) uint64 {
			return uint64(p.Where(Probe, func(p *Packet) bool { return len(p.Payload) == 0 }).Len())
		},
	},
	ZeroWindowProbes: {
		name: "zero-window-probes", doc: "probes of a peer's zero window sent, seen in the trace since the world began",
		packets: func(p Packets) uint64 {
			return uint64(p.Where(Probe, func(p *Packet) bool { return len(p.Payload) > 0 }).Len())
		},
	},
	ZeroWindows: {
		name: "zero-windows", doc: "segments sent that close the window, seen in the trace since the world began",
		packets: func(p Packets) uint64 { return uint64(p.Where(ZeroWindow).Len()) },
	},
}

// inState counts the TCP sockets in a state.
func inState(state string) func(s *netstack.Stats) uint64 {
	return func(s *netstack.Stats) uint64 { return uint64(s.Sockets.TCP[state]) }
}
