package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/netstack/ladder"
	"github.com/seed-731cb71d/warren/sim"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
	"github.com/seed-731cb71d/warren/transport"
)

// The second part of the demo happens in a simulated world: minutes pass in no
// time, and every run shows the same packets at the same instants.

// oneWay is the delay of the paths, and firstPort with secondPort are all
// ports that the client has.
const (
	oneWay     = 10 * time.Millisecond
	firstPort  = 49152
	secondPort = firstPort + 1
)

// virtual plays scenes in a world of its own each and draws them. After the
// first error it does nothing more.
type virtual struct {
	ctx    context.Context
	ladder *ladder.Ladder
	err    error

	world          *sim.World
	client, server *transport.Owner
	site           netip.AddrPort // the server's
	drawn          int            // records of the trace
}

// scene plays one scene in a fresh world.
func (v *virtual) scene(title string, cfg sim.Config, play func(v *virtual)) {
	if v.err == nil {
		v.err = v.ctx.Err()
	}
	if v.err != nil {
		return
	}
	if v.err = v.begin(cfg); v.err == nil {
		v.ladder.Section(title)
		play(v)
	}
	if v.world != nil {
		v.err = errors.Join(v.err, v.world.Close())
	}
}

// begin makes a world of a server and a client.
func (v *virtual) begin(cfg sim.Config) (err error) {
	cfg.Path = sim.PathConfig{Delay: oneWay}
	cfg.Trace = engine.TraceConfig{Full: true}
	v.drawn = 0
	if v.world, err = sim.New(cfg); err != nil {
		return err
	}
	if v.client, err = owner(v.world, "client", clientPrefix); err != nil {
		return err
	}
	v.site = netip.AddrPortFrom(serverPrefix.Addr(), serverPort)
	v.server, err = owner(v.world, "server", serverPrefix)
	return err
}

// owner adds a host and an owner of sockets on it.
func owner(w *sim.World, name string, address netip.Prefix) (*transport.Owner, error) {
	h, err := w.AddHost(sim.HostConfig{Name: name, Interfaces: []sim.InterfaceConfig{{Addresses: []netip.Prefix{address}}}})
	if err != nil {
		return nil, err
	}
	node, err := h.Transport()
	if err != nil {
		return nil, err
	}
	return node.NewOwner(name), nil
}

// quick makes a call that the network has no part in, and draws it with its
// outcome in one row.
func (v *virtual) quick(side ladder.Side, text, note string, f func() (outcome, error)) {
	at := v.world.Now()
	result, ok := v.do(text, f)
	if ok {
		v.ladder.Call(at, side, text+" → "+string(result), note)
		v.rest()
	}
}

// long draws a call, the packets of its time, and what it has led to.
func (v *virtual) long(side ladder.Side, text, note, end string, f func() (outcome, error)) {
	if v.err != nil {
		return
	}
	v.ladder.Call(v.world.Now(), side, text, note)
	result, ok := v.do(text, f)
	at := v.world.Now()
	v.packets()
	if ok {
		v.ladder.Call(at, side, "→ "+string(result), end)
		v.rest()
	}
}

// silent does something and draws nothing, but follows the connection.
func (v *virtual) silent(f func() error) {
	v.hidden(f, func(side ladder.Side, p ladder.Packet, _ time.Duration) { v.ladder.Follow(side, p) })
}

// aside does something of which nothing is drawn later either.
func (v *virtual) aside(f func() error) {
	v.hidden(f, func(ladder.Side, ladder.Packet, time.Duration) {})
}

func (v *virtual) hidden(f func() error, see func(ladder.Side, ladder.Packet, time.Duration)) {
	if v.err == nil {
		v.err = f()
		v.world.Settle()
		v.sent(see)
	}
}

func (v *virtual) do(text string, f func() (outcome, error)) (outcome, bool) {
	if v.err != nil {
		return "", false
	}
	result, err := f()
	if err != nil {
		v.err = fmt.Errorf("demo: %s: %w", text, err)
	}
	return result, v.err == nil
}

// rest lets what is under way arrive and draws it.
func (v *virtual) rest() {
	v.world.Settle()
	v.packets()
}

// packets draws what was sent since the last time.
func (v *virtual) packets() {
	v.sent(func(side ladder.Side, p ladder.Packet, at time.Duration) { v.ladder.Packet(at, side, p) })
}

// sent goes through what was sent since the last time.
func (v *virtual) sent(see func(side ladder.Side, p ladder.Packet, at time.Duration)) {
	records, _ := v.world.Trace().All()
	for _, r := range records[v.drawn:] {
		if r.Kind != engine.Entered {
			continue
		}
		p, err := ladder.Decode(r.Bytes)
		if err != nil {
			v.err = errors.Join(v.err, err)
			return
		}
		side := left
		if r.Flow.Src.Addr() == v.site.Addr() {
			side = right
		}
		see(side, p, r.At)
	}
	v.drawn = len(records)
}

// connect is a call of the client.
func (v *virtual) connect(timeout time.Duration) (*transport.Socket, error) {
	return v.client.TCP().Connect(v.site, timeout, transport.Binary(), transport.Active(false))
}

