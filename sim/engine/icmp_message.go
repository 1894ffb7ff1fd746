package engine

import (
	"encoding/binary"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/internal/checksum"
)

// icmpError is what an error says, in the words of both versions.
type icmpError struct {
	type4, code4 byte   // RFC 792
	type6, code6 byte   // RFC 4443
	info         uint32 // the four bytes behind the checksum
}

var (
	errNoRoute = icmpError{type4: 3, code4: 0, type6: 1, code6: 0} // network unreachable; no route
	errHops    = icmpError{type4: 11, code4: 0, type6: 3, code6: 0}
)

// tooBigPacket is the message for a packet that is larger than mtu, or nil
// where none must be sent: RFC 1191 section 4 has it for packets that must not
// be fragmented.
func tooBigPacket(b []byte, from netip.Addr, mtu int) []byte {
	e := icmpError{type4: 3, code4: 4, type6: 2, info: uint32(mtu)}
	if from.Is4() {
		e.info = uint32(min(mtu, 65535))
		if len(b) < 20 || binary.BigEndian.Uint16(b[6:])&0x4000 == 0 {
			return nil
		}
	}
	return e.packet(b, from)
}

// packet is the message about a packet b, or nil where none must be sent:
// about other errors, fragments but the first (RFC 1122 section 3.2.2, RFC 4443
// section 2.4), and what is no packet or not of the family of from.
func (e icmpError) packet(b []byte, from netip.Addr) []byte {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4 && from.Is4():
		return e.packet4(b, from)
	case len(b) >= 40 && b[0]>>4 == 6 && from.Is6():
		return e.packet6(b, from)
	}
	return nil
}

// packet4 quotes as much as fits into 576 bytes, RFC 1812 section 4.3.2.3.
func (e icmpError) packet4(b []byte, from netip.Addr) []byte {
	header := int(b[0]&15) * 4
	if header < 20 || len(b) < header+8 || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
		return nil
	}
	if b[9] == 1 && b[header] != 0 && b[header] != 8 { // neither echo nor its reply
		return nil
	}
	quote := b[:min(len(b), 576-28)]
	m := make([]byte, 28+len(quote))
	header4(m, 1, from, netip.AddrFrom4([4]byte(b[12:16])))
	m[20], m[21] = e.type4, e.code4
	binary.BigEndian.PutUint32(m[24:], e.info)
	copy(m[28:], quote)
	binary.BigEndian.PutUint16(m[22:], checksum.Of(0, m[20:]))
	return m
}

// header4 writes the header of an IPv4 packet.
func header4(m []byte, proto byte, from, to netip.Addr) {
	m[0], m[8], m[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(m[2:], uint16(len(m)))
	src, dst := from.As4(), to.As4()
	copy(m[12:], src[:])
	copy(m[16:], dst[:])
	binary.BigEndian.PutUint16(m[10:], checksum.Of(0, m[:20]))
}

// packet6 quotes as much as fits into 1280 bytes, RFC 4443 section 2.4.
func (e icmpError) packet6(b []byte, from netip.Addr) []byte {
	if b[6] == 58 && (len(b) < 41 || b[40] < 128) { // an error message
		return nil
	}
	quote := b[:min(len(b), 1280-48)]
	m := make([]byte, 48+len(quote))
	header6(m, from, netip.AddrFrom16([16]byte(b[8:24])))
	m[40], m[41] = e.type6, e.code6
	binary.BigEndian.PutUint32(m[44:], e.info)
	copy(m[48:], quote)
	sum6(m)
	return m
}

// header6 writes the header of an ICMPv6 packet.
func header6(m []byte, from, to netip.Addr) {
	m[0], m[6], m[7] = 0x60, 58, 64
	binary.BigEndian.PutUint16(m[4:], uint16(len(m)-40))
	src, dst := from.As16(), to.As16()
	copy(m[8:], src[:])
	copy(m[24:], dst[:])
}

// sum6 writes the checksum of an ICMPv6 packet, RFC 8200 section 8.1.
func sum6(m []byte) {
	m[42], m[43] = 0, 0
	src, dst := netip.AddrFrom16([16]byte(m[8:])), netip.AddrFrom16([16]byte(m[24:]))
	binary.BigEndian.PutUint16(m[42:], checksum.Of(checksum.Pseudo(src, dst, 58, len(m)-40), m[40:]))
}

// echoReply is the answer to an echo request, or nil if b is none that is
// whole: RFC 792, RFC 4443 section 4.2.
func echoReply(b []byte) []byte {
	switch {
	case len(b) >= 28 && b[0] == 0x45 && b[9] == 1 && b[20] == 8 && b[21] == 0 && binary.BigEndian.Uint16(b[6:])&0x3fff == 0:
		m := make([]byte, len(b))
		copy(m[20:], b[20:])
		header4(m, 1, netip.AddrFrom4([4]byte(b[16:20])), netip.AddrFrom4([4]byte(b[12:16])))
		m[20], m[22], m[23] = 0, 0, 0
		binary.BigEndian.PutUint16(m[22:], checksum.Of(0, m[20:]))
		return m
	case len(b) >= 48 && b[0]>>4 == 6 && b[6] == 58 && b[40] == 128 && b[41] == 0:
		m := make([]byte, len(b))
		copy(m[40:], b[40:])
		header6(m, netip.AddrFrom16([16]byte(b[24:40])), netip.AddrFrom16([16]byte(b[8:24])))
		m[40] = 129
		sum6(m)
		return m
	}
	return nil
}
