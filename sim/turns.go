package sim

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// Order is how a cooperative world chooses among programs that can go on.
type Order uint8

const (
	// OrderFixed takes new programs before those that waited, and each kind
	// in the order in which they were started.
	OrderFixed Order = iota
	// OrderSeeded draws the next one from the seed: other seeds show other
	// interleavings.
	OrderSeeded
)

// turns lets one program of a world run at a time: each goes on until it waits
// or ends, and gives the turn back. The driver is the goroutine that made the
// world; while it waits for something itself, it drives.
type turns struct {
	w     *World
	order Order
	seed  fault.Seed
	drawn uint64

	// Whoever has the turn changes these.
	programs []*program // that have not ended
	running  *program   // nil: the driver has the turn
	look     bool       // somebody may be able to go on who could not before
	back     chan struct{}
	patience wallTimer // with the program that runs
	driving  bool      // somebody is in drive
	late     int       // calls of tooLate by the driver
	tired    []string  // programs that tooLate has ended
}

// program is a goroutine that takes turns.
type program struct {
	host *Host
	name string
	f    func() // nil once it has begun

	op     netstack.Op // what it called last
	ctx    context.Context
	ready  <-chan struct{} // what it waits for; nil: it does not
	over   bool            // the wait is over
	resume chan struct{}
	ending bool // it is to end where it waits
	late   int  // calls of tooLate

	goroutine atomic.Value // string: the runtime's number of it
}

func newTurns(w *World, order Order) (*turns, error) {
	if order > OrderSeeded {
		return nil, fmt.Errorf("sim: Config.Order is %d: it must be OrderFixed or OrderSeeded", order)
	}
	return &turns{w: w, order: order, seed: fault.Seed(w.cfg.Seed).For("order", 0), back: make(chan struct{})}, nil
}

// canGo reports whether the program has not begun, or its wait is over. On a
// host that is paused nothing can.
func (p *program) canGo() bool {
	return !p.host.paused.Load() && p.mayGo()
}

// mayGo notes the end of a wait, because looking for it may take the token that
// says so.
func (p *program) mayGo() bool {
	p.over = p.over || p.ready != nil && isOver(p.ctx, p.ready)
	return p.f != nil || p.over
}

func isOver(ctx context.Context, ready <-chan struct{}) bool {
	select {
	case <-ready:
		return true
	default:
		return ctx.Err() != nil
	}
}

// enter implements scheduling. Who calls has the turn already.
func (t *turns) enter(_ context.Context, _ *Host, op netstack.Op) error {
	if t.running != nil {
		t.running.op = op
	}
	return nil
}

// wait implements scheduling.
func (t *turns) wait(ctx context.Context, ready <-chan struct{}) {
	p := t.running
	if p == nil {
		t.drive(func() bool { return isOver(ctx, ready) })
		return
	}
	p.ctx, p.ready = ctx, ready
	t.back <- struct{}{}
	<-p.resume
	if p.ending {
		runtime.Goexit()
	}
}

// spawn implements scheduling.
func (t *turns) spawn(h *Host, name string, f func()) {
	t.look = true
	t.programs = append(t.programs, &program{host: h, name: name, f: f, resume: make(chan struct{})})
}

// rouse implements scheduling: the driver looks for itself.
func (t *turns) rouse() {}

// catchUp implements scheduling: the time is always right.
func (t *turns) catchUp() {}

// tooLate implements scheduling. A program gives the turn to all others that
// can go on.
func (t *turns) tooLate(time.Duration) {
	p := t.running
	if p == nil {
		if t.late++; t.late > lateMost {
			panic((&lateError{t.w.Err()}).Error())
		}
		return
	}
	if p.late++; p.late > lateMost {
		t.tired = append(t.tired, p.String())
		runtime.Goexit()
	}
	t.programs = append(slices.DeleteFunc(t.programs, func(o *program) bool { return o == p }), p)
	t.wait(t.w.ended, make(chan struct{}))
}

