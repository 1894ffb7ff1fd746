package netstack

import (
	"cmp"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// SocketInfo describes one socket at one moment.
type SocketInfo struct {
	Network string // "tcp" or "udp"

	// State is TCP's state; for UDP "UNCONN" or "CONNECTED".
	State string

	Local  netip.AddrPort // the unspecified address where bound to all
	Remote netip.AddrPort // not valid where there is none

	// ReceiveQueueBytes have been received and not yet read.
	ReceiveQueueBytes int
	// PacketsIn and PacketsOut count the socket's packets or segments.
	PacketsIn, PacketsOut uint64

	// TCP is nil for UDP and for listeners.
	TCP *TCPInfo

	// Listen is nil but for listeners in the application's hands.
	Listen *ListenInfo
}

// ListenInfo are the queues of a listener at one moment, and what they have
// cost.
type ListenInfo struct {
	Waiting    int // completed connections that wait for Accept
	WaitingMax int // at most: ListenOptions.Backlog + 1

	// HalfOpen are the handshakes in progress. When there are HalfOpenMax of
	// them, further SYNs are answered with SYN cookies, which take no place.
	HalfOpen, HalfOpenMax int

	SYNDrops uint64 // SYNs dropped because WaitingMax connections waited
	ACKDrops uint64 // final ACKs of handshakes dropped for the same reason
}

// Sockets returns all sockets of the stack, also those that belong to no
// application: half-open, waiting to be accepted, in TIME-WAIT. They are
// sorted by network, local address, local port, remote address, remote port.
// It takes each socket's lock for a moment.
func (s *Stack) Sockets() []SocketInfo {
	var infos []SocketInfo
	listeners := s.listeners()
	for ep := range s.endpoints() {
		if e, ok := ep.(*tcp.Endpoint); ok {
			i := tcpSocketInfo(e)
			if l := listeners[e]; l != nil {
				i.Listen = l.info(e)
			}
			infos = append(infos, i)
		} else if isUDP(ep) {
			infos = append(infos, udpSocketInfo(ep.(tcpip.Endpoint)))
		}
	}
	slices.SortFunc(infos, SocketInfo.compare)
	countHalfOpen(infos)
	return infos
}

// listeners are those in the application's hands, by their endpoints.
func (s *Stack) listeners() map[*tcp.Endpoint]*Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make(map[*tcp.Endpoint]*Listener)
	for k := range s.sockets {
		if l, ok := k.(*Listener); ok && l.claimed {
			if e, ok := l.h.ep.(*tcp.Endpoint); ok {
				found[e] = l
			}
		}
	}
	return found
}

// info is what is known of the listener's queues but for HalfOpen.
func (l *Listener) info(e *tcp.Endpoint) *ListenInfo {
	waiting, room := l.queue.length()
	i := &ListenInfo{Waiting: waiting, WaitingMax: room, HalfOpenMax: max(room-1, 0), ACKDrops: l.queue.ackDrops.Load()}
	if stats, ok := e.Stats().(*tcp.Stats); ok {
		i.SYNDrops = stats.ReceiveErrors.ListenOverflowSynDrop.Value()
		i.ACKDrops += stats.ReceiveErrors.ListenOverflowAckDrop.Value()
	}
	return i
}

// countHalfOpen finds for each half-open connection the listener that it will
// be handed to: the one on its own address, or else on all.
func countHalfOpen(infos []SocketInfo) {
	var listeners []SocketInfo
	for _, i := range infos {
		if i.Listen != nil {
			listeners = append(listeners, i)
		}
	}
	for _, half := range infos {
		if half.State != StateSynReceived.String() {
			continue
		}
		var best *ListenInfo
		for _, i := range listeners {
			if i.Local.Port() != half.Local.Port() {
				continue
			}
			if i.Local.Addr() == half.Local.Addr() || best == nil && covers(i.Local.Addr(), false, half.Local.Addr()) {
				best = i.Listen
			}
		}
		if best != nil {
			best.HalfOpen++
		}
	}
}

// endpoints yields gVisor's endpoints, each once: one that listens on both
// families is registered twice.
func (s *Stack) endpoints() iter.Seq[stack.TransportEndpoint] {
	return func(yield func(stack.TransportEndpoint) bool) {
		seen := make(map[stack.TransportEndpoint]bool)
		for _, list := range [][]stack.TransportEndpoint{s.gs.RegisteredEndpoints(), s.gs.CleanupEndpoints()} {
			for _, ep := range list {
				if !seen[ep] && !yield(ep) {
					return
				}
				seen[ep] = true
			}
		}
	}
}

