package scenario

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/sim/internal/notation"
)

// runner is one run of a scenario. It belongs to whoever has the turn in its
// world: the driver, or a background call.
type runner struct {
	file *File
	w    *sim.World
	out  []string // what was observed in this block
	line int      // of the command that the driver is at
	err  *Error   // that ends the run

	nodes  map[string]node
	order  []string // of the nodes
	wires  map[string]*wire
	values map[string]any // sockets, owners, faults, marks by their names
	names  map[any]string // of Transport sockets
	jobs   map[string]*job
	ends   map[string][2]netip.AddrPort // local and remote, of connections by their names
	faults []namedFault
	kept   fault.List // for gotest
	over   bool       // the last command has been run

	flows    notation.Flows // what has been sent, for the numbers of packets by hand
	caughtUp int            // how many packets of the trace they have seen
}

// job is a background call.
type job struct {
	name string
	line int
	done bool
}

// call is one command being run.
type call struct {
	r       *runner
	cmd     *command
	subject string // what results are about
	began   time.Duration
}

// outMax bounds what a run may print.
const outMax = 1_000_000

func newRunner(f *File, w *sim.World) *runner {
	r := &runner{
		file: f, w: w, nodes: map[string]node{}, wires: map[string]*wire{},
		values: map[string]any{}, names: map[any]string{}, jobs: map[string]*job{}, ends: map[string][2]netip.AddrPort{},
	}
	r.flows.PlainClock = r.isWire
	return r
}

// runBlock runs the commands of a block and returns what was observed.
func (r *runner) runBlock(b *block) []string {
	r.out = nil
	for i := range b.commands {
		r.do(&b.commands[i])
		if r.err != nil {
			break
		}
	}
	return r.out
}

// do runs one command, or starts it.
func (r *runner) do(cmd *command) {
	r.line = cmd.line
	c := &call{r: r, cmd: cmd, subject: cmd.label, began: r.w.Now()}
	defer r.recovered(c)
	if !cmd.background {
		cmd.run(r, c)
	} else {
		j := &job{name: cmd.name, line: cmd.line}
		if cmd.name != "" {
			r.jobs[cmd.name] = j
		}
		r.host(cmd.host).Go(fmt.Sprintf("the call of line %d", cmd.line), func() {
			c.began = r.w.Now()
			cmd.run(r, c)
			j.done = true
		})
	}
	if err := r.w.Err(); err != nil {
		r.stop(c, err)
	}
}

// recovered turns the panic of a world whose run has failed into an error.
func (r *runner) recovered(c *call) {
	if r.w.Err() == nil {
		return // a mistake of ours, to be seen as such
	}
	if recover() != nil {
		r.stop(c, r.w.Err())
	}
}

// stop ends the run with what is wrong at a command.
func (r *runner) stop(c *call, err error) {
	if r.err == nil {
		r.err = &Error{r.file.Name, c.cmd.line, 1, c.cmd.verb, strings.TrimPrefix(oneLine(err.Error()), "sim: ")}
	}
}

// node is a host, a router or a wire.
type node interface {
	sim.Node
	Addrs() []netip.Addr
}

// host is the host of a name; it is there, since the file was checked.
func (r *runner) host(name string) *sim.Host {
	h, _ := r.nodes[name].(*sim.Host)
	return h
}

func (r *runner) addNode(n node) {
	r.nodes[n.Name()] = n
	r.order = append(r.order, n.Name())
}

// addressName is the name of who has an address, or the address.
func (r *runner) addressName(addr netip.Addr) string {
	for _, name := range r.order {
		for _, own := range r.nodes[name].Addrs() {
			if own == addr.Unmap() {
				return name
			}
		}
	}
	return addr.String()
}

// endName is who has an address and the port, in the manner of HOST:PORT.
func (r *runner) endName(a netip.AddrPort) string {
	name := r.addressName(a.Addr())
	if addr, err := netip.ParseAddr(name); err == nil {
		return netip.AddrPortFrom(addr, a.Port()).String()
	}
	return fmt.Sprintf("%s:%d", name, a.Port())
}

// print adds a line to what was observed.
func (r *runner) print(format string, values ...any) {
	if r.over {
		return // the world is being closed
	}
	if len(r.out) == outMax && r.err == nil {
		r.err = &Error{r.file.Name, r.line, 1, "", fmt.Sprintf("this prints more than %d lines: use first= or last=, or a wire that is quiet", outMax)}
	}
	if len(r.out) < outMax {
		r.out = append(r.out, fmt.Sprintf(format, values...))
	}
}

// stamped prints a line with a time before it.
func (r *runner) stamped(at time.Duration, format string, values ...any) {
	r.print("%-9v %s", at, fmt.Sprintf(format, values...))
}

// result prints what came of the call: when, of what, and how long it took.
func (c *call) result(format string, values ...any) {
	now := c.r.w.Now()
	text := fmt.Sprintf(format, values...)
	if took := now - c.began; took > 0 {
		text += fmt.Sprintf(" after %v", took)
	}
	text = c.subject + ": " + text
	c.r.stamped(now, "%s", text)
	if h := c.r.host(c.cmd.host); h != nil && !c.r.over {
		h.Note(text)
	}
}

// resultIfSlow is result for calls that have nothing to tell unless they had to
// wait.
func (c *call) resultIfSlow(format string, values ...any) {
	if c.r.w.Now() > c.began || c.cmd.background {
		c.result(format, values...)
	}
}
