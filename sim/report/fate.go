package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// lost reports whether nothing of the packet arrived, and never will.
func (p *packet) lost() bool {
	if p.Kind == engine.Lost || p.Drop != engine.DropNone {
		return true
	}
	ended := 0
	for _, a := range p.arrivals {
		if a.drop == engine.DropNone {
			return false
		}
		ended++
	}
	return ended > p.Copies
}

// arrived is when the first of the packet and its copies arrived.
func (p *packet) arrived() (time.Duration, bool) {
	i := slices.IndexFunc(p.arrivals, func(a arrival) bool { return a.drop == engine.DropNone })
	if i < 0 {
		return 0, false
	}
	return p.arrivals[i].at, true
}

// fate says what the network and the faults did to a packet, "" if that is
// nothing but to deliver it.
func (p *packet) fate() string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if p.Drop != engine.DropNone && p.Drop != engine.DropFault {
		say("lost: %s", reason(p.Drop))
	} else if p.Drop == engine.DropFault {
		say("lost")
	}
	if p.Copies == 1 {
		say("copied once")
	} else if p.Copies > 1 {
		say("copied %d times", p.Copies)
	}
	if p.Delay > 0 {
		say("kept back for %v", p.Delay)
	}
	if p.Behind > 0 {
		say("kept back for %d packets", p.Behind)
	}
	if p.Hold > 0 {
		say("held for %v", p.Hold)
	}
	if n := len(p.Flips); n > 0 {
		say("%d bits inverted", n)
		if p.Fixed {
			say("with checksums made right")
		}
	}
	text := strings.Join(parts, ", ")
	if p.By != "" {
		text += " by " + p.By
	}
	for _, a := range p.arrivals {
		if a.drop == engine.DropNone {
			continue
		}
		if text != "" {
			text += "; "
		}
		if a.copy > 0 {
			text += fmt.Sprintf("copy %d ", a.copy)
		}
		text += "lost: " + reason(a.drop)
	}
	return text
}

// reason says why a packet was dropped.
func reason(d engine.Drop) string {
	switch d {
	case engine.DropFault:
		return "a fault"
	case engine.DropMTU:
		return "larger than the path's MTU"
	case engine.DropQueue:
		return "the queue is full"
	case engine.DropCoDel:
		return "CoDel, it has waited for too long"
	case engine.DropNoRoute:
		return "no way leads to its destination"
	case engine.DropHops:
		return "its hop limit ended at a router"
	case engine.DropNobody:
		return "nobody is there to take it"
	case engine.DropPaused:
		return "too many wait for the paused host"
	}
	return d.String()
}

// labels describe a packet, the longest first.
func (p *packet) labels() []string {
	size := len(p.read.Payload)
	switch {
	case p.bad != nil:
		return []string{fmt.Sprintf("%d bytes that are no IP packet", p.Size), fmt.Sprintf("%d bytes", p.Size)}
	case p.step != nil:
		flags := p.read.Segment.Flags.String()
		if flags == "" {
			flags = "no flags"
		}
		long, short := fmt.Sprintf("%s seq %d", flags, p.step.Seq), flags
		if p.read.Segment.Flags&ladder.ACK != 0 {
			long += fmt.Sprintf(" ack %d", p.step.Ack)
		}
		if size > 0 {
			long += fmt.Sprintf(" len %d", size)
			short += fmt.Sprintf(" %d", size)
		}
		return []string{long, short}
	case p.read.Fragment:
		return []string{fmt.Sprintf("fragment of %d bytes", size), "fragment"}
	case p.read.Protocol == ladder.UDP:
		return []string{fmt.Sprintf("UDP %d to %d len %d", p.read.Src.Port(), p.read.Dst.Port(), size), fmt.Sprintf("UDP %d", size)}
	case p.read.Protocol == ladder.ICMP, p.read.Protocol == ladder.ICMPv6:
		return []string{fmt.Sprintf("ICMP type %d code %d", p.read.Type, p.read.Code), "ICMP"}
	}
	return []string{fmt.Sprintf("protocol %d len %d", p.read.Protocol, size), fmt.Sprintf("protocol %d", p.read.Protocol)}
}

// meaning says what the packet does, for TCP.
func (p *packet) meaning() string {
	if p.step == nil {
		return ""
	}
	return p.step.Text
}
