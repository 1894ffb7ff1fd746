package report

import (
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// Run is what is known of one run, in plain values. Every field may be left
// empty; what needs it is then left out of the report. The functions of this
// package borrow a Run and do not change it.
type Run struct {
	Test     string // the test's name; "" outside of tests
	Failed   bool   // it failed; where Failure is given that needs not be said
	Failure  string // why it failed, any number of lines; "" if it did not, or nobody knows
	Replay   string // the command that runs it again
	Seed     uint64
	Hash     string // of the trace up to here
	Versions Versions

	Start time.Time     // what an unshifted clock showed at the world's start
	Now   time.Duration // virtual time since then
	Steps uint64        // events that have happened

	Hosts   []Host   // hosts and routers in the order of their adding, which is the order of columns
	Paths   []Path   // those that were used
	Faults  []Fault  // in the order of their adding, lifted ones too
	Samples []Sample // in the order of time
	Notes   []Note   // in the order of time

	// Records are the trace, or the end of it, the oldest first. RecordsAll
	// is how many there were, as engine.Trace.Len says; smaller numbers mean
	// that Records are all.
	Records    []engine.Record
	RecordsAll uint64

	// Difference is where this run and its repetition parted; nil if they
	// did not, or if it ran once.
	Difference *Difference
}

// failed reports whether the run is known to have failed.
func (run *Run) failed() bool { return run.Failed || run.Failure != "" }

// Versions are what a trace's hash is promised for.
type Versions struct {
	Warren, GVisor, Go string
	GOARCH             string
}

// Host is a host or a router at the run's end.
type Host struct {
	Name      string
	Router    bool
	State     string // such as "crashed" or "paused"; "" is running
	Addresses []netip.Addr
	Sockets   []netstack.SocketInfo // as netstack.Stack.Sockets gives them
	Counters  []Counter             // those that are not 0
}

// Counter is something that has been counted on a host since its last start.
type Counter struct {
	Name  string // such as "listen-overflow-syn-drops"
	Value uint64
}

// Path is one direction between two ports at the run's end.
type Path struct {
	Name     string // like "client/eth0>server/eth0"
	Config   engine.PathConfig
	Counters engine.Counters
}

// Fault is a fault of any kind and how often it struck.
type Fault struct {
	Line string // as the fault prints
	Hits uint64
}

// Sample is what TCP knew of one connection at one moment.
type Sample struct {
	At   time.Duration
	Host string     // whose socket it is
	Flow fault.Flow // from the socket's local to its remote address

	CongestionWindow   int           // segments
	SlowStartThreshold int           // segments; 1 << 30 and above is "none yet"
	RTT, RTTVar, RTO   time.Duration // 0 is not known yet
	Retransmits        uint64        // so far
}

// SampleOf takes a sample from a socket's description; ok is false for sockets
// that are no connections.
func SampleOf(at time.Duration, host string, s netstack.SocketInfo) (sample Sample, ok bool) {
	t := s.TCP
	if t == nil || !s.Remote.IsValid() {
		return Sample{}, false
	}
	return Sample{
		At: at, Host: host, Flow: fault.Flow{Src: s.Local, Dst: s.Remote, Proto: fault.TCP},
		CongestionWindow: t.CongestionWindow, SlowStartThreshold: t.SlowStartThreshold,
		RTT: t.RTT, RTTVar: t.RTTVar, RTO: t.RTO, Retransmits: t.Retransmits,
	}, true
}

// NoteKind says where a Note comes from.
type NoteKind string

// The kinds.
const (
	NoteText   NoteKind = "note"    // said by the test or the application
	NoteWakeUp NoteKind = "wake-up" // a goroutine went on: a socket was ready, a timer fired
	NoteHost   NoteKind = "host"    // a host crashed, started, paused
	NoteFault  NoteKind = "fault"   // a fault was added
)

// Note is something besides packets that happened.
type Note struct {
	At   time.Duration
	Host string // "" is the world
	Kind NoteKind
	Text string
}

// Difference is where two runs of one test parted: the first records that are
// not the same, and what was woken last before them.
type Difference struct {
	Packets engine.Difference
	// WakeUps are the last wake-ups before the difference in the first run
	// and in the second, the oldest first.
	WakeUps [2][]Note
}
