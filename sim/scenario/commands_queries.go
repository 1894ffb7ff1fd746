package scenario

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

func queryCommands() []*spec {
	return slices.Concat([]*spec{
		{
			name: "sockets", group: groupQueries, syntax: "sockets HOST [STATE]...",
			doc: "Shows the sockets of a host, those in TIME-WAIT and in backlogs too, or only those in some states.", compile: compileSockets,
		}, {
			name: "info", group: groupQueries, syntax: "info CONNECTION [FIELD]...",
			doc: "Shows what TCP knows of a connection: " + strings.Join(infoNames(), ", ") + ".", compile: compileInfo,
		}, {
			name: "counters", group: groupQueries, syntax: "counters HOST [COUNTER]...",
			doc: "Shows counters of a host, those given or those that are not 0: " + strings.Join(counterNames(), ", ") + ".", compile: compileCounters,
		}, {
			name: "elapsed", group: groupQueries, syntax: "elapsed [MARK]", doc: "Shows the time since the world's start, or since a mark.",
			compile: compileElapsed,
		}, {
			name: "hash", group: groupQueries, syntax: "hash",
			doc: "Shows the hash of everything that has happened to packets. On another GOARCH the line is not compared.",
			compile: func(*args) compiled {
				return compiled{run: func(r *runner, _ *call) { r.print("%s%s", hashPrefix(runtime.GOARCH), r.w.Hash()) }}
			},
		}, {
			name: "note", group: groupQueries, syntax: "note \"TEXT\"", doc: "Prints a text with the time, and notes it in a report.",
			compile: func(a *args) compiled {
				text := oneLine(a.next("\"TEXT\"").text)
				return compiled{run: func(r *runner, _ *call) {
					r.stamped(r.w.Now(), "%s", text)
					r.w.Note(text)
				}}
			},
		},
	}, packetCommands(), []*spec{watchCommand()})
}

// hashPrefix begins the line of a hash that holds for a GOARCH.
func hashPrefix(arch string) string { return "hash " + arch + ": " }

// socketStates are the states that can be asked for.
var socketStates = []string{
	"LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",
	"LAST-ACK", "TIME-WAIT", "CLOSED", "UNCONN", "CONNECTED",
}

func compileSockets(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	var states []string
	for a.more() {
		states = append(states, a.choice(a.next("STATE"), "state", socketStates...))
	}
	return compiled{run: func(r *runner, _ *call) {
		r.w.Wait() // what was called at this instant has its effect
		none := true
		for _, s := range r.host(host.name).Sockets() {
			if states == nil || slices.Contains(states, s.State) {
				none = false
				r.print("%s", r.socketLine(s))
			}
		}
		if none {
			r.print("no sockets")
		}
	}}
}

// socketLine shows a socket.
func (r *runner) socketLine(s netstack.SocketInfo) string {
	local := r.endName(s.Local)
	if s.Local.Addr().IsUnspecified() {
		local = fmt.Sprintf("*:%d", s.Local.Port())
	}
	line := fmt.Sprintf("%s %s %s", s.Network, s.State, local)
	if s.Remote.IsValid() {
		line += " > " + r.endName(s.Remote)
	}
	if s.ReceiveQueueBytes > 0 {
		line += fmt.Sprintf(" unread=%d", s.ReceiveQueueBytes)
	}
	return line
}

// infoFields are what info can show, in its order.
var infoFields = []struct {
	name string
	text func(i *netstack.TCPInfo) string
}{
	{"state", func(i *netstack.TCPInfo) string { return i.State.String() }},
	{"rtt", func(i *netstack.TCPInfo) string { return i.RTT.String() }},
	{"rttvar", func(i *netstack.TCPInfo) string { return i.RTTVar.String() }},
	{"rto", func(i *netstack.TCPInfo) string { return i.RTO.String() }},
	{"cwnd", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.CongestionWindow) }},
	{"ssthresh", func(i *netstack.TCPInfo) string {
		if i.SlowStartThreshold >= math.MaxInt32 {
			return "none"
		}
		return fmt.Sprint(i.SlowStartThreshold)
	}},
	{"recovering", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.Recovering) }},
	{"reordered", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.Reordered) }},
	{"unread", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.ReceiveQueueBytes) }},
	{"sent", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.SegmentsSent) }},
	{"received", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.SegmentsReceived) }},
	{"retransmits", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.Retransmits) }},
	{"fast-retransmits", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.FastRetransmits) }},
	{"timeouts", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.RetransmitTimeouts) }},
	{"zero-windows", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.ZeroWindowsSent) }},
	{"sack", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.SACK) }},
	{"timestamps", func(i *netstack.TCPInfo) string { return fmt.Sprint(i.Timestamps) }},
}

// infoNames lists the names of infoFields.
func infoNames() []string {
	names := make([]string, len(infoFields))
	for i, f := range infoFields {
		names[i] = f.name
	}
	return names
}

// infoDefault is how many of infoFields are shown where none is asked for.
const infoDefault = 6

func compileInfo(a *args) compiled {
	s := a.nextSymbol("CONNECTION", kindConn)
	var fields []string
	for a.more() {
		fields = append(fields, a.choice(a.next("FIELD"), "field", infoNames()...))
	}
	if fields == nil {
		fields = infoNames()[:infoDefault]
	}
	return compiled{run: func(r *runner, c *call) {
		r.w.Wait()
		conn := r.conn(s, c)
		if conn == nil {
			return
		}
		info := conn.TCPInfo()
		r.print("%s: %s", s.name, infoText(&info, fields))
	}}
}

// counterNames lists all counters.
func counterNames() []string {
	var names []string
	for _, c := range sim.Counters() {
		names = append(names, c.String())
	}
	return names
}

func compileCounters(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	var list []sim.Counter
	for a.more() {
		t := a.next("COUNTER")
		counter, err := sim.ParseCounter(t.text)
		if err != nil {
			a.fail(t, "%s", unknown("counter", t.text, counterNames()))
		}
		list = append(list, counter)
	}
	return compiled{run: func(r *runner, c *call) {
		r.w.Wait()
		all := list
		if all == nil {
			all = sim.Counters()
		}
		for _, counter := range all {
			n, err := r.host(host.name).Counter(counter)
			if err != nil {
				r.stop(c, err)
				return
			}
			if n > 0 || list != nil {
				r.print("%s %v %d", host.name, counter, n)
			}
		}
	}}
}

func compileElapsed(a *args) compiled {
	mark := ""
	if a.more() {
		mark = a.nextSymbol("MARK", kindMark).name
	}
	return compiled{run: func(r *runner, _ *call) {
		since, _ := r.values[mark].(time.Duration)
		r.print("elapsed %v", r.w.Now()-since)
	}}
}
