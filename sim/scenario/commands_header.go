package scenario

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

// nothing is the action of commands that only change the header.
func nothing(*runner, *call) {}

func headerCommands() []*spec {
	return []*spec{
		{
			name: "seed", group: groupHeader, header: true, syntax: "seed N",
			doc:     "Draws all chance from N instead of 1. `warren sim run --seed` goes before it.",
			compile: compileSeed,
		}, {
			name: "order", group: groupHeader, header: true, syntax: "order fixed|seeded",
			doc: "Says which of several background calls goes on first: the one that was started first, or one drawn from the seed.",
			compile: func(a *args) compiled {
				if a.choice(a.next("fixed|seeded"), "order", "fixed", "seeded") == "seeded" {
					a.c.header.order = sim.OrderSeeded
				}
				return compiled{run: nothing}
			},
		}, {
			name: "limits", group: groupHeader, header: true, syntax: "limits [events=N] [time=TIME]",
			doc:     "Ends the run with an error beyond so many events, or so much virtual time. Without it: 20 million events and a year.",
			compile: compileLimits,
		}, {
			name: "paths", group: groupHeader, header: true, syntax: "paths PATH-SETTING...",
			doc: "Settings of all paths that have none of their own; see `link`.",
			compile: func(a *args) compiled {
				a.pathSettings(&a.c.header.path)
				return compiled{run: nothing}
			},
		}, {
			name: "tcp", group: groupHeader, header: true, syntax: "tcp TCP-SETTING...",
			doc: "TCP settings of all hosts; see `host`, where a host's own go before these.",
			compile: func(a *args) compiled {
				a.tcpSettings(&a.c.header.tcp)
				return compiled{run: nothing}
			},
		},
	}
}

func compileSeed(a *args) compiled {
	t := a.next("N")
	n, err := strconv.ParseUint(t.text, 10, 64)
	if err != nil || n == 0 {
		a.fail(t, "the seed is %q: give a whole number from 1 on", t.text)
	}
	a.c.header.seed = n
	return compiled{run: nothing}
}

// The limits of a scenario that sets none.
const (
	eventsDefault = 20_000_000
	timeDefault   = 366 * 24 * time.Hour
)

func compileLimits(a *args) compiled {
	l := &a.c.header.limits
	if t, ok := a.key("events"); ok {
		l.Events = uint64(a.large(t, "events", 1, 1<<40))
	}
	if d, ok := a.durationKey("time"); ok {
		l.Time = d
	}
	return compiled{run: nothing}
}

// tcpSettings reads the settings of a host's TCP over what is there.
func (a *args) tcpSettings(tcp *netstack.TCPConfig) {
	if t, ok := a.key("ports"); ok {
		tcp.EphemeralPorts = a.portRange(t)
	}
	a.tcpTimes(tcp)
	if t, ok := a.key("timewait-reuse"); ok {
		switch a.choice(t, "timewait-reuse", "loopback", "always", "never") {
		case "always":
			tcp.TimeWaitReuse = netstack.TimeWaitReuseAlways
		case "never":
			tcp.TimeWaitReuse = netstack.TimeWaitReuseNever
		}
	}
	tcp.SYNRetries = a.numberKey("syn-retries", tcp.SYNRetries, 1, 6)
	if tcp.Retries = a.numberKey("retries", tcp.Retries, 1, 255); tcp.Retries == 1 {
		tcp.Retries = -1
	}
	if t, ok := a.key("keepalive"); ok {
		a.keepAlive(t, tcp)
	}
	if t, ok := a.key("send-buffer"); ok {
		tcp.SendBuffer = a.buffer(t)
	}
	if t, ok := a.key("receive-buffer"); ok {
		tcp.ReceiveBuffer = a.buffer(t)
		tcp.FixedReceiveBuffer = tcp.ReceiveBuffer.Default == tcp.ReceiveBuffer.Max
	}
	tcp.NoSACK = a.flag("no-sack") || tcp.NoSACK
	tcp.NoRACK = a.flag("no-rack") || tcp.NoRACK
	if t, ok := a.key("congestion"); ok {
		tcp.CongestionControl = a.choice(t, "congestion control", "cubic", "reno")
	}
	if t, ok := a.key("cookies"); ok {
		tcp.SYNCookies = a.choice(t, "cookies", "automatic", "always")
	}
}

