package netstack

import (
	"errors"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// Stack is a TCP/IP host inside the process. Its methods may be called from
// any goroutine. It must be closed.
type Stack struct {
	cfg   Config
	gs    *stack.Stack // gVisor's stack
	time  *stackClock  // gVisor's clock, over clock
	clock Clock
	sched Scheduler // nil: Go's own
	nics  []*nic    // immutable after New; nics[0] is the loopback

	mu       sync.Mutex
	sockets  map[socket]uint64 // those in the application's hands, numbered as they were opened
	opened   uint64            // the last of these numbers
	crowd    crowd             // how many of them are connections
	draining bool              // no new listeners
	closing  bool              // no new sockets
	err      error             // why the stack ended, nil for Close

	drain gate // where Shutdown waits

	backlog    backlogWatch
	pings      pingWatch
	pieces     reassemblyWatch
	ownBuffers ownBuffers     // immutable after New
	loop       *loopbackQueue // nil without a Scheduler
	limit      socketLimit    // of sockets in the application's hands

	// What the stack below does not count, or not alone.
	ports            portCounts
	dialTimeouts     atomic.Uint64
	dialsRefused     atomic.Uint64
	finWait2Timeouts atomic.Uint64

	done     chan struct{}  // closed when everything has ended
	aborting sync.WaitGroup // the goroutine of abortAll

	settle     sync.Mutex // held while the TCP processors are paused
	processors int        // how many of them there are
}

// nic is an interface of the stack.
type nic struct {
	id        tcpip.NICID
	name      string
	addresses []netip.Prefix
	mtu       int
	stats     tcpip.NICStats
	link      *linkEndpoint // nil for the loopback
}

// New makes a stack of cfg and starts its links. It takes over the links of
// cfg in any case: when it fails, they are closed. Inside a testing/synctest
// bubble a stack can be used but not made: gVisor's parked goroutines do not
// count as idle there, and the bubble's time would stand still.
func New(cfg Config) (*Stack, error) {
	s, err := newStack(cfg)
	if err != nil {
		for _, i := range cfg.Interfaces {
			if i.Link != nil {
				err = errors.Join(err, i.Link.Close())
			}
		}
		return nil, err
	}
	return s, nil
}

func newStack(cfg Config) (*Stack, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if onlyPipes(cfg.Interfaces) {
		cfg.TCP = cfg.TCP.overPipes()
	}
	own := newOwnBuffers(cfg.TCP, cfg.Interfaces)
	cfg.TCP = cfg.TCP.withDefaults()
	if cfg.Name == "" {
		cfg.Name = "stack"
	}
	random := newEntropy(cfg.Entropy, cfg.Logger)
	s := &Stack{
		cfg:     cfg,
		time:    newStackClock(cfg.Clock),
		sched:   cfg.Scheduler,
		sockets: make(map[socket]uint64),
		done:    make(chan struct{}),

		ownBuffers: own,
		processors: runtime.GOMAXPROCS(0), // as gVisor counts them
	}
	s.clock = s.time.clock
	s.drain.stack = s
	s.gs = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocolCUBIC, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
		Clock:              s.time,
		HandleLocal:        true,
		RandSource:         newRandSource(random),
		SecureRNG:          random,
	})
	s.backlog.gs = s.gs
	s.pieces.gs, s.pieces.clock = s.gs, s.clock
	if s.sched != nil {
		s.loop = &loopbackQueue{time: s.time}
	}
	err := random.failed()
	if err == nil {
		err = applyTCP(s.gs, cfg.TCP)
	}
	if err == nil {
		err = s.addInterfaces()
	}
	if err != nil {
		return nil, errors.Join(err, s.end(err))
	}
	return s, nil
}
