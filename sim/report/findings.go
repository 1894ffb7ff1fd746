package report

import (
	"fmt"

	"github.com/seed-731cb71d/warren/netstack/ladder"
)

// finding is a kind of event that explains much, with the packets where it is
// seen.
type finding struct {
	Kind    string // a word for the page's styles
	Title   string
	Count   int
	Packets []*packet // the first of them
}

const findingPacketsMax = 12

// find looks for what a reader looks for first.
func find(packets []*packet) []finding {
	kinds := []struct {
		kind, title string
		is          func(p *packet) bool
	}{
		{"again", "sent again", func(p *packet) bool { return p.step != nil && p.step.Again > 0 }},
		{"lost", "lost", (*packet).lost},
		{"reset", "resets", func(p *packet) bool { return p.step != nil && p.read.Segment.Flags&ladder.RST != 0 }},
		{"full", "closed windows", func(p *packet) bool {
			return p.step != nil && p.step.Window == 0 && p.read.Segment.Flags&(ladder.SYN|ladder.RST) == 0
		}},
	}
	var all []finding
	for _, k := range kinds {
		f := finding{Kind: k.kind, Title: k.title}
		for _, p := range packets {
			if !k.is(p) {
				continue
			}
			if f.Count++; len(f.Packets) < findingPacketsMax {
				f.Packets = append(f.Packets, p)
			}
		}
		all = append(all, f)
	}
	return all
}

// Number is the packet's number in the trace.
func (p *packet) Number() uint64 { return p.Packet }

// Time is when it was sent.
func (p *packet) Time() string { return ladder.Milliseconds(p.At) + " ms" }

// Label is like "SYN seq 0, lost by ...".
func (p *packet) Label() string {
	text := p.labels()[0]
	if fate := p.fate(); fate != "" {
		text += ", " + fate
	}
	return fmt.Sprintf("%s: %s", p.way(), text)
}
