package sim

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// Config says what a world is like. Zero fields mean the documented defaults.
type Config struct {
	// Seed is where all chance comes from: the faults, the jitter, the
	// entropy of the hosts. 0 means 1, or in a test what -sim.seed says.
	Seed uint64

	// Limits end a run that does not end by itself, with an error that says
	// where it stood. Zero fields mean 100 million events and ten years.
	Limits engine.Limits

	// Path describes all paths that Link and Path do not configure. The zero
	// value delivers at once.
	Path PathConfig

	// TCP holds the settings of hosts that have none of their own.
	TCP netstack.TCPConfig

	// Trace says what is kept of what happens to packets. The zero value
	// keeps the first 50000 records, for queries, and the last 2000, for reports
	// of runs that had more.
	Trace engine.TraceConfig

	// Samples asks a cooperative world for what TCP knows of its connections
	// at each change, for the curves of a report. In sim.Test -sim.html does.
	Samples bool

	// Order says who goes on first in a cooperative world. A bubble has no
	// choice.
	Order Order

	// Judge, if not nil, stands between the network and the faults: it is
	// given the world's faults and judges in their place. Recording and
	// replaying verdicts is done so.
	Judge func(faults engine.Judge) engine.Judge

	// Faults, if not nil, stand in for all faults that the program adds: what
	// -sim.shrink has left of a failing run, or none with an empty list. A
	// fault of the list that is about a host or about names holds from where
	// the program adds the same. -sim.faults reads such a list from a file.
	Faults fault.List

	rehearsal rehearsal
	without   controls
}

// controls switch off what makes runs repeatable, to show in tests that it
// is needed.
type controls struct {
	ordering bool // of what leaves the hosts in one instant
	settling bool // of stacks before anything else happens
}

// Aliases of what describes paths, so that most programs import sim alone.
type (
	// PathConfig describes one direction between two hosts.
	PathConfig = engine.PathConfig
	// Queue is where packets of a path with a rate wait.
	Queue = engine.Queue
	// Jitter varies the delay of a path.
	Jitter = engine.Jitter
	// Limits bound a run.
	Limits = engine.Limits
)

const (
	eventsMost  = 100_000_000
	timeMost    = 10 * 365 * 24 * time.Hour
	recordsMost = 50_000
	recordsLast = 2000
)

// Start is what the clocks of all hosts show when a world begins, but for
// their offsets. It is the time at which a testing/synctest bubble begins.
var Start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// World is a network of hosts in virtual time. See the package comment for
// the two kinds. A World belongs to the goroutines of its own programs; it may
// be used by several of them at once in a bubble.
type World struct {
	cfg    Config
	events *engine.Events
	net    *engine.Network
	faults *fault.Set
	stage  stage // between net and faults
	trace  *engine.Trace
	sched  scheduling
	plan   plan
	fatal  func(error) // ends the test, or panics

	topo sync.Mutex // adding hosts and paths
	seen *packetLog // of topo: for Packets, nil until it is asked for

	marked time.Duration // of mu: when Mark was called

	instant instant // the driver's

	ended context.Context // ends when the run fails or the world is closed
	end   context.CancelFunc

	mu      sync.Mutex
	hosts   []*Host // by rank
	names   map[string]*Host
	routers []*Router
	aliases map[string][]netip.Addr // by AddName
	touched []*Host                 // whose stacks may have something to do
	settled []*Host                 // the driver's: the other buffer of touched
	wakers  []*Host                 // that have wake-ups
	pauses  []*pause
	diary   diary
	err     error
	closed  bool
}

// New returns a cooperative world, for programs and for tests without a
// bubble. It must be closed.
//
// The calling goroutine becomes its driver: a call that waits (Dial, Accept,
// Read, Sleep, RunFor) and is made by it moves the world until it is over.
// Programs started with Host.Go have their turns one at a time. No other
// goroutine may use the world.
func New(cfg Config) (*World, error) {
	w, err := newWorld(cfg)
	if err != nil {
		return nil, err
	}
	if w.sched, err = newTurns(w, cfg.Order); err != nil {
		return nil, err
	}
	w.diary.sampling = cfg.Samples
	w.fatal = func(err error) { panic(err) }
	return w, nil
}

