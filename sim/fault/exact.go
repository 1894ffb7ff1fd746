package fault

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Exact does something to one packet: the one with the number Index of its
// flow on its path. A run's verdicts are written down as such, and a run with
// these in place of the faults that drew them is the same run.
type Exact struct {
	Name  string // where it came from, for reports
	Path  string // name of the path; required
	Flow  Flow   // in the packet's direction; the zero Flow is that of bytes that are no IP packet
	Index uint64 // packets of the flow that entered the path before

	Drop        bool          // lose it; nothing else can be done to it then
	Copies      int           // as in Verdict, all of these
	Delay       time.Duration // out of the path's order
	Behind      int           // with Delay
	Hold        time.Duration // in the path's order
	Corrupt     []Flip        // at most exactFlipsMax of them
	FixChecksum bool          // with Corrupt
}

// ExactOf is the fault that makes v, a verdict on p, again. What it would
// take to be valid is left out: numbers below 0, and what a dropped packet
// has besides.
func ExactOf(p *Packet, v Verdict) Exact {
	f := Exact{Name: v.By, Path: p.Path, Flow: p.Flow, Index: p.Index}
	if v.Drop {
		f.Drop = true
		return f
	}
	f.Copies = max(v.Copies, 0)
	f.Delay = max(v.Delay, 0)
	f.Hold = max(v.Hold, 0)
	if f.Delay > 0 {
		f.Behind = max(v.Behind, 0)
	}
	f.Corrupt = slices.Clone(v.Corrupt)
	f.FixChecksum = v.FixChecksum && len(f.Corrupt) > 0
	return f
}

// Judge implements Fault.
func (f Exact) Judge(_ Seed, p *Packet) Verdict {
	if f.Index != p.Index || f.Path != p.Path || f.Flow != p.Flow {
		return Verdict{}
	}
	return Verdict{
		Drop: f.Drop, Copies: f.Copies, Delay: f.Delay, Behind: f.Behind,
		Hold: f.Hold, Corrupt: f.Corrupt, FixChecksum: f.FixChecksum,
	}
}

func (f *Exact) kind() string { return "exact" }
func (f *Exact) value() Fault { return *f }

func (f *Exact) fields(c *codec) {
	c.str("path", &f.Path)
	field(c, "flow", &f.Flow, asString, Flow.String, parseFlow)
	integer(c, "index", &f.Index)
	c.word("drop", &f.Drop)
	integer(c, "copies", &f.Copies)
	c.duration("delay", &f.Delay)
	integer(c, "behind", &f.Behind)
	c.duration("hold", &f.Hold)
	c.flips("flip", &f.Corrupt)
	c.word("fixchecksum", &f.FixChecksum)
	c.str("name", &f.Name)
}

// The limits are beyond what any sum of the faults of a sensible world gives.
const (
	exactCopiesMax = 10_000
	exactBehindMax = 1_000_000
	exactFlipsMax  = 4096
)

func (f *Exact) check(c *checker) {
	if f.Path == "" {
		c.fail("path", "empty", "name the path that the packet enters, such as cli/eth0>srv/eth0")
	}
	c.label("path", f.Path)
	c.label("name", f.Name)
	c.bounded("copies", f.Copies, 0, exactCopiesMax)
	c.notNegative("delay", f.Delay)
	c.bounded("behind", f.Behind, 0, exactBehindMax)
	c.notNegative("hold", f.Hold)
	c.bounded("the number of flips", len(f.Corrupt), 0, exactFlipsMax)
	other := f.Copies != 0 || f.Delay != 0 || f.Behind != 0 || f.Hold != 0 || len(f.Corrupt) > 0
	switch {
	case f.Drop && other:
		c.fail("drop", f.Drop, "what is lost can have nothing else: leave out drop or the rest")
	case !f.Drop && !other:
		c.fail("drop", f.Drop, "nothing would happen to the packet: give drop, copies, delay, hold or flip")
	case f.Behind != 0 && f.Delay == 0:
		c.fail("behind", f.Behind, "there may be no later packets: give with delay how long it waits at most")
	case f.FixChecksum && len(f.Corrupt) == 0:
		c.fail("fixchecksum", f.FixChecksum, "it goes with flip, the bits to invert")
	}
}

// flips is a list of bits, separated by commas.
func (c *codec) flips(key string, v *[]Flip) {
	if c.here(key) {
		*v = nil
		for text := range strings.SplitSeq(c.text, ",") {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				c.err = fmt.Errorf("give the numbers of bits, separated by commas, such as 171,390")
				return
			}
			*v = append(*v, Flip(n))
		}
	} else if c.writing() && len(*v) > 0 {
		var texts []string
		for _, flip := range *v {
			texts = append(texts, strconv.FormatUint(uint64(flip), 10))
		}
		c.pairs = append(c.pairs, pair{key: key, text: strings.Join(texts, ","), shape: asList})
	}
}

// parseFlow reads what Flow.String writes.
func parseFlow(text string) (Flow, error) {
	remedy := fmt.Errorf(`give a flow such as "tcp 10.0.0.1:49152 > 10.0.0.2:80", with port 0 where the protocol has none`)
	words := strings.Split(text, " ")
	if len(words) != 4 || words[2] != ">" {
		return Flow{}, remedy
	}
	proto, err := parseProto(words[0])
	if err != nil && words[0] != "0" {
		return Flow{}, err
	}
	src, errSrc := netip.ParseAddrPort(words[1])
	dst, errDst := netip.ParseAddrPort(words[3])
	if errSrc != nil || errDst != nil {
		return Flow{}, remedy
	}
	return Flow{Src: src, Dst: dst, Proto: proto}, nil
}

var _ Fault = Exact{}

// String is the fault as one line, which Parse reads.
func (f Exact) String() string { return line(&f) }

// Validate names the first field whose value makes no sense, and what to give.
func (f Exact) Validate() error { return validate(&f) }

// MarshalJSON writes an object with the "type" exact, which ParseJSON reads.
func (f Exact) MarshalJSON() ([]byte, error) { return encode(&f) }

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Exact) UnmarshalJSON(data []byte) error {
	*f = Exact{}
	return decode(data, f)
}
