package sim

import (
	"fmt"
	"strings"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/report"
)

// Counter names something that can be counted on a host: what has happened
// since the host's last start, or how many of something there are now. It
// prints as its name.
type Counter uint8

// The counters. Counter.Doc says of each what is counted, and Counter.Now
// whether it is a number of the present rather than a sum since the last start.
const (
	// Of listeners.
	ListenOverflowSYNDrops Counter = iota
	ListenOverflowACKDrops
	AcceptQueue
	SYNQueue
	SYNCookiesSent
	SYNCookiesAccepted
	SYNCookiesRejected

	// Of what there is a limited number of.
	PortsExhausted
	PortsInUse
	SocketsOpen
	SocketsRefused
	SocketsTimeWait
	SocketsSYNSent

	// Of connections that come to nothing.
	DialTimeouts
	DialsRefused
	TimedOut
	FinWait2Timeouts
	ResetsSent
	ResetsReceived

	// Of segments sent again.
	RetransmissionTimeouts
	Retransmits
	FastRetransmits
	FastRecoveries
	SpuriousRecoveries

	// Of memory.
	ReassemblyBytes
	ReassemblyOverflows
	ReassemblyTimeouts
	ReceiveOverflowDrops
	LinkDrops

	// Of packets, as the trace shows them.
	KeepAliveProbes
	ZeroWindowProbes
	ZeroWindows

	countersEnd
)

// counterRow is what there is to know of a counter.
type counterRow struct {
	name string
	now  bool // a number of the present
	doc  string
	// One of them reads it.
	stats   func(s *netstack.Stats) uint64
	sockets func(list []netstack.SocketInfo) uint64
	packets func(p Packets) uint64 // of those that the host sent
}

// String is the counter's name, such as "listen-overflow-syn-drops".
func (c Counter) String() string {
	if c >= countersEnd {
		return fmt.Sprintf("counter %d", uint8(c))
	}
	return counterRows[c].name
}

// Doc says in a sentence what is counted.
func (c Counter) Doc() string {
	if c >= countersEnd {
		return ""
	}
	return counterRows[c].doc
}

// Now reports whether the counter is a number of the present, which goes up
// and down, rather than a sum since the host's last start.
func (c Counter) Now() bool { return c < countersEnd && counterRows[c].now }

// Counters lists all counters.
func Counters() []Counter {
	list := make([]Counter, countersEnd)
	for i := range list {
		list[i] = Counter(i)
	}
	return list
}

// ParseCounter finds a counter by its name.
func ParseCounter(name string) (Counter, error) {
	var names []string
	for _, c := range Counters() {
		if c.String() == name {
			return c, nil
		}
		names = append(names, c.String())
	}
	return 0, fmt.Errorf("sim: there is no counter %q: the counters are %s", name, strings.Join(names, " "))
}

// Counter is the present value of a counter of the host's. What is counted from
// packets (Counter.Doc says which) needs a trace that has kept everything.
func (w *World) Counter(h *Host, c Counter) uint64 {
	n, err := h.Counter(c)
	w.check(err)
	return n
}

// Counter is World.Counter for programs: an unknown counter, or a trace that has
// not kept everything that the counter needs, is an error.
func (h *Host) Counter(c Counter) (uint64, error) {
	if c >= countersEnd {
		return 0, fmt.Errorf("sim: there is no counter with the number %d: use one of the constants", uint8(c))
	}
	switch row := &counterRows[c]; {
	case row.stats != nil:
		s := h.Stats()
		return row.stats(&s), nil
	case row.sockets != nil:
		return row.sockets(h.Sockets()), nil
	default:
		p, err := h.w.AllPackets()
		if err != nil {
			return 0, fmt.Errorf("counter %s: %w", c, err)
		}
		return row.packets(p.Where(From(h))), nil
	}
}

// counted are the counters of the host's stack that have counted something,
// for reports.
func (h *Host) counted() []report.Counter {
	var list []report.Counter
	s := h.Stats()
	for _, c := range Counters() {
		row := &counterRows[c]
		if row.now || row.stats == nil {
			continue
		}
		if n := row.stats(&s); n > 0 {
			list = append(list, report.Counter{Name: row.name, Value: n})
		}
	}
	return list
}

// MarshalText writes the counter's name.
func (c Counter) MarshalText() ([]byte, error) {
	if c >= countersEnd {
		return nil, fmt.Errorf("sim: there is no counter with the number %d", uint8(c))
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads a counter's name.
func (c *Counter) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCounter(string(text))
	return err
}
