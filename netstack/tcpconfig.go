package netstack

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/seqnum"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// TCPConfig holds the settings of a stack's TCP. Zero fields mean the
// documented defaults, which are those of a current Linux except where the
// field says otherwise. A stack that has no links but pipes has some of its own:
// see Pipe.
type TCPConfig struct {
	// EphemeralPorts are the ports that port 0 is chosen from, both ends
	// included, for UDP too. The zero value means 32768 to 60999.
	EphemeralPorts PortRange

	// TimeWait is how long a closed connection's addresses and ports are
	// kept from being used again (RFC 9293, section 3.4.2). 0 means 60 s,
	// negative not at all.
	TimeWait time.Duration

	// TimeWaitReuse says whether a dial may take over the ports of a
	// connection in TIME-WAIT (RFC 6191).
	TimeWaitReuse TimeWaitReuse

	// FinWait2 is how long a connection that was closed here waits for the
	// peer's FIN. 0 means 60 s; negative gives up at once.
	FinWait2 time.Duration

	// SYNRetries is how often the SYN of a dial is repeated before the dial
	// fails with ETIMEDOUT, 1 to 6: n repetitions take 2^(n+1)-1 seconds. 0
	// means 6, which is 127 s, after which gVisor gives up in any case.
	SYNRetries int

	// Retries is how often unacknowledged data is sent again before the
	// connection times out. 0 means 15; negative means at most once.
	Retries int

	// RTOMin and RTOMax bound the retransmission timeout (RFC 6298). 0 means
	// 200 ms and 120 s. With 64 connections or more no timer of TCP's is shorter
	// than 0.2 to 0.4 ms for each, 180 ms at most and less than RTOMin, so that
	// tail loss probes do not send again what only waits for the processor.
	RTOMin, RTOMax time.Duration

	// KeepAlive is what each new connection starts with, dialled or accepted.
	// Zero means off, as with a fresh kernel socket; package net would switch
	// it on (see package comment), which {Enable: true} does here. Where
	// Enable is set, the other fields mean what they do in package net: 0 is
	// 15 s, 15 s and 9 probes; negative leaves the stack's 2 h, 75 s and 9.
	KeepAlive net.KeepAliveConfig

	// UserTimeout is how long data may stay unacknowledged before each new
	// connection is closed (RFC 5482). 0 or negative leaves that to Retries.
	UserTimeout time.Duration

	// SendBuffer and ReceiveBuffer are the buffer sizes of a connection. The
	// zero value means 4 KiB, 1 MiB and 4 MiB: more makes a single stream no
	// faster and a thousand much slower. A large maximum needs a larger
	// minimum to receive, 64 KiB for 1 GiB, which zero then means.
	//
	// Where they are zero, a stack with 64 connections or more starts further
	// ones with less, each time their number doubles with half as much, down to
	// 128 KiB or 16 packets of the MTU to send and 256 KiB to receive, and lets
	// receive buffers grow to no more than 256 MiB among all, or 256 KiB each.
	// What is accepted starts to receive with what its listener had.
	SendBuffer, ReceiveBuffer BufferBytes

	// FixedReceiveBuffer keeps receive buffers at their default size. Else
	// they grow, up to the maximum, with what the application reads.
	FixedReceiveBuffer bool

	// NoSACK switches selective acknowledgements (RFC 2018) off, and RACK with
	// it. It pays on a link that neither loses nor reorders, nowhere else.
	NoSACK bool

	// NoRACK finds losses by counting duplicate acknowledgements alone,
	// instead of RACK-TLP (RFC 8985).
	NoRACK bool

	// CongestionControl is "cubic" (also for "") or "reno". gVisor's reno is
	// none: its window doubles in each round trip after a loss too, whatever
	// others on the path do. Its cubic falls short of RFC 9438 where a path
	// holds hundreds of segments and each is acknowledged by itself: after a
	// loss the window stands still, for 5 s with 150 segments and 15 s with
	// 400, then catches up.
	CongestionControl string

	// Timestamps is "automatic" (also for ""), "always" or "never": with whom
	// connections use the timestamps of RFC 7323. gVisor's count milliseconds,
	// and where they are used nothing else measures round trips: one of 50 us is
	// none, slow start ends with the first window, and a sender over a TUN device
	// reaches two thirds of its rate. "automatic" leaves them out with peers that
	// have an address on the network of a VirtioDevice, where this machine's
	// kernel is the other end, while there are fewer than 64 connections. Without
	// them a retransmission's round trip may be measured from the wrong copy, so
	// leave them to paths that lose packets.
	Timestamps string

	// SYNCookies is "automatic" (also for ""), which answers with cookies
	// while a listener has as many half-open connections as its backlog, or
	// "always". "off" is refused: the stack below has no such switch. With
	// "always" a cookie is good until it expires, so a late segment of a
	// connection that was reset can take a place in the accept queue.
	SYNCookies string
}

