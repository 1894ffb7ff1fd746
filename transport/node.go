package transport

import (
	"fmt"
	"sync"
)

// Config describes a Node. The zero value is not usable: Network has no
// default.
type Config struct {
	// Network carries the sockets that do not choose another one.
	Network Network
	// Networks are further choices for the option tcp_module, by the name
	// that the option uses. Network needs no entry.
	Networks map[string]Network
	// Clock is where every timeout comes from; nil is the system's.
	Clock Clock
	// Scheduler decides when goroutines go on; nil is Go's own.
	Scheduler Scheduler
	// SocketsMax is how many sockets may be open, listeners and those that
	// still flush included; beyond it Listen, Accept and Connect answer
	// ErrSystemLimit. 0 means 65536, negative no limit.
	SocketsMax int
	// MailboxBytesMax is how much data may wait in one owner's mailbox.
	// When it is full its active sockets are no longer read, which the
	// peers feel as a closed window; each socket may exceed the limit by
	// the one message that it then has waiting. 0 means 64 MiB; negative
	// is refused.
	MailboxBytesMax int
}

func (c Config) socketsMax() int {
	if c.SocketsMax == 0 {
		return 65536
	}
	return c.SocketsMax
}

func (c Config) mailboxBytesMax() int {
	if c.MailboxBytesMax == 0 {
		return 64 << 20
	}
	return c.MailboxBytesMax
}

func (c Config) check() error {
	if c.Network == nil {
		return fmt.Errorf("transport: Config.Network is nil: give the network that carries the sockets, for example transport.Kernel(): %w", ErrBadArg)
	}
	for name, n := range c.Networks {
		if name == "" || n == nil {
			return fmt.Errorf("transport: Config.Networks[%q] = %v: give every network a name and a value: %w", name, n, ErrBadArg)
		}
	}
	if c.MailboxBytesMax < 0 {
		return fmt.Errorf("transport: Config.MailboxBytesMax = %d: use 0 for the default of 64 MiB, or a number of bytes: %w", c.MailboxBytesMax, ErrBadArg)
	}
	return nil
}

// Node holds owners and their sockets over one or several networks. It may be
// used by any number of goroutines.
type Node struct {
	network  Network
	networks map[string]Network
	clock    Clock
	sched    Scheduler

	socketsMax      int
	mailboxBytesMax int

	mu       sync.Mutex
	closed   bool
	sequence uint64 // of owners and sockets, for an order that is not chance
	owners   map[*Owner]struct{}
	sockets  map[*Socket]struct{} // with a network socket, flushing ones too
	held     int                  // len(sockets) and what is about to be one
	jobs     int                  // goroutines that run pumps
	idle     []*waiter            // wait for jobs == 0
	ended    bool                 // Close has waited for jobs
}

// NewNode returns a node without owners. Errors name the field of Config and
// match ErrBadArg.
func NewNode(c Config) (*Node, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	n := &Node{
		network:         c.Network,
		networks:        map[string]Network{c.Network.Name(): c.Network},
		clock:           c.Clock,
		sched:           c.Scheduler,
		socketsMax:      c.socketsMax(),
		mailboxBytesMax: c.mailboxBytesMax(),
		owners:          make(map[*Owner]struct{}),
		sockets:         make(map[*Socket]struct{}),
	}
	for name, network := range c.Networks {
		n.networks[name] = network
	}
	if n.clock == nil {
		n.clock = systemClock{}
	}
	return n, nil
}

// Scheduler returns Config.Scheduler, nil where Go's own decides. Whoever
// waits beside the node's calls obeys it too.
func (n *Node) Scheduler() Scheduler { return n.sched }

// Close ends all owners, resets the connections that still have queued data,
// closes everything else, and waits for the node's goroutines. It may be
// called at any time and more than once; later calls of any kind answer
// ErrClosed. It always returns nil.
func (n *Node) Close() error {
	n.mu.Lock()
	n.closed = true
	owners := sortedKeys(n.owners)
	n.mu.Unlock()
	for _, o := range owners {
		o.Exit()
	}
	n.mu.Lock()
	left := sortedKeys(n.sockets)
	n.mu.Unlock()
	for _, s := range left {
		s.abort()
	}
	n.awaitJobs()
	return nil
}

// awaitJobs blocks until no pump runs, and lets none start any more.
func (n *Node) awaitJobs() {
	w := n.freshWaiter(nil)
	defer w.done()
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.jobs > 0 {
		n.idle = append(n.idle, w)
		n.mu.Unlock()
		w.wait()
		n.mu.Lock()
	}
	n.ended = true
}

// reserve takes one of the node's sockets; release or adopt follows.
func (n *Node) reserve() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return ErrClosed
	}
	if n.socketsMax > 0 && n.held >= n.socketsMax {
		return ErrSystemLimit
	}
	n.held++
	return nil
}

// release undoes reserve.
func (n *Node) release() {
	n.mu.Lock()
	n.held--
	n.mu.Unlock()
}

// adopt turns a reservation into the socket s.
func (n *Node) adopt(s *Socket) {
	n.mu.Lock()
	n.sequence++
	s.id = n.sequence
	n.sockets[s] = struct{}{}
	n.mu.Unlock()
}

// forget undoes adopt, when the network's socket has been closed.
func (n *Node) forget(s *Socket) {
	n.mu.Lock()
	if _, ok := n.sockets[s]; ok {
		delete(n.sockets, s)
		n.held--
	}
	n.mu.Unlock()
}

// ready hands a wake-up to the scheduler.
func (n *Node) ready(wake func()) {
	if n.sched != nil {
		n.sched.Ready(wake)
		return
	}
	wake()
}

// start runs the pump of s on a goroutine that Close waits for. It may be
// called with locks of a network held. A notification that was under way when
// its socket was given back may come after Close has waited: there is nothing
// left to pump then.
func (n *Node) start(s *Socket) {
	n.mu.Lock()
	if n.ended {
		n.mu.Unlock()
		return
	}
	n.jobs++
	if s.job == nil {
		s.job = func() {
			defer n.finish()
			growStack(false)
			s.pump()
		}
	}
	job := s.job
	n.mu.Unlock()
	if n.sched == nil {
		go job()
		return
	}
	n.sched.Ready(func() { n.sched.Go(job) })
}

// stackBytes is what a network below may need: gVisor sends from deep inside a
// call that reads.
const stackBytes = 12 << 10

// growStack makes a goroutine's stack large while there is nothing on it. A
// stack that grows below a deep call is copied, several times over, and each
// frame is adjusted: an eighth of the time of a busy pump. It is enough to
// enter a function with so large a frame; clearing that is not wanted, so use
// is false.
//
//go:noinline
func growStack(use bool) {
	if use {
		var room [stackBytes]byte
		keepByte(&room[0])
	}
}

// keepByte keeps what b is part of on its caller's stack.
//
//go:noinline
func keepByte(b *byte) { *b = 1 }

// finish counts one goroutine less.
func (n *Node) finish() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.jobs--
	if n.jobs == 0 {
		for _, w := range n.idle {
			w.wake()
		}
		n.idle = nil
	}
}
