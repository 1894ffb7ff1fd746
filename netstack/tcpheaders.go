package netstack

import (
	"encoding/binary"
	"net/netip"
)

const (
	ipv4HeadBytes = 20 // without options
	ipv6HeadBytes = 40 // without extensions
	tcpHeadMin    = 20
	tcpHeadMax    = 60

	// tcpHeadersMax is the most that comes before a segment's payload: IPv6
	// and a TCP header full of options.
	tcpHeadersMax = ipv6HeadBytes + tcpHeadMax

	// superPacketMax is the longest packet of several TCP segments, whatever the
	// link's MTU: the most that an IPv4 length field can say.
	superPacketMax = 65535

	protocolTCP = 6
	protocolUDP = 17

	udpChecksumAt = 6
)

// Offsets into a TCP header (RFC 9293, section 3.1), and its flags.
const (
	tcpSeqAt      = 4
	tcpAckAt      = 8
	tcpOffsetAt   = 12
	tcpFlagsAt    = 13
	tcpWindowAt   = 14
	tcpChecksumAt = 16
	tcpUrgentAt   = 18

	tcpFIN = 1 << 0
	tcpSYN = 1 << 1
	tcpRST = 1 << 2
	tcpPSH = 1 << 3
	tcpACK = 1 << 4
	tcpURG = 1 << 5
	tcpCWR = 1 << 7
)

// Offsets into IP headers.
const (
	ipv4TOSAt      = 1
	ipv4TotalAt    = 2
	ipv4IDAt       = 4
	ipv4FragmentAt = 6
	ipv4TTLAt      = 8
	ipv4ProtocolAt = 9
	ipv4ChecksumAt = 10
	ipv4SourceAt   = 12
	ipv6PayloadAt  = 4
	ipv6NextAt     = 6
	ipv6HopLimitAt = 7
	ipv6SourceAt   = 8

	ipv4DontFragment = 0x4000
	ipv4FragmentBits = 0x3fff // more fragments, or an offset
)

// packetFault says why a packet cannot be cut, joined or summed. It is an error
// that costs no allocation, because a bad packet is as frequent as its sender
// likes.
type packetFault string

func (f packetFault) Error() string { return "netstack: " + string(f) }

const (
	faultShort      packetFault = "packet is shorter than its headers"
	faultVersion    packetFault = "packet is neither IPv4 nor IPv6"
	faultOptions    packetFault = "IPv4 header has options"
	faultFragment   packetFault = "packet is a fragment"
	faultProtocol   packetFault = "packet is not TCP behind a plain IP header"
	faultLength     packetFault = "IP length field differs from the packet's length"
	faultDataOffset packetFault = "TCP data offset is below 20 bytes or beyond the packet"
)

// tcpHeaders are the headers of a TCP segment behind an IPv4 header without
// options or an IPv6 header without extensions. The slices are borrowed from
// the packet.
type tcpHeaders struct {
	ipv6 bool
	ip   []byte
	tcp  []byte // with its options
}

// bytes is how many bytes come before the payload.
func (h *tcpHeaders) bytes() int { return len(h.ip) + len(h.tcp) }

// addresses are the source and the destination, one behind the other.
func (h *tcpHeaders) addresses() []byte {
	if h.ipv6 {
		return h.ip[ipv6SourceAt:ipv6HeadBytes]
	}
	return h.ip[ipv4SourceAt:ipv4HeadBytes]
}

func (h *tcpHeaders) source() netip.Addr      { return h.address(0) }
func (h *tcpHeaders) destination() netip.Addr { return h.address(1) }

// address is the i-th of the addresses.
func (h *tcpHeaders) address(i int) netip.Addr {
	both := h.addresses()
	size := len(both) / 2
	a, _ := netip.AddrFromSlice(both[i*size : (i+1)*size])
	return a
}

// splitTCP reads the headers of a packet of size bytes from its first bytes b,
// and checks every length in them.
func splitTCP(b []byte, size int) (h tcpHeaders, err error) {
	if len(b) < ipv4HeadBytes+tcpHeadMin {
		return h, faultShort
	}
	n := ipv4HeadBytes
	switch b[0] >> 4 {
	case 4:
		err = checkPlainIPv4(b, size)
	case 6:
		h.ipv6, n = true, ipv6HeadBytes
		err = checkPlainIPv6(b, size)
	default:
		err = faultVersion
	}
	if err != nil {
		return h, err
	}
	if len(b) < n+tcpHeadMin {
		return h, faultShort
	}
	offset := int(b[n+tcpOffsetAt]>>4) * 4
	if offset < tcpHeadMin || n+offset > size {
		return h, faultDataOffset
	}
	if n+offset > len(b) {
		return h, faultShort
	}
	h.ip, h.tcp = b[:n:n], b[n:n+offset:n+offset]
	return h, nil
}

func checkPlainIPv4(b []byte, size int) error {
	switch {
	case b[0] != 0x45:
		return faultOptions
	case b[ipv4ProtocolAt] != protocolTCP:
		return faultProtocol
	case binary.BigEndian.Uint16(b[ipv4FragmentAt:])&ipv4FragmentBits != 0:
		return faultFragment
	case int(binary.BigEndian.Uint16(b[ipv4TotalAt:])) != size:
		return faultLength
	}
	return nil
}

func checkPlainIPv6(b []byte, size int) error {
	switch {
	case b[ipv6NextAt] != protocolTCP:
		return faultProtocol
	case ipv6HeadBytes+int(binary.BigEndian.Uint16(b[ipv6PayloadAt:])) != size:
		return faultLength
	}
	return nil
}