func newWorld(cfg Config) (*World, error) {
	if cfg.Seed == 0 {
		cfg.Seed = 1
	}
	if cfg.Limits.Events == 0 {
		cfg.Limits.Events = eventsMost
	}
	if cfg.Limits.Time == 0 {
		cfg.Limits.Time = timeMost
	}
	if cfg.Trace == (engine.TraceConfig{}) {
		cfg.Trace = engine.TraceConfig{Full: true, Most: recordsMost, Ring: recordsLast}
	}
	events, err := engine.NewEvents(cfg.Limits)
	if err != nil {
		return nil, err
	}
	w := &World{
		cfg: cfg, events: events, names: map[string]*Host{},
		faults: fault.NewSet(faultSeed(cfg.Seed)),
		trace:  engine.NewTrace(cfg.Trace),
	}
	w.faults.Serve(hostEvents{w})
	w.ended, w.end = context.WithCancel(context.Background())
	var judge engine.Judge = w.faults
	if cfg.Judge != nil {
		judge = cfg.Judge(judge)
	}
	if w.stage, judge, err = newStage(&cfg, judge); err != nil {
		return nil, err
	}
	w.net, err = engine.New(engine.Config{
		Seed: cfg.Seed, Events: events, Judge: judge, Trace: w.trace, Path: cfg.Path,
		Unordered: cfg.without.ordering, NewPacket: newPacket,
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// newPacket makes a packet of bytes, which it borrows.
func newPacket(b []byte) engine.Packet {
	p := netstack.NewPacket(len(b))
	for segment := range p.Segments {
		b = b[copy(segment, b):]
	}
	return p
}

// Seed is the seed that the world runs with.
func (w *World) Seed() uint64 { return w.cfg.Seed }

// Now is the virtual time since the world began.
func (w *World) Now() time.Duration {
	w.sched.catchUp()
	return w.events.Now()
}

// Trace is what has happened to packets so far. It is borrowed: read it while
// the world stands still.
func (w *World) Trace() *engine.Trace { return w.trace }

// Hash is the hash of everything that has happened to packets so far: their
// bytes, times and verdicts, in order.
func (w *World) Hash() string { return w.trace.Sum() }

// Events counts what has happened so far: arrivals, timers, faults.
func (w *World) Events() uint64 { return w.events.Fired() }

// Faults are the faults of the world.
func (w *World) Faults() *fault.Set { return w.faults }

// Hosts lists the hosts in the order in which they were added.
func (w *World) Hosts() []*Host {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.hosts)
}

// Err is why the world has ended before its time: a limit that was reached, or
// programs that wait for what never happens. It is nil while all is well.
func (w *World) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// AddFault adds a fault, which holds for all packets that enter a path from
// now on, or says what is wrong with it.
func (w *World) AddFault(f fault.Fault) (*fault.Handle, error) {
	if err := w.checkNames(f); err != nil {
		return nil, err
	}
	h, err := w.stage.add(w.faults, f)
	if err == nil {
		w.noteFault(h)
	}
	return h, err
}

// Fault is AddFault for tests: a mistake in f ends the test.
func (w *World) Fault(f fault.Fault) *fault.Handle {
	h, err := w.AddFault(f)
	w.check(err)
	return h
}

// check ends the test, or panics in a cooperative world, if err is not nil.
func (w *World) check(err error) {
	if err != nil {
		w.fatal(err)
	}
}

// Close ends the world: every host's stack is closed, so blocked calls return
// net.ErrClosed, and programs are given the time to end. It returns Err, or an
// error that names programs that did not end. In a bubble sim.Test does it. The
// programs of a cooperative world cannot: to them it is an error.
func (w *World) Close() error {
	if err := w.sched.mayClose(); err != nil {
		return err
	}
	w.mu.Lock()
	closed := w.closed
	w.closed = true
	w.mu.Unlock()
	if closed {
		return nil
	}
	return w.sched.close()
}

func (w *World) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// closeHosts closes all stacks, in the order of the hosts.
func (w *World) closeHosts() {
	for _, h := range w.Hosts() {
		h.close()
	}
}

// fail ends the run with err: every host is closed, so that whoever waits goes
// on. Only the first failure counts.
func (w *World) fail(err error) {
	w.mu.Lock()
	first := w.err == nil
	if first {
		w.err = err
	}
	w.mu.Unlock()
	if first {
		w.sched.failed(err)
		w.end()
	}
}
