package vectors

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// asyncStart is how long the controller waits after it started an operation
// that it does not wait for: long enough for it to block.
const asyncStart = 60 * time.Millisecond

// stuckAfter is when an operation that does not return is given up.
const stuckAfter = 60 * time.Second

// limitedSockets is the limit of a node whose scenario asks for one.
const limitedSockets = 64

// errStuck is an operation that did not return in time.
var errStuck = errors.New("the operation did not return within " + stuckAfter.String())

// runner is one run of one scenario. Only the controller touches it.
type runner struct {
	world  World
	clock  Clock
	actors map[string]*actor
	peers  map[string]*peer
	// sockets, locals and ports bind the names of the scenario. A name
	// stays bound when its socket is closed.
	sockets map[string]*transport.Socket
	locals  map[string]netip.AddrPort
	ports   []binding
	handles map[string]*handle
	filled  []*transport.Socket
}

// binding is a name for a port number, in the order of binding.
type binding struct {
	name string
	port uint16
}

// Run runs s on arm and judges it, by the deviations where s is listed.
func Run(arm Arm, s Scenario, deviations []Deviation) Verdict {
	v := Verdict{ID: s.ID, Level: s.Level, Arm: arm.Name(), Status: Passed, Step: -1}
	deviation := find(deviations, s.ID, arm.Name())
	if deviation != nil && deviation.Skip {
		return v.skipped(deviation.Reason)
	}
	needs := Needs{}
	if s.SocketLimit {
		needs.SocketsMax = limitedSockets
	}
	if ports := s.Environment.EphemeralPorts; ports != nil {
		needs.PortFirst, needs.PortLast = ports[0], ports[1]
	}
	world, err := arm.Open(needs)
	var unable *Unable
	switch {
	case errors.As(err, &unable):
		return v.skipped(unable.Why)
	case err != nil:
		return v.failed(fmt.Sprintf("the world cannot be made: %v", err))
	}
	r := &runner{
		world: world, clock: world.Clock(),
		actors: make(map[string]*actor), peers: make(map[string]*peer),
		sockets: make(map[string]*transport.Socket),
		locals:  make(map[string]netip.AddrPort),
		handles: make(map[string]*handle),
	}
	v = r.steps(v, s, deviation)
	if err := r.close(); err != nil && v.Status != Failed {
		return v.failed(fmt.Sprintf("after the last step: %v", err))
	}
	return v
}

// steps performs the steps up to the first that differs.
func (r *runner) steps(v Verdict, s Scenario, deviation *Deviation) Verdict {
	judge := newJudge(s, r.clock.Slack())
	for i := range deviation.last(len(s.Steps)) + 1 {
		step := new(s.Steps[i])
		ours, listed := deviation.answer(step.N)
		if step.want = step.Expect; listed {
			step.want = ours
		}
		done, err := r.perform(step)
		if err != nil {
			return v.differs(step, nil, err.Error())
		}
		actual := r.describe(done, step)
		difference := judge.compare(step, actual, done)
		if !listed {
			if difference != "" {
				return v.differs(step, actual, difference)
			}
			continue
		}
		if difference == "" {
			return v.differs(step, actual, "listed as a deviation, but equals the recording: take the row out")
		}
		if difference := compare(ours, nil, "", actual); difference != "" {
			return v.differs(step, actual, "neither the recording nor the listed deviation: "+difference)
		}
	}
	if deviation != nil {
		v.Status, v.Reason = Deviates, deviation.Reason
	}
	return v
}

// perform runs one step. For an asynchronous one it returns what is known
// after asyncStart.
func (r *runner) perform(step *Step) (*handle, error) {
	task, err := commands[step.Op](r, step)
	if err != nil {
		return nil, err
	}
	if task.handle != nil { // join: the handle of another step
		return r.finish(task.handle, task.handle.step)
	}
	h := start(r.clock, step, task)
	if step.Async == "" {
		return r.finish(h, step)
	}
	if r.handles[step.Async] != nil {
		return nil, fmt.Errorf("the handle %q is in use", step.Async)
	}
	r.handles[step.Async] = h
	<-h.begun
	r.clock.Sleep(asyncStart)
	h.early = h.isDone()
	return startedHandle(), nil
}

// finish waits for h and binds its result to the step's name.
func (r *runner) finish(h *handle, step *Step) (*handle, error) {
	stuck := make(chan struct{})
	stop := r.clock.AfterFunc(stuckAfter, func() { close(stuck) })
	defer stop()
	select {
	case <-h.done:
	case <-stuck:
		return nil, errStuck
	}
	r.bind(step, h.answer)
	// A connect too: the listener's queue gets a connection with the last ACK
	// of its handshake, and two such ACKs may be processed at the same time.
	if step.Peer != "" || step.Op == "connect" {
		r.world.Settle()
	}
	return h, nil
}

// bind gives what the answer carries to the step's name.
func (r *runner) bind(step *Step, a answer) {
	if step.As == "" {
		return
	}
	switch bound := a.bound.(type) {
	case *transport.Socket:
		r.sockets[step.As] = bound
		if local, err := r.actor("main").tcp.SockName(bound); err == nil {
			r.locals[step.As] = local
			r.bindPort(step.As, local.Port())
		}
	case Peer:
		r.peers[step.Peer].conn = bound
		if local, ok := addrPort(bound.LocalAddr()); ok {
			r.bindPort(step.As, local.Port())
		}
	case uint16:
		if _, known := r.portOf(step.As); !known {
			r.bindPort(step.As, bound)
		}
	}
}

func (r *runner) bindPort(name string, port uint16) {
	i := slices.IndexFunc(r.ports, func(b binding) bool { return b.name == name })
	if i >= 0 {
		r.ports[i].port = port
		return
	}
	r.ports = append(r.ports, binding{name, port})
}

// portOf is the port bound to name.
func (r *runner) portOf(name string) (uint16, bool) {
	for _, b := range r.ports {
		if b.name == name {
			return b.port, true
		}
	}
	return 0, false
}

// patience is how long an operation of the interpreter's own waits for
// something: the limit and, where it has to happen within the limit, the
// clock's slack.
func (r *runner) patience(limit time.Duration, happens bool) time.Duration {
	if happens {
		return limit + r.clock.Slack()
	}
	return limit
}

// socket returns the socket that the argument socket names.
func (r *runner) socket(step *Step) (*transport.Socket, error) {
	name := step.Args.text("socket")
	s := r.sockets[name]
	if s == nil {
		return nil, fmt.Errorf("argument socket: no socket is named %q", name)
	}
	return s, nil
}

// close ends peers and actors, closes the world and waits for all of it.
func (r *runner) close() error {
	for _, p := range r.peers {
		p.abort()
	}
	err := r.world.Close()
	for _, p := range r.peers {
		err = errors.Join(err, p.stop(r.clock))
	}
	for _, a := range r.actors {
		err = errors.Join(err, a.stop(r.clock))
	}
	return err
}
