package sim

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// PacketFilter says whether a packet is wanted. Any function of this form is
// one; it borrows the packet and does not change it.
type PacketFilter func(p *Packet) bool

// wanted reports whether all filters want p.
func wanted(p *Packet, filters []PacketFilter) bool {
	for _, f := range filters {
		if !f(p) {
			return false
		}
	}
	return true
}

// From wants what the host sent. The host is a *Host or its name.
func From[H HostOrName](host H) PacketFilter {
	name := nameOf(host)
	return func(p *Packet) bool { return p.From == name }
}

// To wants what is addressed to the host, whether or not it arrived. The host is
// a *Host or its name.
func To[H HostOrName](host H) PacketFilter {
	name := nameOf(host)
	return func(p *Packet) bool { return p.To == name }
}

// Between wants what two hosts sent to each other.
func Between[H HostOrName](a, b H) PacketFilter {
	return Either(
		func(p *Packet) bool { return From(a)(p) && To(b)(p) },
		func(p *Packet) bool { return From(b)(p) && To(a)(p) },
	)
}

// Port wants TCP and UDP packets from the port or to it.
func Port(port uint16) PacketFilter {
	return func(p *Packet) bool { return p.Flow.Src.Port() == port || p.Flow.Dst.Port() == port }
}

// FlowOf wants the packets of one connection in both directions: those between
// the connection's local and remote address. A later connection of the same
// addresses and ports is the same flow. A connection that is neither of TCP nor
// of UDP has no packets.
func FlowOf(c net.Conn) PacketFilter {
	local, remote, err := endsOf(c)
	if err != nil {
		return func(*Packet) bool { return false }
	}
	return Flow(local, remote)
}

// endsOf are the addresses and ports of a connection of TCP or UDP.
func endsOf(c net.Conn) (local, remote netip.AddrPort, err error) {
	type end interface{ AddrPort() netip.AddrPort } // *net.TCPAddr and *net.UDPAddr
	l, okLocal := c.LocalAddr().(end)
	r, okRemote := c.RemoteAddr().(end)
	if !okLocal || !okRemote {
		return local, remote, fmt.Errorf("sim: a connection from %v to %v is neither of TCP nor of UDP: give one that a host has dialed or accepted", c.LocalAddr(), c.RemoteAddr())
	}
	plain := func(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
	return plain(l.AddrPort()), plain(r.AddrPort()), nil
}

// Flow wants the packets between two addresses and ports in both directions.
func Flow(a, b netip.AddrPort) PacketFilter {
	return func(p *Packet) bool {
		return p.Flow.Src == a && p.Flow.Dst == b || p.Flow.Src == b && p.Flow.Dst == a
	}
}

// SYN wants the first packet of a handshake, repetitions included: SYN without
// ACK.
func SYN(p *Packet) bool { return p.Flags&(fault.SYN|fault.ACK) == fault.SYN }

// SYNACK wants the answer to a SYN, repetitions included.
func SYNACK(p *Packet) bool { return p.Flags&(fault.SYN|fault.ACK) == fault.SYN|fault.ACK }

// FIN wants TCP packets with the flag FIN.
func FIN(p *Packet) bool { return p.Flags&fault.FIN != 0 }

// RST wants TCP packets with the flag RST.
func RST(p *Packet) bool { return p.Flags&fault.RST != 0 }

// Data wants TCP packets with payload, retransmissions included, but not the
// byte in a zero window probe.
func Data(p *Packet) bool { return p.Flow.Proto == fault.TCP && len(p.Payload) > 0 && !p.Probe }

// ACKOnly wants TCP packets that do nothing but acknowledge: no payload, no
// other flag.
func ACKOnly(p *Packet) bool {
	return p.Flags == fault.ACK && len(p.Payload) == 0 && !p.Probe
}

// Retransmission wants TCP packets that carry sequence numbers which were sent
// before: data, SYN or FIN, but no probes.
func Retransmission(p *Packet) bool { return p.Again }

// Probe wants keep-alive and zero window probes: what is sent only to be
// acknowledged.
func Probe(p *Packet) bool { return p.Probe }

// ZeroWindow wants TCP packets that tell the peer to stop sending.
func ZeroWindow(p *Packet) bool {
	return p.Flags&(fault.ACK|fault.SYN|fault.RST) == fault.ACK && p.Window == 0 && !p.Fragment
}

// TCP wants TCP packets.
func TCP(p *Packet) bool { return p.Flow.Proto == fault.TCP }

// UDP wants UDP packets.
func UDP(p *Packet) bool { return p.Flow.Proto == fault.UDP }

// ICMP wants ICMP packets of both versions.
func ICMP(p *Packet) bool {
	return p.Flow.Proto == fault.ICMPv4 || p.Flow.Proto == fault.ICMPv6
}

// Dropped wants packets that were lost: dropped, and no copy arrived.
func Dropped(p *Packet) bool { return p.Drop != "" && len(p.Arrivals) == 0 }

// Delivered wants packets that have reached the last host, or a copy has.
func Delivered(p *Packet) bool { return len(p.Arrivals) > 0 }

// Not wants what the filter does not.
func Not(f PacketFilter) PacketFilter {
	return func(p *Packet) bool { return !f(p) }
}

// Either wants what at least one of the filters does.
func Either(filters ...PacketFilter) PacketFilter {
	return func(p *Packet) bool {
		for _, f := range filters {
			if f(p) {
				return true
			}
		}
		return false
	}
}

// HostOrName is a host, or the name of one.
type HostOrName interface{ *Host | string }

func nameOf[H HostOrName](host H) string {
	switch h := any(host).(type) {
	case *Host:
		return h.Name()
	case string:
		return h
	}
	return ""
}
