package sim

import (
	"fmt"
	"strings"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// String is the packet as one line in the manner of tcpdump: when and from
// where to where, then for TCP the flags (S SYN, F FIN, R RST, P PSH, . ACK), the
// relative sequence numbers as first:behind(bytes), acknowledgement and window,
// and what became of it.
func (p *Packet) String() string {
	return fmt.Sprintf("%-12v %s > %s: %s%s", p.At, p.source, p.destination, p.what(), p.fate())
}

// what is the transport's part of the line.
func (p *Packet) what() string {
	switch {
	case p.Fragment:
		return fmt.Sprintf("fragment, protocol %d, %d bytes", p.Flow.Proto, len(p.Payload))
	case p.Flow.Proto == fault.TCP:
		return p.segment()
	case p.Flow.Proto == fault.UDP:
		return fmt.Sprintf("udp %d bytes", len(p.Payload))
	case ICMP(p):
		return p.message()
	}
	return fmt.Sprintf("protocol %d, %d bytes", p.Flow.Proto, len(p.Payload))
}

// flagLetters are the letters of tcpdump, in its order.
var flagLetters = []struct {
	flag   fault.Flags
	letter byte
}{
	{fault.FIN, 'F'}, {fault.SYN, 'S'}, {fault.RST, 'R'}, {fault.PSH, 'P'},
	{fault.ACK, '.'}, {fault.URG, 'U'}, {fault.ECE, 'E'}, {fault.CWR, 'W'},
}

func (p *Packet) segment() string {
	var b strings.Builder
	for _, f := range flagLetters {
		if p.Flags&f.flag != 0 {
			b.WriteByte(f.letter)
		}
	}
	if p.Flags == 0 {
		b.WriteString("none")
	}
	if n := len(p.Payload); n > 0 || p.Flags&(fault.SYN|fault.FIN|fault.RST) != 0 || p.Probe {
		fmt.Fprintf(&b, " %d:%d(%d)", p.Seq, p.Seq+uint32(n), n)
	}
	if p.Flags&fault.ACK != 0 {
		fmt.Fprintf(&b, " ack %d", p.Ack)
	}
	fmt.Fprintf(&b, " win %d", p.Window)
	b.WriteString(p.options())
	return b.String()
}

// options are those that matter to a reader: of a SYN what it offers, later what
// was received out of order.
func (p *Packet) options() string {
	var list []string
	s := p.header()
	if s.MSS > 0 {
		list = append(list, fmt.Sprintf("mss %d", s.MSS))
	}
	if s.Scales {
		list = append(list, fmt.Sprintf("wscale %d", s.Scale))
	}
	for _, b := range s.SACK() {
		list = append(list, fmt.Sprintf("sack %d:%d", b.First-p.ackBase, b.Next-p.ackBase))
	}
	if list == nil {
		return ""
	}
	return " <" + strings.Join(list, ",") + ">"
}

// messages are the types of ICMP that a simulated network knows.
var messages = map[[2]uint8]string{
	{fault.ICMPv4, 0}: "echo reply", {fault.ICMPv4, 8}: "echo request",
	{fault.ICMPv4, 3}: "unreachable", {fault.ICMPv4, 11}: "time exceeded",
	{fault.ICMPv6, 1}: "unreachable", {fault.ICMPv6, 2}: "packet too big", {fault.ICMPv6, 3}: "time exceeded",
	{fault.ICMPv6, 128}: "echo request", {fault.ICMPv6, 129}: "echo reply",
}

func (p *Packet) message() string {
	const header = 8
	at := len(p.Bytes) - len(p.Payload) - header
	if at < 0 || at+1 >= len(p.Bytes) {
		return "icmp"
	}
	kind, code := p.Bytes[at], p.Bytes[at+1]
	name := messages[[2]uint8{p.Flow.Proto, kind}]
	if name == "" {
		name = fmt.Sprintf("type %d", kind)
	}
	if code != 0 {
		name += fmt.Sprintf(" code %d", code)
	}
	return fmt.Sprintf("icmp %s, %d bytes", name, len(p.Payload))
}

// fate says what became of the packet; nothing where that is what one expects.
func (p *Packet) fate() string {
	var list []string
	if p.Again {
		list = append(list, "again")
	}
	if p.Probe {
		list = append(list, "probe")
	}
	switch {
	case len(p.Arrivals) > 1:
		list = append(list, fmt.Sprintf("arrived %d times", len(p.Arrivals)))
	case len(p.Arrivals) == 0 && p.Drop == "":
		list = append(list, "under way")
	}
	if p.Drop != "" {
		list = append(list, "dropped: "+p.Drop)
	}
	if p.By != "" {
		list = append(list, "by "+p.By)
	}
	if list == nil {
		return ""
	}
	return ", " + strings.Join(list, ", ")
}
