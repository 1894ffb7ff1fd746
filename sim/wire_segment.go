package sim

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/notation"
)

// Segment sends a TCP segment by hand, in the notation of packetdrill: flags,
// first and next sequence number with the bytes between, acknowledgement,
// window, options and payload.
//
//	x.Segment(from, to, "S 1000:1000(0) win 65535 <mss 1460>")
//	x.Segment(from, to, `P. 1001:1006(5) ack 1 win 502 "hello"`)
//
// Numbers and timestamps stand in the packet as they are written. The source
// may be anybody's.
func (x *Wire) Segment(from, to netip.AddrPort, text string) error {
	seg, err := notation.ParseSegment(text)
	if err != nil {
		return fmt.Errorf("sim: segment %q: %w", text, err)
	}
	return x.sendSegment(from, to, seg)
}

// Forge sends a TCP segment to the host of c as if c's peer had sent it. Its
// numbers and timestamps count from the first of each side, as those of Packet
// do: "R 1:1(0)" is a reset in front of the first byte. It needs a trace that
// has kept the connection's handshake.
func (x *Wire) Forge(c net.Conn, text string) error {
	seg, err := notation.ParseSegment(text)
	if err != nil {
		return fmt.Errorf("sim: segment %q: %w", text, err)
	}
	local, remote, err := endsOf(c)
	if err != nil {
		return err
	}
	all, err := x.w.AllPackets()
	if err != nil {
		return err
	}
	var flows notation.Flows
	for _, sent := range all.All() {
		if p, err := notation.Decode(sent.Bytes); err == nil {
			flows.See(&p)
		}
	}
	flow := flows.Find(remote, local)
	if flow == nil {
		return fmt.Errorf("sim: nothing was sent between %v and %v yet: forge segments of a connection that has begun", remote, local)
	}
	if seg, err = flow.Absolute(seg, remote); err != nil {
		return fmt.Errorf("sim: segment %q: %w", text, err)
	}
	return x.sendSegment(remote, local, seg)
}

func (x *Wire) sendSegment(from, to netip.AddrPort, seg notation.Segment) error {
	p := notation.Packet{Src: from, Dst: to, Proto: fault.TCP, TCP: seg}
	b, err := p.Encode()
	if err != nil {
		return fmt.Errorf("sim: segment from %v to %v: %w", from, to, err)
	}
	return x.Send(b)
}
