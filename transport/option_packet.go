package transport

import (
	"fmt"

	"github.com/seed-731cb71d/warren/transport/internal/framing"
)

// PacketType is the framing of a connection: what Receive and Data messages
// take for one packet. PacketRaw, 1, 2 and 4 are also gen_tcp's numbers, so
// Packet(4) reads as it does there.
type PacketType uint8

// The packet types. The numbers beyond 4 carry no meaning.
const (
	PacketRaw   = PacketType(framing.Raw)   // the byte stream
	Packet1     = PacketType(framing.Len1)  // one length byte, then the body
	Packet2     = PacketType(framing.Len2)  // two length bytes, big endian
	Packet4     = PacketType(framing.Len4)  // four length bytes, big endian
	PacketLine  = PacketType(framing.Line)  // up to and with the delimiter
	PacketASN1  = PacketType(framing.ASN1)  // one BER element, header kept
	PacketSunRM = PacketType(framing.SunRM) // ONC RPC record, RFC 5531 section 11
	PacketCDR   = PacketType(framing.CDR)   // one GIOP message, header kept
	PacketFCGI  = PacketType(framing.FCGI)  // FastCGI record, padding removed
	PacketTPKT  = PacketType(framing.TPKT)  // RFC 1006 section 6, header kept
)

// packetNames are gen_tcp's words for the types that are not numbers.
var packetNames = map[PacketType]Atom{
	PacketRaw:   "raw",
	PacketLine:  "line",
	PacketASN1:  "asn1",
	PacketSunRM: "sunrm",
	PacketCDR:   "cdr",
	PacketFCGI:  "fcgi",
	PacketTPKT:  "tpkt",
}

// packetsNotSupported are gen_tcp's further packet types. Setting one fails:
// delivering their packets as something else would mislead the program.
var packetsNotSupported = map[Atom]bool{
	"http": true, "http_bin": true, "httph": true, "httph_bin": true, "ssl_tls": true,
}

// String returns gen_tcp's word: "raw", "1", "line".
func (t PacketType) String() string {
	if name, ok := packetNames[t]; ok {
		return string(name)
	}
	return fmt.Sprint(uint8(t))
}

// valid reports whether t is one of the constants.
func (t PacketType) valid() bool {
	_, named := packetNames[t]
	return named || t == Packet1 || t == Packet2 || t == Packet4
}

// asPacket takes a PacketType, a number or a symbol for a packet type.
func asPacket(v any) (PacketType, bool) {
	switch v := v.(type) {
	case PacketType:
		return v, v.valid()
	case Atom:
		for t, name := range packetNames {
			if name == v {
				return t, true
			}
		}
		return 0, false
	}
	n, ok := asInt(v)
	if !ok || n < 0 || n > 4 {
		return 0, false
	}
	t := PacketType(n)
	return t, t.valid()
}
