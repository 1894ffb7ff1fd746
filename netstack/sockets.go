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
}

// Sockets returns all sockets of the stack, also those that belong to no
// application: half-open, waiting to be accepted, in TIME-WAIT. They are
// sorted by network, local address, local port, remote address, remote port.
// It takes each socket's lock for a moment.
func (s *Stack) Sockets() []SocketInfo {
	var infos []SocketInfo
	for ep := range s.endpoints() {
		if e, ok := ep.(*tcp.Endpoint); ok {
			infos = append(infos, tcpSocketInfo(e))
		} else if isUDP(ep) {
			infos = append(infos, udpSocketInfo(ep.(tcpip.Endpoint)))
		}
	}
	slices.SortFunc(infos, SocketInfo.compare)
	return infos
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
// addresses, and for a connection what TCP knows of it.
func (i SocketInfo) String() string {
	remote := "*"
	if i.Remote.IsValid() {
		remote = i.Remote.String()
	}
	line := fmt.Sprintf("%s %-11s %6d %-23s %-23s", i.Network, i.State, i.ReceiveQueueBytes, i.Local, remote)
	if t := i.TCP; t != nil {
		line += fmt.Sprintf(" rtt:%v/%v rto:%v cwnd:%d retrans:%d segs_out:%d segs_in:%d",
			t.RTT, t.RTTVar, t.RTO, t.CongestionWindow, t.Retransmits, i.PacketsOut, i.PacketsIn)
	}
	return strings.TrimRight(line, " ")
}
