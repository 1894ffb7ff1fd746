package vectors

import (
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/transport"
)

// listen: port, opts.
func listen(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	port, err := r.portArgument(step)
	if err != nil {
		return task{}, err
	}
	opts, typed, err := r.options(step)
	if err != nil {
		return task{}, err
	}
	return task{on: a.worker, do: func() answer {
		if !typed {
			return refused()
		}
		return opened(a.tcp.Listen(port, opts...))
	}}, nil
}

// accept: socket, timeout.
func accept(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	timeout := step.Args.timeout("timeout")
	return task{on: a.worker, do: func() answer {
		return opened(a.tcp.Accept(s, timeout))
	}}, err
}

// connect: to or port, ip, opts, timeout.
func connect(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	opts, typed, err := r.options(step)
	if err != nil {
		return task{}, err
	}
	remote, fits, err := r.target(step)
	if err != nil {
		return task{}, err
	}
	timeout := step.Args.timeout("timeout")
	return task{on: a.worker, do: func() answer {
		if !typed || !fits {
			return refused()
		}
		return opened(a.tcp.Connect(remote, timeout, opts...))
	}}, nil
}

// closeSocket: socket.
func closeSocket(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	return task{on: a.worker, do: func() answer {
		return result(a.tcp.Close(s))
	}}, err
}

// directions are the arguments of shutdown.
var directions = map[string]transport.How{
	"read":       transport.ShutdownRead,
	"write":      transport.ShutdownWrite,
	"read_write": transport.ShutdownReadWrite,
}

// shutdown: socket, how. A word that is no direction becomes a How that is
// none.
func shutdown(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	how := directions[step.Args.text("how")]
	return task{on: a.worker, do: func() answer {
		return result(a.tcp.Shutdown(s, how))
	}}, err
}

// controllingProcess: socket, to_actor or to_dead or to_value. What is not an
// owner can only be nil in Go.
func controllingProcess(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	var to *transport.Owner
	if name := step.Args.text("to_actor"); name != "" {
		to = r.actor(name).owner
	} else if step.Args["to_dead"] == true {
		to = r.world.Node().NewOwner("dead")
		to.Exit()
	}
	return task{on: a.worker, do: func() answer {
		return result(a.tcp.ControllingProcess(s, to))
	}}, err
}

// owner: socket. The answer is the actor's name, null when closed.
func owner(r *runner, step *Step) (task, error) {
	s, err := r.socket(step)
	return task{do: func() answer {
		out := Outcome{"result": "ok", "actor": nil}
		if o := s.Owner(); o != nil {
			out["actor"] = o.Name()
		}
		return answer{outcome: out}
	}}, err
}

// portArgument is the argument port: a number, {"var": name} or
// {"port_of": name}.
func (r *runner) portArgument(step *Step) (int, error) {
	v := step.Args["port"]
	for _, key := range []string{"var", "port_of"} {
		inner, ok := form(v, key)
		if !ok {
			continue
		}
		name, _ := inner.(string)
		p, known := r.portOf(name)
		if !known {
			return 0, fmt.Errorf("argument port: no port is known as %q", name)
		}
		return int(p), nil
	}
	return step.Args.integer("port", 0), nil
}

// target is the address to connect to: that of the listener named by to, or
// port. fits is false for a port that netip.AddrPort cannot hold.
func (r *runner) target(step *Step) (remote netip.AddrPort, fits bool, err error) {
	addr, port := netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0
	if name := step.Args.text("to"); name != "" {
		local, ok := r.locals[name]
		if !ok {
			return remote, false, fmt.Errorf("argument to: no listener is named %q", name)
		}
		port = int(local.Port())
		switch {
		case !local.Addr().IsUnspecified():
			addr = r.world.Symbol(local.Addr())
		case local.Addr().Is6():
			addr = netip.IPv6Loopback()
		}
	} else if port, err = r.portArgument(step); err != nil {
		return remote, false, err
	}
	if text := step.Args.text("ip"); text != "" {
		if addr, err = netip.ParseAddr(text); err != nil {
			return remote, false, fmt.Errorf("argument ip: %w", err)
		}
	}
	if port < 0 || port > 65535 {
		return remote, false, nil
	}
	return netip.AddrPortFrom(r.world.StandIn(addr), uint16(port)), true, nil
}
