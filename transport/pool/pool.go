package pool

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"github.com/seed-731cb71d/warren/transport"
)

// Pool is a running acceptor pool. It is made by Start and ends with Close,
// Shutdown, the loss of its listener, or an acceptor that keeps failing. All
// methods may be called concurrently.
type Pool struct {
	cfg      Config
	owner    *transport.Owner // of the listener
	listener *transport.Socket
	done     chan struct{} // closed when the last goroutine has returned
	ctx      context.Context
	drain    context.CancelFunc // tells the handlers to finish

	mu        sync.Mutex
	stopping  bool // no more accepting
	cut       bool // no more serving either
	err       error
	running   int // goroutines
	info      Info
	acceptors roster
	handlers  roster
	enlisted  uint64 // owners so far, of either kind
	slots     slots
	waiting   []func() // wake who waits for done
}

// Info is a snapshot of a pool. Accepted = Active + Served + Refused.
type Info struct {
	Accepted uint64 // connections taken from the backlog
	Active   int    // handlers running
	Served   uint64 // connections whose handler has ended, restarted ones once
	Crashed  uint64 // panics of handlers
	Refused  uint64 // connections closed unserved: gone before the hand-over, or the pool was ending
	Retried  uint64 // accepts that timed out or met a connection that had been aborted
	Restarts uint64 // acceptors restarted after any other error

	HandlerRestarts uint64 // handlers started again after a panic

	Acceptors int // acceptors alive
	Paused    int // of these, waiting for a place below ConnectionsMax; each of the others holds one
}

// Start opens the listener, or takes over Config.Listener, and starts the
// acceptors. Errors name the field of Config and match transport.ErrBadArg,
// or are those of transport's Listen; then nothing is left open and
// Config.Listener is where it was.
func Start(cfg Config) (*Pool, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	p := &Pool{
		cfg:       cfg,
		owner:     cfg.Node.NewOwner(cfg.Name),
		done:      make(chan struct{}),
		acceptors: make(roster),
		handlers:  make(roster),
		slots:     slots{most: cfg.ConnectionsMax},
	}
	if err := p.open(); err != nil {
		p.owner.Exit()
		return nil, err
	}
	p.ctx, p.drain = context.WithCancel(context.Background())
	p.running = cfg.Acceptors
	for id := range cfg.Acceptors {
		p.start(func() { p.acceptor(id) })
	}
	return p, nil
}

// open gets the listener.
func (p *Pool) open() (err error) {
	if l := p.cfg.Listener; l != nil {
		owner := l.Owner()
		switch {
		case owner == nil:
			return fmt.Errorf("pool: Config.Listener: it is closed, give one that is open: %w", transport.ErrClosed)
		case !l.IsListener():
			return refused("Listener", l, "give a socket that Listen returned")
		}
		p.listener = l
		return owner.TCP().ControllingProcess(l, p.owner)
	}
	opts, err := Keywords(p.cfg.Options)
	if err != nil {
		return err
	}
	p.listener, err = p.owner.TCP().Listen(p.cfg.Port, append(Defaults(), opts...)...)
	return err
}

// Listener is the pool's listener. It serves to ask for addresses and to set
// options; later connections inherit them.
func (p *Pool) Listener() *transport.Socket { return p.listener }

// Addr is the address that the pool listens on; an error of transport's
// SockName when it has ended.
func (p *Pool) Addr() (netip.AddrPort, error) { return p.owner.TCP().SockName(p.listener) }

// Info takes a snapshot; it also works after the end.
func (p *Pool) Info() Info {
	p.mu.Lock()
	defer p.mu.Unlock()
	info := p.info
	info.Active = len(p.handlers)
	info.Acceptors = len(p.acceptors)
	info.Paused = len(p.slots.paused)
	return info
}

// Done is closed when the pool has ended and the last handler has returned.
func (p *Pool) Done() <-chan struct{} { return p.done }

// Err is why the pool has ended or is about to: nil while it runs and after
// Close and Shutdown, else the error of the acceptor that gave up.
func (p *Pool) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Shutdown closes the listener, which resets what waits in the backlog, tells
// the handlers through their context, and waits for them. When ctx ends first
// it ends their owners, which closes their sockets, and returns ctx's error
// without waiting further; see Done.
func (p *Pool) Shutdown(ctx context.Context) error {
	p.stop(nil)
	if p.await(ctx) {
		return nil
	}
	p.cutHandlers()
	return ctx.Err()
}

// Close is Shutdown without patience: handlers' sockets are closed at once.
// It waits for the handlers to return, so a handler must not call it. It
// always returns nil.
func (p *Pool) Close() error {
	p.stop(nil)
	p.cutHandlers()
	p.await(context.Background())
	return nil
}

// stop ends the accepting, for the reason cause. Only the first call counts.
func (p *Pool) stop(cause error) {
	p.mu.Lock()
	if p.stopping {
		p.mu.Unlock()
		return
	}
	p.stopping, p.err = true, cause
	acceptors := p.acceptors.inOrder()
	p.slots.wakeAll(p)
	p.mu.Unlock()

	p.owner.Exit()
	for _, o := range acceptors {
		o.Exit()
	}
	p.drain()
}

// cutHandlers ends the owners of the handlers that still run.
func (p *Pool) cutHandlers() {
	p.mu.Lock()
	p.cut = true
	handlers := p.handlers.inOrder()
	p.mu.Unlock()
	for _, o := range handlers {
		o.Exit()
	}
}

// start runs f, which has been counted in running, on a goroutine.
func (p *Pool) start(f func()) {
	job := func() {
		defer p.finish()
		f()
	}
	if s := p.cfg.Node.Scheduler(); s != nil {
		s.Go(job)
		return
	}
	go job()
}

// finish counts one goroutine less; the last one ends the pool.
func (p *Pool) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	if p.running > 0 {
		return
	}
	close(p.done)
	for _, wake := range p.waiting {
		wake()
	}
	p.waiting = nil
}

// roster holds owners and the order in which they came, so that they end in
// an order that does not depend on chance.
type roster map[*transport.Owner]uint64

func (r roster) inOrder() []*transport.Owner {
	return slices.SortedFunc(maps.Keys(r), func(a, b *transport.Owner) int { return cmp.Compare(r[a], r[b]) })
}

// enlistLocked counts the owner of an acceptor or a handler.
func (p *Pool) enlistLocked(r roster, owner *transport.Owner) {
	p.enlisted++
	r[owner] = p.enlisted
}
