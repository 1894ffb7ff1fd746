package fq

import (
	"encoding/binary"
	"math/bits"

	"github.com/seed-731cb71d/warren/netstack"
)

const (
	ipv4HeaderMin = 20
	ipv6Header    = 40

	// headersMax is how far into a packet ports are looked for: an IPv4
	// header with all its options is 60 bytes, an IPv6 packet seldom has
	// more than one extension header.
	headersMax = 128
)

// Protocol numbers (IANA, "Protocol Numbers"), of which the transports have
// their ports in the first four bytes.
const (
	protoTCP     = 6
	protoUDP     = 17
	protoDCCP    = 33
	protoSCTP    = 132
	protoUDPLite = 136

	protoHopByHop    = 0
	protoRouting     = 43
	protoFragment    = 44
	protoDestination = 60
)

// flowKey is what the packets of one flow have in common. IPv4 addresses fill
// the first half of their place.
type flowKey struct {
	src, dst [2]uint64
	proto    uint8
	ports    uint32 // 0 for fragments and for protocols without ports
}

// classifier sorts packets into queues. It is read-only and may be used
// concurrently.
type classifier struct {
	key    [2]uint64
	queues uint64
}

// queue is the index of the packet's queue.
func (c *classifier) queue(p *netstack.Packet) int32 {
	var b [headersMax]byte
	k := keyOf(b[:p.CopyTo(b[:])])
	return c.queueOf(k)
}

// queueOf maps a key onto the queues, with the hash's high bits.
func (c *classifier) queueOf(k flowKey) int32 {
	const messageBytes = 37 // two addresses, protocol, ports
	words := [...]uint64{k.src[0], k.src[1], k.dst[0], k.dst[1],
		uint64(k.proto) | uint64(k.ports)<<8 | messageBytes<<56}
	index, _ := bits.Mul64(sipHash(c.key, words[:]), c.queues)
	return int32(index)
}

// keyOf reads the start of a packet, which may hold anything. What is not IP
// is one flow.
func keyOf(b []byte) flowKey {
	if len(b) == 0 {
		return flowKey{}
	}
	switch b[0] >> 4 {
	case 4:
		return keyOfIPv4(b)
	case 6:
		return keyOfIPv6(b)
	}
	return flowKey{}
}

func keyOfIPv4(b []byte) flowKey {
	header := int(b[0]&0x0f) * 4
	if len(b) < ipv4HeaderMin || header < ipv4HeaderMin {
		return flowKey{}
	}
	k := flowKey{proto: b[9]}
	k.src[0] = uint64(binary.BigEndian.Uint32(b[12:]))
	k.dst[0] = uint64(binary.BigEndian.Uint32(b[16:]))
	const moreFragmentsOrOffset = 0x3fff
	if binary.BigEndian.Uint16(b[6:])&moreFragmentsOrOffset == 0 {
		k.ports = portsAt(b, header, k.proto)
	}
	return k
}

func keyOfIPv6(b []byte) flowKey {
	if len(b) < ipv6Header {
		return flowKey{}
	}
	var k flowKey
	for i := range 2 {
		k.src[i] = binary.BigEndian.Uint64(b[8+8*i:])
		k.dst[i] = binary.BigEndian.Uint64(b[24+8*i:])
	}
	proto, at := b[6], ipv6Header
	for extends(proto) && at+2 <= len(b) {
		proto, at = b[at], at+(int(b[at+1])+1)*8 // RFC 8200, section 4.2
	}
	if proto == protoFragment && at < len(b) { // its first byte says what it is a piece of
		k.proto = b[at]
		return k
	}
	k.proto = proto
	k.ports = portsAt(b, at, proto)
	return k
}

// extends says whether an IPv6 extension header of that number stands before
// the transport's and has a length in its second byte.
func extends(proto uint8) bool {
	return proto == protoHopByHop || proto == protoRouting || proto == protoDestination
}

// portsAt is both ports of the transport header at b[at], 0 if there are none.
func portsAt(b []byte, at int, proto uint8) uint32 {
	switch proto {
	case protoTCP, protoUDP, protoDCCP, protoSCTP, protoUDPLite:
		if at+4 <= len(b) {
			return binary.BigEndian.Uint32(b[at:])
		}
	}
	return 0
}