func isUDP(ep stack.TransportEndpoint) bool {
	e, ok := ep.(tcpip.Endpoint)
	return ok && transportInfo(e).TransProto == udp.ProtocolNumber
}

// transportInfo is what gVisor knows of an endpoint's place in the network.
func transportInfo(e tcpip.Endpoint) stack.TransportEndpointInfo {
	if info, ok := e.Info().(*stack.TransportEndpointInfo); ok {
		return *info
	}
	return stack.TransportEndpointInfo{}
}

func tcpSocketInfo(e *tcp.Endpoint) SocketInfo {
	info := infoOf(e)
	i := SocketInfo{
		Network:           "tcp",
		State:             info.State.String(),
		ReceiveQueueBytes: info.ReceiveQueueBytes,
		PacketsIn:         info.SegmentsReceived,
		PacketsOut:        info.SegmentsSent,
	}
	i.setAddresses(transportInfo(e))
	if i.Remote.IsValid() {
		i.TCP = &info
	}
	return i
}

func udpSocketInfo(e tcpip.Endpoint) SocketInfo {
	i := SocketInfo{Network: "udp", State: "UNCONN"}
	i.setAddresses(transportInfo(e))
	if i.Remote.IsValid() {
		i.State = "CONNECTED"
	}
	i.ReceiveQueueBytes, _ = e.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	if st, ok := e.Stats().(*tcpip.TransportEndpointStats); ok {
		i.PacketsIn = st.PacketsReceived.Value()
		i.PacketsOut = st.PacketsSent.Value()
	}
	return i
}

func (i *SocketInfo) setAddresses(info stack.TransportEndpointInfo) {
	local, ok := netip.AddrFromSlice(info.ID.LocalAddress.AsSlice())
	switch {
	case ok:
	case info.NetProto == ipv4.ProtocolNumber:
		local = netip.IPv4Unspecified()
	default:
		local = netip.IPv6Unspecified()
	}
	i.Local = netip.AddrPortFrom(local, info.ID.LocalPort)
	if remote, ok := netip.AddrFromSlice(info.ID.RemoteAddress.AsSlice()); ok {
		i.Remote = netip.AddrPortFrom(remote, info.ID.RemotePort)
	}
}

func (i SocketInfo) compare(j SocketInfo) int {
	return cmp.Or(
		strings.Compare(i.Network, j.Network),
		i.Local.Compare(j.Local),
		i.Remote.Compare(j.Remote),
		strings.Compare(i.State, j.State),
	)
}

// String is one line in the manner of "ss -ti": network, state, receive queue,
// addresses, and for a connection what TCP knows of it. A listener shows in the
// receive queue's place how many connections wait, and then its limits.
func (i SocketInfo) String() string {
	remote := "*"
	if i.Remote.IsValid() {
		remote = i.Remote.String()
	}
	queue := i.ReceiveQueueBytes
	if i.Listen != nil {
		queue = i.Listen.Waiting
	}
	line := fmt.Sprintf("%s %-11s %6d %-23s %-23s", i.Network, i.State, queue, i.Local, remote)
	if t := i.TCP; t != nil {
		line += fmt.Sprintf(" rtt:%v/%v rto:%v cwnd:%d retrans:%d segs_out:%d segs_in:%d",
			t.RTT, t.RTTVar, t.RTO, t.CongestionWindow, t.Retransmits, i.PacketsOut, i.PacketsIn)
		line += t.remarks()
	}
	if l := i.Listen; l != nil {
		line += fmt.Sprintf(" waiting:%d/%d half-open:%d/%d syn-drops:%d",
			l.Waiting, l.WaitingMax, l.HalfOpen, l.HalfOpenMax, l.SYNDrops)
		if l.ACKDrops > 0 {
			line += fmt.Sprintf(" ack-drops:%d", l.ACKDrops)
		}
	}
	return strings.TrimRight(line, " ")
}

// remarks are what is worth a word only where it is so.
func (t *TCPInfo) remarks() string {
	line := ""
	if t.Recovering {
		line += " recovering"
	}
	for _, r := range []struct {
		name  string
		count uint64
	}{{"fast_retrans", t.FastRetransmits}, {"timeouts", t.RetransmitTimeouts}, {"zero_windows", t.ZeroWindowsSent}} {
		if r.count > 0 {
			line += fmt.Sprintf(" %s:%d", r.name, r.count)
		}
	}
	return line
}