// tcpTimes reads the settings that are times. none, where it is allowed, is
// what the stack takes a negative time for.
func (a *args) tcpTimes(tcp *netstack.TCPConfig) {
	for _, s := range []struct {
		key  string
		none bool
		to   *time.Duration
	}{
		{"timewait", true, &tcp.TimeWait}, {"finwait2", true, &tcp.FinWait2}, {"user-timeout", true, &tcp.UserTimeout},
		{"rto-min", false, &tcp.RTOMin}, {"rto-max", false, &tcp.RTOMax},
	} {
		t, ok := a.key(s.key)
		if ok && s.none && t.text == "none" {
			*s.to = -1
		} else if ok {
			*s.to = a.positive(t, s.key)
		}
	}
}

// positive reads a time above 0.
func (a *args) positive(t token, what string) time.Duration {
	d := a.duration(t, what)
	if d == 0 {
		a.fail(t, "%s is %q: give a time above 0", what, t.text)
	}
	return d
}

// portRange reads FIRST-LAST, or one port.
func (a *args) portRange(t token) netstack.PortRange {
	first, last, two := strings.Cut(t.text, "-")
	if !two {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	to, toErr := strconv.ParseUint(last, 10, 16)
	if err != nil || toErr != nil || from == 0 || to < from {
		a.fail(t, "ports is %q: give the first and the last port, such as 40000-40003", t.text)
	}
	return netstack.PortRange{First: uint16(from), Last: uint16(to)}
}

// keepAlive reads IDLE/INTERVAL/COUNT, on or off.
func (a *args) keepAlive(t token, tcp *netstack.TCPConfig) {
	k := &tcp.KeepAlive
	if k.Enable = t.text != "off"; !k.Enable || t.text == "on" {
		k.Idle, k.Interval, k.Count = -1, -1, -1 // the stack's own
		return
	}
	k.Idle, k.Interval, k.Count = a.keepAliveTimes(t)
}

func (a *args) keepAliveTimes(t token) (idle, interval time.Duration, count int) {
	parts := strings.Split(t.text, "/")
	if len(parts) == 3 {
		var err, intervalErr, countErr error
		idle, err = time.ParseDuration(parts[0])
		interval, intervalErr = time.ParseDuration(parts[1])
		count, countErr = strconv.Atoi(parts[2])
		if err == nil && intervalErr == nil && countErr == nil && idle > 0 && interval > 0 && count > 0 && count < 128 {
			return idle, interval, count
		}
	}
	a.fail(t, "keepalive is %q: give on, off, or idle time, interval and number of probes, such as 2h/75s/9", t.text)
	return 0, 0, 0
}

// bufferBytesMax bounds buffers, so that a typo does not take the machine's
// memory.
const bufferBytesMax = 256 << 20

// buffer reads BYTES, for a fixed size, or MIN/DEFAULT/MAX.
func (a *args) buffer(t token) netstack.BufferBytes {
	parts := strings.Split(t.text, "/")
	if len(parts) == 1 {
		n := a.bytes(t, t.key, bufferBytesMax)
		if n == 0 {
			a.fail(t, "%s is %q: no byte fits: give a size such as 64k", t.key, t.text)
		}
		return netstack.BufferBytes{Min: min(n, 4096), Default: n, Max: n}
	}
	if len(parts) != 3 {
		a.fail(t, "%s is %q: give one size, or least, default and most, such as 4k/64k/1M", t.key, t.text)
		return netstack.BufferBytes{}
	}
	var sizes [3]int
	for i, part := range parts {
		one := t
		one.text = part
		sizes[i] = a.bytes(one, t.key, bufferBytesMax)
	}
	return netstack.BufferBytes{Min: sizes[0], Default: sizes[1], Max: sizes[2]}
}
