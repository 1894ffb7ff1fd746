package scenario

import (
	"slices"
	"strings"

	"github.com/seed-731cb71d/warren/sim/fault"
)

func faultCommands() []*spec {
	return []*spec{
		{
			name: "fault", group: groupFaults, makes: kindFault, nameless: true, syntax: "[NAME =] fault KIND [FIELD=VALUE]...",
			doc: "Adds a fault, by the line that `go doc ./sim/fault` describes: loss, burst, drop, duplicate, reorder, corrupt, delay, " +
				"partition, flap, clog, crash, pause, skew, dns. Its times are those of the world.",
			compile: compileFault,
		}, {
			name: "remove", group: groupFaults, syntax: "remove FAULT...", doc: "Lifts faults.", compile: compileRemove,
		}, {
			name: "hits", group: groupFaults, syntax: "hits [FAULT]...", doc: "Shows how many packets each fault has hit.", compile: compileHits,
		}, {
			name: "crash", group: groupFaults, syntax: "crash HOST", doc: "Lets a host lose everything at once: no FIN, no RST, only silence.",
			compile: compileCrash,
		}, {
			name: "restart", group: groupFaults, syntax: "restart HOST", doc: "Starts a crashed host again; it knows nothing of what was before.",
			compile: compileRestart,
		}, {
			name: "pause", group: groupFaults, syntax: "pause HOST", doc: "Stops a host as a virtual machine is stopped.",
			compile: func(a *args) compiled {
				h := a.nextSymbol("HOST", kindHost)
				return compiled{run: func(r *runner, _ *call) { r.host(h.name).Pause() }}
			},
		}, {
			name: "resume", group: groupFaults, syntax: "resume HOST", doc: "Lets it go on.",
			compile: func(a *args) compiled {
				h := a.nextSymbol("HOST", kindHost)
				return compiled{run: func(r *runner, _ *call) { r.host(h.name).Resume() }}
			},
		}, {
			name: "skew", group: groupFaults, syntax: "skew HOST PPM", doc: "Lets a host's clock run fast by so many parts per million, below 0 slow.",
			compile: compileSkew,
		},
	}
}

// namedFault is a fault that a scenario has added.
type namedFault struct {
	name   string
	handle *fault.Handle
}

func compileFault(a *args) compiled {
	hostsOf := slices.DeleteFunc(slices.Clone(a.keys), func(t token) bool {
		return !slices.Contains([]string{"from", "to", "a", "b", "host"}, t.key)
	})
	tokens := slices.Concat(a.words, a.keys)
	line, column := a.remainder()
	f, err := fault.Parse(line)
	if err != nil {
		at := faultMistake(err, tokens, token{text: line, column: column})
		a.fail(at, "%s", strings.TrimPrefix(err.Error(), "fault: "))
		return compiled{}
	}
	if a.c.goTest {
		return compiled{run: func(r *runner, _ *call) { r.kept = append(r.kept, f) }}
	}
	for _, t := range hostsOf {
		a.faultHosts(t)
	}
	return compiled{run: func(r *runner, c *call) {
		h, err := r.w.AddFault(f)
		if err != nil {
			r.stop(c, err)
			return
		}
		r.faults = append(r.faults, namedFault{c.cmd.name, h})
		if c.cmd.name != "" {
			r.values[c.cmd.name] = h
		}
	}}
}

// faultHosts wants the hosts that a field names to be there.
func (a *args) faultHosts(t token) {
	for _, one := range t.split(",") {
		if a.c.symbols[one.text] == nil {
			a.fail(one, "%s", unknown("host", one.text, a.c.names([]kind{kindHost, kindRouter, kindWire})))
		}
	}
}

// faultMistake finds the word that an error of Parse is about: the kind, or the
// field that it names.
func faultMistake(err error, tokens []token, whole token) token {
	text := strings.TrimPrefix(err.Error(), "fault: ")
	for _, t := range tokens {
		field := t.key
		if field == "" {
			field = t.text
		}
		if strings.Contains(text, ": "+field+" ") || strings.Contains(text, quoteWord(field)) {
			return t
		}
	}
	return whole
}

func compileRemove(a *args) compiled {
	var list []*symbol
	for ok := true; ok; ok = a.more() {
		list = append(list, a.nextSymbol("FAULT", kindFault))
	}
	return compiled{run: func(r *runner, _ *call) {
		for _, s := range list {
			if h, ok := r.values[s.name].(*fault.Handle); ok {
				h.Remove()
			}
		}
	}}
}

func compileHits(a *args) compiled {
	var list []string
	for a.more() {
		list = append(list, a.nextSymbol("FAULT", kindFault).name)
	}
	return compiled{run: func(r *runner, _ *call) {
		for _, f := range r.faults {
			switch {
			case list != nil && !slices.Contains(list, f.name):
			case f.name != "":
				r.print("%s: %d hits", f.name, f.handle.Hits())
			default:
				r.print("%v: %d hits", f.handle, f.handle.Hits())
			}
		}
	}}
}

func compileCrash(a *args) compiled {
	h := a.nextSymbol("HOST", kindHost)
	return compiled{run: func(r *runner, _ *call) { r.host(h.name).Crash() }}
}

func compileRestart(a *args) compiled {
	h := a.nextSymbol("HOST", kindHost)
	return compiled{subject: h.name, run: func(r *runner, c *call) {
		if err := r.host(h.name).Restart(); err != nil {
			c.result("restart: it is up: only a host that has crashed can be restarted")
		}
	}}
}

func compileSkew(a *args) compiled {
	h := a.nextSymbol("HOST", kindHost)
	ppm := a.number(a.next("PPM"), "PPM", -500_000, 500_000)
	return compiled{run: func(r *runner, c *call) {
		if err := r.host(h.name).SetSkew(int64(ppm)); err != nil {
			r.stop(c, err)
		}
	}}
}
