package pcap

import (
	"errors"
	"fmt"

	"github.com/seed-731cb71d/warren/netstack"
)

// nameBytesMax keeps an interface's name readable; a pcapng option could hold
// 65535 bytes.
const nameBytesMax = 255

// link captures what passes inner. Packets are captured before they are sent
// or delivered, so that an answer never stands before its question; a packet
// that inner then drops is in the capture, as with a sniffer before a queue.
type link struct {
	netstack.Link
	capture *Writer
	id      int
}

var (
	_ netstack.Link           = (*link)(nil)
	_ netstack.OffloadCounter = (*link)(nil)
)

// NewLink returns a Link that passes packets on to inner and from it,
// unchanged, and writes each to capture under the given interface name; ""
// becomes link0, link1, and so on. Closing it closes inner, not capture. It
// allocates nothing per packet but what the file format's library needs to
// note the direction.
func NewLink(inner netstack.Link, capture *Writer, name string) (netstack.Link, error) {
	switch {
	case inner == nil:
		return nil, errors.New("pcap: NewLink: inner is nil: give it the link to capture")
	case capture == nil:
		return nil, errors.New("pcap: NewLink: capture is nil: make one with NewWriter")
	case len(name) > nameBytesMax:
		return nil, fmt.Errorf("pcap: NewLink: name has %d bytes: give it at most %d", len(name), nameBytesMax)
	}
	id, err := capture.addInterface(name, "")
	if err != nil {
		return nil, err
	}
	return &link{Link: inner, capture: capture, id: id}, nil
}

// Attach puts the capture between the inner link and its receiver.
func (l *link) Attach(r netstack.Receiver) error {
	return l.Link.Attach(&receiver{Receiver: r, link: l})
}

// Send captures pkts and sends them.
func (l *link) Send(pkts []*netstack.Packet) (int, error) {
	l.capture.packets(l.id, outbound, pkts)
	return l.Link.Send(pkts)
}

// OffloadStats are those of the inner link.
func (l *link) OffloadStats() netstack.OffloadStats {
	if c, ok := l.Link.(netstack.OffloadCounter); ok {
		return c.OffloadStats()
	}
	return netstack.OffloadStats{}
}

// receiver captures what the inner link delivers.
type receiver struct {
	netstack.Receiver
	link *link
}

// Deliver captures pkts and delivers them.
func (r *receiver) Deliver(pkts []*netstack.Packet) {
	r.link.capture.packets(r.link.id, inbound, pkts)
	r.Receiver.Deliver(pkts)
}
