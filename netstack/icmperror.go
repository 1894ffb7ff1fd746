package netstack

import (
	"fmt"
	"net/netip"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// ICMPError is an answer that says why a Ping could not be answered.
// errors.Is finds in it the syscall.Errno that Linux makes of the message:
// EHOSTUNREACH, say, which stands for "time to live exceeded" too.
type ICMPError struct {
	From       netip.Addr // the host or router that says so
	Type, Code uint8      // of the message (RFC 792; RFC 4443 where From is IPv6)
}

func (e *ICMPError) Error() string {
	return fmt.Sprintf("%v answers: %s (ICMP type %d, code %d)", e.From, e.meaning().text, e.Type, e.Code)
}

// Unwrap returns the syscall.Errno that goes with the message.
func (e *ICMPError) Unwrap() error { return e.meaning().errno }

func (e *ICMPError) meaning() icmpMeaning {
	v := &icmp6
	if e.From.Is4() {
		v = &icmp4
	}
	m, _ := v.meaning(e.Type, e.Code)
	return m
}

// icmpMeaning is what an ICMP error says, in words and in Linux's errno
// (icmp_err_convert, icmpv6_err_convert).
type icmpMeaning struct {
	text  string
	errno syscall.Errno
}

var (
	hostUnreachable  = icmpMeaning{"host unreachable", syscall.EHOSTUNREACH}
	packetTooBig     = icmpMeaning{"packet too big", syscall.EMSGSIZE}
	portUnreachable  = icmpMeaning{"port unreachable", syscall.ECONNREFUSED}
	timeExceeded     = icmpMeaning{"time to live exceeded", syscall.EHOSTUNREACH}
	parameterProblem = icmpMeaning{"parameter problem", syscall.EPROTO}
)

// icmpVersion is what differs between ICMP for IPv4 and for IPv6.
type icmpVersion struct {
	transport   tcpip.TransportProtocolNumber
	echo        uint8                 // type of an echo request
	unreachable uint8                 // type of an error whose code tells the rest
	codes       map[uint8]icmpMeaning // of unreachable; others mean hostUnreachable
	types       map[uint8]icmpMeaning // of the other errors that quote a packet
}

var icmp4 = icmpVersion{
	transport:   header.ICMPv4ProtocolNumber,
	echo:        uint8(header.ICMPv4Echo),
	unreachable: uint8(header.ICMPv4DstUnreachable),
	codes: map[uint8]icmpMeaning{
		0:  {"network unreachable", syscall.ENETUNREACH},
		2:  {"protocol unreachable", syscall.ENOPROTOOPT},
		3:  portUnreachable,
		4:  packetTooBig,
		5:  {"source route failed", syscall.EOPNOTSUPP},
		6:  {"network unknown", syscall.ENETUNREACH},
		7:  {"host unknown", syscall.EHOSTDOWN},
		9:  {"network administratively prohibited", syscall.ENETUNREACH},
		10: {"host administratively prohibited", syscall.EHOSTUNREACH},
		11: {"network unreachable for this type of service", syscall.ENETUNREACH},
		13: {"administratively prohibited", syscall.EHOSTUNREACH},
	},
	types: map[uint8]icmpMeaning{
		uint8(header.ICMPv4TimeExceeded): timeExceeded,
		uint8(header.ICMPv4ParamProblem): parameterProblem,
	},
}

var icmp6 = icmpVersion{
	transport:   header.ICMPv6ProtocolNumber,
	echo:        uint8(header.ICMPv6EchoRequest),
	unreachable: uint8(header.ICMPv6DstUnreachable),
	codes: map[uint8]icmpMeaning{
		0: {"no route", syscall.ENETUNREACH},
		1: {"administratively prohibited", syscall.EACCES},
		4: portUnreachable,
		5: {"source address refused", syscall.EACCES},
		6: {"route rejected", syscall.EACCES},
	},
	types: map[uint8]icmpMeaning{
		uint8(header.ICMPv6PacketTooBig): packetTooBig,
		uint8(header.ICMPv6TimeExceeded): timeExceeded,
		uint8(header.ICMPv6ParamProblem): parameterProblem,
	},
}

// meaning is what a message says; ok is false if it is no error that quotes a
// packet.
func (v *icmpVersion) meaning(kind, code uint8) (m icmpMeaning, ok bool) {
	if kind == v.unreachable {
		if m, ok := v.codes[code]; ok {
			return m, true
		}
		return hostUnreachable, true
	}
	if m, ok := v.types[kind]; ok {
		return m, true
	}
	return hostUnreachable, false
}
