package simrows

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// sampling is how often the sender's estimates are looked at.
const sampling = 100 * time.Millisecond

// meter watches the one connection of a world.
type meter struct {
	w        *sim.World
	sender   *netstack.Conn
	faults   []*fault.Handle
	received uint64 // bytes that the reader has read
}

// connect makes two hosts, of which one sends as much as it can and the other
// reads it, until the world is closed.
func (m *meter) connect() error {
	from, err := m.w.AddHost(sim.HostConfig{Name: "sender"})
	if err != nil {
		return err
	}
	to, err := m.w.AddHost(sim.HostConfig{Name: "receiver"})
	if err != nil {
		return err
	}
	l, err := to.Listen("tcp", ":9")
	if err != nil {
		return err
	}
	c, err := from.Dial("tcp", "receiver:9")
	if err != nil {
		return err
	}
	s, err := l.Accept()
	if err != nil {
		return err
	}
	m.sender = c.(*netstack.Conn)
	to.Go("reader", func() { m.read(s) })
	from.Go("writer", func() { write(c) })
	return nil
}

// read reads until the world is closed.
func (m *meter) read(c net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		m.received += uint64(n)
		if err != nil {
			return
		}
	}
}

// write writes until the world is closed.
func write(c net.Conn) {
	data := make([]byte, 64<<10)
	for {
		if _, err := c.Write(data); err != nil {
			return
		}
	}
}

// over lets the span pass, and returns what happened in it.
func (m *meter) over(ctx context.Context, span time.Duration) (outcome, error) {
	before, received, hits := m.sender.TCPInfo(), m.received, m.hits()
	var trips time.Duration
	var timeouts []time.Duration
	for range span / sampling {
		m.w.RunFor(sampling)
		if err := errors.Join(ctx.Err(), m.w.Err()); err != nil {
			return outcome{}, err
		}
		info := m.sender.TCPInfo()
		trips += info.RTT
		timeouts = append(timeouts, info.RTO)
	}
	n := time.Duration(len(timeouts))
	slices.Sort(timeouts)
	after := m.sender.TCPInfo()
	return outcome{
		received:  float64(m.received-received) / (n * sampling).Seconds(),
		roundTrip: trips / n,
		timeout:   timeouts[n/2],
		sent:      after.SegmentsSent - before.SegmentsSent,
		repeated:  after.Retransmits - before.Retransmits,
		timeouts:  after.RetransmitTimeouts - before.RetransmitTimeouts,
		hits:      m.hits() - hits,
	}, nil
}

// hits counts what the faults have done so far.
func (m *meter) hits() (n uint64) {
	for _, h := range m.faults {
		n += h.Hits()
	}
	return n
}
