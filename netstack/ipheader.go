package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
)

// ipHeader is what of an IP header those want to know who look at packets before
// gVisor does.
type ipHeader struct {
	network   tcpip.NetworkProtocolNumber
	transport tcpip.TransportProtocolNumber
	src, dst  tcpip.Address
}

// splitIP reads an IPv4 header of any length or an IPv6 header without
// extensions; payload is what comes after it, as far as b goes. ok is false for
// anything else, and for all fragments but the first.
func splitIP(b []byte) (h ipHeader, payload []byte, ok bool) {
	switch header.IPVersion(b) {
	case header.IPv4Version:
		if len(b) < header.IPv4MinimumSize {
			return h, nil, false
		}
		ip := header.IPv4(b)
		n := int(ip.HeaderLength())
		if n < header.IPv4MinimumSize || n > len(b) || ip.FragmentOffset() != 0 {
			return h, nil, false
		}
		return ipHeader{ipv4.ProtocolNumber, ip.TransportProtocol(), ip.SourceAddress(), ip.DestinationAddress()}, b[n:], true
	case header.IPv6Version:
		if len(b) < header.IPv6MinimumSize {
			return h, nil, false
		}
		ip := header.IPv6(b)
		return ipHeader{ipv6.ProtocolNumber, tcpip.TransportProtocolNumber(ip.NextHeader()), ip.SourceAddress(), ip.DestinationAddress()}, b[header.IPv6MinimumSize:], true
	}
	return h, nil, false
}
