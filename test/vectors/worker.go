package vectors

import (
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// worker is a goroutine that performs operations one at a time.
type worker struct {
	name  string
	jobs  chan func()
	ended chan struct{}
}

// jobsMax bounds the operations that wait for a worker; a scenario rarely
// has more than one.
const jobsMax = 64

func newWorker(name string) *worker {
	w := &worker{name: name, jobs: make(chan func(), jobsMax), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		for job := range w.jobs {
			job()
		}
	}()
	return w
}

// stop ends the goroutine after its present operation and waits for that.
func (w *worker) stop(clock Clock) error {
	close(w.jobs)
	stuck := make(chan struct{})
	stop := clock.AfterFunc(stuckAfter, func() { close(stuck) })
	defer stop()
	select {
	case <-w.ended:
		return nil
	case <-stuck:
		return fmt.Errorf("an operation of %q still blocks after everything was closed", w.name)
	}
}

// actor is an owner under test, driven by one goroutine.
type actor struct {
	*worker
	owner *transport.Owner
	tcp   *transport.TCP
}

// actor returns the actor of that name, made on first use.
func (r *runner) actor(name string) *actor {
	if name == "" {
		name = "main"
	}
	a := r.actors[name]
	if a == nil {
		owner := r.world.Node().NewOwner(name)
		a = &actor{worker: newWorker(name), owner: owner, tcp: owner.TCP()}
		r.actors[name] = a
	}
	return a
}

// peer is a peer of the scenario; conn is nil until it is connected. The
// controller sets conn between operations.
type peer struct {
	*worker
	conn Peer
}

// peer returns the peer of that name, made on first use.
func (r *runner) peer(name string) *peer {
	p := r.peers[name]
	if p == nil {
		p = &peer{worker: newWorker("peer " + name)}
		r.peers[name] = p
	}
	return p
}

// abort resets the peer's connection, if it has one.
func (p *peer) abort() {
	if p.conn != nil {
		_ = p.conn.Abort() // it may be closed already
	}
}

// task is what a command has prepared: an operation and where it runs. A
// join has the handle of the operation instead.
type task struct {
	on     *worker // nil: the controller itself
	do     func() answer
	handle *handle
}

// answer is the result of an operation: an outcome in which sockets, ports
// and data are still Go values, and what may be bound to a name.
type answer struct {
	outcome Outcome
	bound   any // *transport.Socket, Peer or uint16
}

// handle is an operation that has been started.
type handle struct {
	step    *Step
	begun   chan struct{} // closed when the operation starts
	done    chan struct{} // closed when answer and elapsed are set
	answer  answer
	elapsed time.Duration
	early   bool // done before the controller went on
}

// start runs t and returns its handle.
func start(clock Clock, step *Step, t task) *handle {
	h := &handle{step: step, begun: make(chan struct{}), done: make(chan struct{})}
	job := func() {
		close(h.begun)
		begin := clock.Now()
		h.answer = t.do()
		h.elapsed = clock.Now().Sub(begin)
		close(h.done)
	}
	if t.on == nil {
		job()
	} else {
		t.on.jobs <- job
	}
	return h
}

// startedHandle is the answer of a step that is not waited for.
func startedHandle() *handle {
	return &handle{answer: answer{outcome: Outcome{"result": "started"}}}
}

func (h *handle) isDone() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}