// drive moves the world until over. After a failure it goes on only for as
// long as there are programs that can.
func (t *turns) drive(over func() bool) {
	if t.driving {
		panic("sim: somebody waits in the world while its driver moves it: a condition of RunUntil, a fault, or what Wire.Receive calls must not wait, " +
			"and a cooperative world is used by one goroutine and the programs that Host.Go starts")
	}
	t.driving = true
	defer func() { t.driving = false }()
	for !over() {
		t.w.settle()
		if t.w.wakeOne() {
			t.look = true
			continue
		}
		if t.goOne() {
			continue
		}
		t.w.net.Forward()
		if t.w.releasePause() {
			t.look = true
			continue
		}
		if over() {
			return // a stack has settled, and that was all
		}
		if t.w.Err() != nil {
			panic(fmt.Sprintf("sim: the run has failed and its driver waits for what never happens: %v", t.w.Err()))
		}
		ok, err := t.w.step()
		if packet, _ := t.w.events.Last(); !packet { // they wake nobody by themselves
			t.look = true
		}
		if err == nil && !ok {
			err = &idleError{t.w.events.Now(), t.w.standing(), strings.Join(t.waiting(), ", ")}
		}
		if err != nil {
			t.w.fail(err)
		}
	}
}

// goOne gives the turn to one program that can go on.
func (t *turns) goOne() bool {
	if !t.look {
		return false
	}
	p := t.choose()
	if p == nil {
		t.look = false
		return false
	}
	t.running = p
	if f := p.f; f != nil {
		p.f = nil
		go t.run(p, f)
	} else {
		p.ready, p.ctx, p.over = nil, nil, false
		p.resume <- struct{}{}
	}
	t.awaitTurn(p)
	t.running = nil
	return true
}

// choose picks the program that goes on.
func (t *turns) choose() *program {
	if t.order == OrderFixed {
		for _, began := range []bool{false, true} {
			for _, p := range t.programs {
				if (p.f == nil) == began && p.canGo() {
					return p
				}
			}
		}
		return nil
	}
	var can []*program
	for _, p := range t.programs {
		if p.canGo() {
			can = append(can, p)
		}
	}
	if len(can) == 0 {
		return nil
	}
	t.drawn++
	return can[uint64(t.seed.For("turn", t.drawn))%uint64(len(can))]
}

// run is the goroutine of a program.
func (t *turns) run(p *program, f func()) {
	defer func() {
		t.programs = slices.DeleteFunc(t.programs, func(o *program) bool { return o == p })
		t.back <- struct{}{}
	}()
	p.goroutine.Store(ownGoroutine())
	f()
}

// failed implements scheduling. Hosts that stand still go on, or their programs
// could not end.
func (t *turns) failed(error) {
	for _, h := range t.w.Hosts() {
		h.resume()
		t.spawn(h, "end of the world", h.close)
	}
}

// mayClose implements scheduling.
func (t *turns) mayClose() error {
	if p := t.running; p != nil {
		return fmt.Errorf("sim: World.Close was called by a program, %v, which cannot wait for itself to end: it is for the goroutine that moves the world", p)
	}
	return nil
}

// close implements scheduling. Programs that still wait when all sockets are
// closed are ended where they stand, their deferred calls included, and named.
func (t *turns) close() error {
	t.w.closeHosts()
	t.w.end()
	for t.look = true; t.w.hasWork() || t.goOne(); t.look = true {
		t.w.settle()
		t.w.wakeOne()
	}
	left := strings.Join(append(t.tired, t.waiting()...), ", ")
	for len(t.programs) > 0 {
		p := t.programs[0]
		t.running, p.ending = p, true
		if p.f != nil {
			t.programs = t.programs[1:]
			continue
		}
		p.ready, p.ctx = nil, nil
		p.resume <- struct{}{}
		<-t.back
	}
	t.running = nil
	t.w.net.Close()
	if err := t.w.Err(); err != nil || left == "" {
		return err
	}
	return fmt.Errorf("sim: programs still wait after all sockets were closed, and were ended: %s", left)
}

// waiting names the programs that have not ended.
func (t *turns) waiting() []string {
	var list []string
	for _, p := range t.programs {
		list = append(list, p.String())
	}
	return list
}

// String names the program and what it has called last.
func (p *program) String() string {
	name := p.name
	if name == "" {
		name = "a helper"
	}
	return fmt.Sprintf("%s on %s (last call: %s)", name, p.host.name, opName(p.op))
}

// opName is a word for a socket call.
func opName(op netstack.Op) string {
	names := [...]string{"none", "dial", "listen", "accept", "read", "write", "close", "control"}
	if int(op) < len(names) {
		return names[op]
	}
	return "unknown"
}

// idleError says that the programs of a cooperative world wait for what never
// happens.
type idleError struct {
	at      time.Duration
	hosts   string // those that stand still
	waiting string
}

func (e *idleError) Error() string {
	s := fmt.Sprintf("sim: nothing will ever happen any more: at %v no packet is under way and no timer is set%s, but the driver waits", e.at, e.hosts)
	if e.waiting != "" {
		s += ", and so do " + e.waiting
	}
	return s
}
