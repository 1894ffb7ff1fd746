package vectors

import (
	"fmt"
	"time"

	"github.com/seed-731cb71d/warren/transport"
)

// setopts: socket, opts.
func setopts(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	if err != nil {
		return task{}, err
	}
	opts, typed, err := r.options(step)
	return task{on: a.worker, do: func() answer {
		if !typed {
			return refused()
		}
		return result(a.tcp.SetOpts(s, opts...))
	}}, err
}

// getopts: socket, names. A name that is no symbol, such as the tuple of the
// option raw, is asked for by its first element.
func getopts(r *runner, step *Step) (task, error) {
	return named(r, step, func(a *actor, s *transport.Socket, names []string) (values []any, err error) {
		opts, err := a.tcp.GetOpts(s, names...)
		for _, o := range opts {
			values = append(values, []any{o.Name, r.optionValue(o.Value)})
		}
		return values, err
	})
}

// getstat: socket, names; without names all of them.
func getstat(r *runner, step *Step) (task, error) {
	return named(r, step, func(a *actor, s *transport.Socket, names []string) (values []any, err error) {
		stats, err := a.tcp.GetStat(s, names...)
		for _, stat := range stats {
			values = append(values, []any{stat.Name, int64(stat.Value)})
		}
		return values, err
	})
}

// named is a step that asks a socket for values by name.
func named(r *runner, step *Step, ask func(*actor, *transport.Socket, []string) ([]any, error)) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	if err != nil {
		return task{}, err
	}
	names, err := step.Args.names("names")
	return task{on: a.worker, do: func() answer {
		values, err := ask(a, s, names)
		if err != nil {
			return result(err)
		}
		if values == nil {
			values = []any{}
		}
		return answer{outcome: Outcome{"result": "ok", "values": values}}
	}}, err
}

// port: socket.
func port(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	return task{on: a.worker, do: func() answer {
		n, err := a.tcp.Port(s)
		if err != nil {
			return result(err)
		}
		return answer{outcome: Outcome{"result": "ok", "port": uint16(n)}, bound: uint16(n)}
	}}, err
}

// sockname: socket.
func sockname(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	return task{on: a.worker, do: func() answer {
		return address(a.tcp.SockName(s))
	}}, err
}

// peername: socket.
func peername(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	s, err := r.socket(step)
	return task{on: a.worker, do: func() answer {
		return address(a.tcp.PeerName(s))
	}}, err
}

// freePort answers a port that a listener had a moment ago.
func freePort(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	local := r.world.StandIn(loopback4)
	return task{on: a.worker, do: func() answer {
		s, err := a.tcp.Listen(0, transport.IP(local))
		if err != nil {
			return result(err)
		}
		n, err := a.tcp.Port(s)
		if err != nil {
			return result(err)
		}
		if err := a.tcp.Close(s); err != nil {
			return result(err)
		}
		return answer{outcome: Outcome{"result": "ok", "port": uint16(n)}, bound: uint16(n)}
	}}, nil
}

// fillSockets opens listeners until one is refused.
func fillSockets(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	local := r.world.StandIn(loopback4)
	return task{on: a.worker, do: func() answer {
		for n := 0; n <= limitedSockets; n++ {
			s, err := a.tcp.Listen(0, transport.IP(local))
			if err != nil {
				out := result(err)
				out.outcome["opened"] = int64(n)
				return out
			}
			r.filled = append(r.filled, s)
		}
		return succeeded()
	}}, nil
}

// releaseSocket: n. Closes that many of the sockets that fill_sockets opened.
func releaseSocket(r *runner, step *Step) (task, error) {
	a := r.actor(step.Actor)
	n := step.Args.integer("n", 1)
	if n < 0 || n > len(r.filled) {
		return task{}, fmt.Errorf("argument n: %d, but %d sockets are open", n, len(r.filled))
	}
	release := r.filled[:n]
	r.filled = r.filled[n:]
	return task{on: a.worker, do: func() answer {
		for _, s := range release {
			if err := a.tcp.Close(s); err != nil {
				return result(err)
			}
		}
		return succeeded()
	}}, nil
}

// names returns the list of symbols name.
func (a Args) names(name string) ([]string, error) {
	list, err := a.list(name)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(list))
	for _, v := range list {
		if parts, ok := v.([]any); ok && len(parts) > 0 {
			v = parts[0]
		}
		symbol, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("argument %q: %v is no name", name, v)
		}
		names = append(names, symbol)
	}
	return names, nil
}

// milliseconds writes a timeout as gen_tcp does.
func milliseconds(d time.Duration) any {
	if d == transport.Infinity {
		return "infinity"
	}
	return d.Milliseconds()
}
