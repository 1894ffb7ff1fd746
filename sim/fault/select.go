package fault

import (
	"bytes"
	"net/netip"
	"slices"
	"time"
)

// Select says which packets a fault looks at. The zero value selects all;
// every field that is set narrows it further.
type Select struct {
	// Name tells equal faults apart in reports. It also keeps the draws: a
	// named fault draws the same numbers when its other fields change.
	Name string

	Start time.Duration // virtual time from which on it is there
	End   time.Duration // virtual time at which it is gone; 0: never

	From []string // hosts or routers at the path's start; none: all
	To   []string // hosts or routers at the path's end; none: all
	Path string   // name of the path

	Proto   uint8        // TCP, UDP, ICMPv4, ICMPv6 or another number; 0: all
	Src     netip.Prefix // the source address lies in it
	Dst     netip.Prefix // the destination address lies in it
	SrcPort uint16       // 0: all
	DstPort uint16       // 0: all

	// BothWays also selects the packets that From, To, Src, Dst, SrcPort and
	// DstPort select when source and destination are exchanged.
	BothWays bool

	Flags   Flags // TCP flags that are all set
	Without Flags // TCP flags of which none is set; selects TCP only

	Payload    string // bytes that the payload contains
	PayloadMin int    // bytes of payload at least
	PayloadMax int    // bytes of payload at most; 0: no limit, -1: no payload
	SizeMin    int    // bytes of the IP packet at least
	SizeMax    int    // bytes of the IP packet at most; 0: no limit

	// Nth selects among the packets that all fields above select, counted
	// from 1 in each flow and direction on each path: the n-th and, with
	// Times, those after it, Times in all. 0 selects them all. Of more than
	// 65536 flows the first are forgotten and would be counted anew.
	Nth   uint64
	Times uint64 // 0: 1
	// Across counts the packets of all flows and paths together.
	Across bool
}

// Matches reports whether the fault is to look at p. With Nth it reads
// p.Matched.
func (s *Select) Matches(p *Packet) bool {
	return s.kind(p) && nth(p.Matched, s.Nth, s.Times)
}

// nth is the part that depends on how many were selected before.
func nth(matched, nth, times uint64) bool {
	return nth == 0 || matched >= nth-1 && matched-(nth-1) < max(times, 1)
}

// kind is the part that depends on the packet alone.
func (s *Select) kind(p *Packet) bool {
	if !within(p.Now, s.Start, s.End) || s.Path != "" && s.Path != p.Path {
		return false
	}
	f := p.Flow
	if s.Proto != 0 && s.Proto != f.Proto {
		return false
	}
	if !s.ends(p.From, p.To, f) && !(s.BothWays && s.ends(p.To, p.From, f.Reverse())) {
		return false
	}
	if s.Flags|s.Without != 0 && (f.Proto != TCP || p.Fragment || p.Flags&s.Flags != s.Flags || p.Flags&s.Without != 0) {
		return false
	}
	return s.sizes(p) && (s.Payload == "" || bytes.Contains(p.Payload, []byte(s.Payload)))
}

func (s *Select) ends(from, to string, f Flow) bool {
	return isOneOf(from, s.From) && isOneOf(to, s.To) &&
		(s.SrcPort == 0 || s.SrcPort == f.Src.Port()) &&
		(s.DstPort == 0 || s.DstPort == f.Dst.Port()) &&
		(!s.Src.IsValid() || s.Src.Contains(f.Src.Addr())) &&
		(!s.Dst.IsValid() || s.Dst.Contains(f.Dst.Addr()))
}

func (s *Select) sizes(p *Packet) bool {
	payload, size := len(p.Payload), len(p.Bytes)
	return payload >= s.PayloadMin && size >= s.SizeMin &&
		(s.PayloadMax == 0 || payload <= max(s.PayloadMax, 0)) &&
		(s.SizeMax == 0 || size <= s.SizeMax)
}

// selection is how a Set learns that it has to count.
func (s Select) selection() Select { return s }

// isOneOf takes an empty list for all hosts.
func isOneOf(host string, hosts []string) bool {
	return len(hosts) == 0 || slices.Contains(hosts, host)
}

// within knows 0 as an end that never comes.
func within(now, start, end time.Duration) bool {
	return now >= start && (end == 0 || now < end)
}

func (s *Select) fields(c *codec) {
	c.str("name", &s.Name)
	c.duration("start", &s.Start)
	c.duration("end", &s.End)
	c.hosts("from", &s.From)
	c.hosts("to", &s.To)
	c.str("path", &s.Path)
	field(c, "proto", &s.Proto, asString, protoName, parseProto)
	field(c, "src", &s.Src, asString, netip.Prefix.String, parsePrefix)
	field(c, "dst", &s.Dst, asString, netip.Prefix.String, parsePrefix)
	integer(c, "srcport", &s.SrcPort)
	integer(c, "dstport", &s.DstPort)
	c.word("bothways", &s.BothWays)
	field(c, "flags", &s.Flags, asString, Flags.String, parseFlags)
	field(c, "without", &s.Without, asString, Flags.String, parseFlags)
	c.str("payload", &s.Payload)
	integer(c, "payloadmin", &s.PayloadMin)
	integer(c, "payloadmax", &s.PayloadMax)
	integer(c, "sizemin", &s.SizeMin)
	integer(c, "sizemax", &s.SizeMax)
	integer(c, "nth", &s.Nth)
	integer(c, "times", &s.Times)
	c.word("across", &s.Across)
}

func (s *Select) check(c *checker) {
	c.label("name", s.Name)
	c.label("path", s.Path)
	c.window(s.Start, s.End)
	c.hosts("from", s.From)
	c.hosts("to", s.To)
	c.prefix("src", s.Src)
	c.prefix("dst", s.Dst)
	if both := s.Flags & s.Without; both != 0 {
		c.fail("without", both, "flags asks for the same: no packet has a flag and has it not")
	}
	c.limits("payload", s.PayloadMin, s.PayloadMax, -1)
	c.limits("size", s.SizeMin, s.SizeMax, 0)
	if s.Nth == 0 && s.Times != 0 {
		c.fail("times", s.Times, "it goes with nth, the first of those packets: set nth to 1 or more")
	}
	if s.Nth == 0 && s.Across {
		c.fail("across", s.Across, "it goes with nth, which says what is counted: set nth to 1 or more")
	}
}