// PortRange is a range of ports, both ends included.
type PortRange struct {
	First, Last uint16
}

// BufferBytes are the sizes of a buffer: the least and the most that it can be
// set to or grow to, and what it starts with. Zero fields mean the defaults
// that TCPConfig documents.
type BufferBytes struct {
	Min, Default, Max int
}

// TimeWaitReuse says when a dial may take over the ports of a connection in
// TIME-WAIT.
type TimeWaitReuse uint8

const (
	// TimeWaitReuseLoopback allows it between loopback addresses. It is the
	// default.
	TimeWaitReuseLoopback TimeWaitReuse = iota
	// TimeWaitReuseAlways allows it to everywhere.
	TimeWaitReuseAlways
	// TimeWaitReuseNever forbids it.
	TimeWaitReuseNever
)

const (
	minRTODefault   = 200 * time.Millisecond
	maxRTODefault   = 120 * time.Second
	timeWaitDefault = 60 * time.Second
)

var (
	portsDefault  = PortRange{First: 32768, Last: 60999}
	bufferDefault = BufferBytes{Min: 4 << 10, Default: 1 << 20, Max: 4 << 20}
)

// withDefaults fills in what is zero, and makes "never" of what is negative.
func (c TCPConfig) withDefaults() TCPConfig {
	if c.EphemeralPorts == (PortRange{}) {
		c.EphemeralPorts = portsDefault
	}
	c.TimeWait = orNone(c.TimeWait, timeWaitDefault)
	c.FinWait2 = orNone(c.FinWait2, timeWaitDefault)
	if c.SYNRetries == 0 {
		c.SYNRetries = synRetriesMax
	}
	c.Retries = orNone(c.Retries, 15)
	c.RTOMin = orNone(c.RTOMin, minRTODefault)
	c.RTOMax = orNone(c.RTOMax, maxRTODefault)
	c.UserTimeout = max(c.UserTimeout, 0)
	c.SendBuffer = c.SendBuffer.withDefaults()
	c.ReceiveBuffer = c.ReceiveBuffer.withDefaults()
	if c.CongestionControl == "" {
		c.CongestionControl = "cubic"
	}
	if c.Timestamps == "" {
		c.Timestamps = timestampsAutomatic
	}
	if c.SYNCookies == "" {
		c.SYNCookies = "automatic"
	}
	return c
}

// withDefaults keeps the order Min <= Default <= Max where only some of them
// are given.
func (b BufferBytes) withDefaults() BufferBytes {
	if b.Min == 0 {
		b.Min = max(bufferDefault.Min, b.windowLeast())
		for _, limit := range []int{b.Default, b.Max} {
			if limit > 0 {
				b.Min = min(b.Min, limit)
			}
		}
	}
	if b.Default == 0 {
		b.Default = max(b.Min, bufferDefault.Default)
		if b.Max > 0 {
			b.Default = min(b.Default, b.Max)
		}
	}
	if b.Max == 0 {
		b.Max = max(b.Default, bufferDefault.Max)
	}
	return b
}

// windowLeast is the least receive buffer with which data flows, in bytes:
// Linux's least (SOCK_MIN_RCVBUF), and more for a large Max. A window is told in
// steps that grow with it (RFC 7323, section 2.2), gVisor tells half of the
// buffer, and a sender waits for more than one step.
func (b BufferBytes) windowLeast() int {
	return max(2304, 4<<tcp.FindWndScale(seqnum.Size(b.Max)))
}

// orNone is d for zero and 0, which is none, for a negative v.
func orNone[T int | time.Duration](v, d T) T {
	if v == 0 {
		return d
	}
	return max(v, 0)
}