// listen is a call of the server.
func (v *virtual) listen(backlog int) (*transport.Socket, error) {
	return v.server.TCP().Listen(serverPort, transport.Binary(), transport.Active(false), transport.Backlog(backlog))
}

// play plays all scenes of the second part.
func (v *virtual) play() {
	v.ladder.Line("")
	v.ladder.Line("From here on the hosts are simulated: time is virtual and costs nothing, each")
	v.ladder.Line("path takes 10 ms, and every run is the same to the last bit.")
	v.scene("7  Backlog: who finds it full is not refused but left to repeat", sim.Config{}, (*virtual).backlog)
	v.scene("8  Timeouts: a call's own, and that of TCP", sim.Config{TCP: netstack.TCPConfig{Retries: 6}}, (*virtual).timeouts)
	v.scene("9  Ports: two are all that the client has", sim.Config{TCP: netstack.TCPConfig{
		EphemeralPorts: netstack.PortRange{First: firstPort, Last: secondPort},
	}}, (*virtual).ports)
}

// backlog: a listener whose queue is full, and the place that accept makes.
func (v *virtual) backlog() {
	var l *transport.Socket
	v.quick(right, "Listen(7000, Backlog(1))", "room for 1 + 1, as in Linux", func() (o outcome, err error) {
		l, err = v.listen(1)
		return "l", err
	})
	for _, name := range []string{"a", "b"} {
		v.silent(func() error { _, err := v.connect(patience); return err })
		v.quick(left, "Connect(server)", "", func() (outcome, error) { return outcome(name), nil })
	}
	v.long(left, "Connect(server, timeout 10 s)", "the third", "no RST: it looks like loss", func() (outcome, error) {
		_, err := v.connect(10 * time.Second)
		return reason(err, transport.ErrTimeout)
	})
	v.long(left, "Connect(server)", "once more", "its third SYN found the place", func() (o outcome, err error) {
		v.world.Hosts()[1].Go("acceptor", func() {
			v.world.Hosts()[1].Sleep(2 * time.Second)
			if _, err := v.server.TCP().Accept(l, patience); err != nil {
				v.err = errors.Join(v.err, err)
			}
		})
		_, err = v.connect(patience)
		return "c, connected", err
	})
}

// timeouts: a receive that ends by itself, and a connection that TCP gives up.
func (v *virtual) timeouts() {
	var c *transport.Socket
	v.silent(func() (err error) {
		if _, err = v.listen(5); err == nil {
			c, err = v.connect(patience)
		}
		return err
	})
	v.quick(left, "Receive(c, 0, 5 s)", "nothing is sent for that", func() (outcome, error) {
		_, err := v.client.TCP().Receive(c, 0, 5*time.Second)
		return reason(err, transport.ErrTimeout)
	})
	v.silent(func() error {
		_, err := v.world.AddFault(fault.Partition{A: []string{"client"}})
		return err
	})
	v.ladder.Note("now the path is cut: nothing that the client sends arrives")
	v.quick(left, `Send(c, "still there?")`, "it is in the stack's hands", func() (outcome, error) {
		return "ok", v.client.TCP().Send(c, "still there?")
	})
	v.long(left, "Receive(c, 0)", "waits, while TCP repeats", "six repetitions: TCP gives up", func() (outcome, error) {
		_, err := v.client.TCP().Receive(c, 0, transport.Infinity)
		if err == nil {
			return "", errors.New("got data, want an error")
		}
		return outcome(transport.Reason(err)), nil
	})
}

// ports: connections that use up the ports, and TIME-WAIT that keeps them.
func (v *virtual) ports() {
	var l, a, accepted *transport.Socket
	v.silent(func() (err error) { l, err = v.listen(5); return err })
	v.silent(func() (err error) { a, err = v.connect(patience); return err })
	v.silent(func() (err error) { accepted, err = v.server.TCP().Accept(l, patience); return err })
	v.quick(left, "Connect(server)", fmt.Sprintf("from port %d or %d", firstPort, secondPort), func() (outcome, error) { return "a", nil })
	v.aside(func() error { _, err := v.connect(patience); return err })
	v.quick(left, "Connect(server)", "from the other one", func() (outcome, error) { return "b", nil })
	v.quick(left, "Connect(server)", "at once, and no packet is sent", v.refused)
	v.quick(left, "Close(a)", "", func() (outcome, error) { return "ok", v.client.TCP().Close(a) })
	v.quick(right, "Close(a)", "the server's end", func() (outcome, error) { return "ok", v.server.TCP().Close(accepted) })
	v.quick(left, "Connect(server)", "the port of a is in TIME-WAIT", v.refused)
	v.world.RunFor(time.Minute)
	v.long(left, "Connect(server)", "a minute later", "the port was free again", func() (outcome, error) {
		_, err := v.connect(patience)
		return "c, connected", err
	})
}

// refused is a connect without a port.
func (v *virtual) refused() (outcome, error) {
	_, err := v.connect(patience)
	if err == nil {
		return "", errors.New("connected without a port")
	}
	return outcome(transport.Reason(err)), nil
}
