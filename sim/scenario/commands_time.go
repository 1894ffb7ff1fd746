package scenario

import (
	"strings"
	"time"
)

func timeCommands() []*spec {
	return []*spec{
		{
			name: "run", group: groupTime, syntax: "run TIME", doc: "Lets so much virtual time pass.",
			compile: func(a *args) compiled {
				d := a.duration(a.next("TIME"), "TIME")
				return compiled{run: func(r *runner, _ *call) { r.w.RunFor(d) }}
			},
		}, {
			name: "until", group: groupTime, syntax: "until TIME|MARK+TIME", doc: "Lets time pass until an instant, counted from the world's start or from a mark.",
			compile: compileUntil,
		}, {
			name: "settle", group: groupTime, syntax: "settle", doc: "Lets time pass until no packet is under way. Timers are not waited for.",
			compile: func(*args) compiled {
				return compiled{run: func(r *runner, _ *call) { r.w.Settle() }}
			},
		}, {
			name: "wait", group: groupTime, syntax: "wait", doc: "Lets everything happen that can at this instant; time stands still.",
			compile: func(*args) compiled {
				return compiled{run: func(r *runner, _ *call) { r.w.Wait() }}
			},
		}, {
			name: "step", group: groupTime, syntax: "step [N]", doc: "Lets one event happen, or N: an arrival, a timer, a fault.",
			compile: compileStep,
		}, {
			name: "await", group: groupTime, syntax: "await NAME...", doc: "Lets time pass until background calls are over. Their results stand where they came.",
			compile: compileAwait,
		}, {
			name: "mark", group: groupTime, makes: kindMark, syntax: "NAME = mark", doc: "Gives this instant a name, for elapsed, until and packets.",
			compile: func(*args) compiled {
				return compiled{run: func(r *runner, c *call) { r.values[c.cmd.name] = r.w.Now() }}
			},
		}, {
			name: "repeat", group: groupTime, syntax: "repeat N COMMAND", doc: "Runs a command N times; %n in it is the number of the time: repeat 5 c%n = dial cli srv:80.",
			compile: func(a *args) compiled {
				a.failAt(a.verb.column, a.verb.text, "repeat cannot be repeated, nor have a name: write %s", a.spec.syntax)
				return compiled{}
			},
		},
	}
}

// instant reads TIME, MARK or MARK+TIME and returns what finds it.
func (a *args) instant(t token) func(r *runner) time.Duration {
	var rest time.Duration
	name, more, plus := strings.Cut(t.text, "+")
	if plus {
		rest = a.duration(token{text: more, column: t.column + len(name) + 1}, "the time behind "+name)
	}
	if s := a.c.symbols[name]; s == nil || s.kind != kindMark {
		if isName(name) {
			a.fail(token{text: name, column: t.column}, "%s", unknown("mark", name, a.c.names([]kind{kindMark})))
			return nil
		}
		d := a.duration(t, "the instant")
		return func(*runner) time.Duration { return d }
	}
	return func(r *runner) time.Duration {
		at, _ := r.values[name].(time.Duration)
		return at + rest
	}
}

func compileUntil(a *args) compiled {
	at := a.instant(a.next("TIME"))
	return compiled{run: func(r *runner, c *call) {
		now := r.w.Now()
		if at(r) < now {
			c.subject = "until"
			c.result("%v has passed: it is %v", at(r), now)
			return
		}
		r.w.RunFor(at(r) - now)
	}}
}

func compileStep(a *args) compiled {
	n := 1
	if a.more() {
		n = a.number(a.next("N"), "N", 1, 1_000_000)
	}
	return compiled{run: func(r *runner, c *call) {
		for i := range n {
			if !r.w.Step() {
				c.subject = "step"
				c.result("nothing is left to happen after %d events", i)
				return
			}
		}
	}}
}

func compileAwait(a *args) compiled {
	var list []string
	for ok := true; ok; ok = a.more() {
		t := a.next("NAME")
		s := a.c.symbols[t.text]
		if s == nil || !s.job {
			a.fail(t, "%s", unknown("background call", t.text, a.c.jobs()))
			break
		}
		list = append(list, t.text)
	}
	return compiled{run: func(r *runner, c *call) {
		done := func() bool {
			for _, name := range list {
				if j := r.jobs[name]; j != nil && !j.done {
					return false
				}
			}
			return true
		}
		if err := r.w.RunUntil(done); err != nil {
			r.stop(c, r.w.Err())
		}
	}}
}

// jobs lists the names of background calls.
func (c *compiler) jobs() []string {
	var list []string
	for _, name := range c.order {
		if c.symbols[name].job {
			list = append(list, name)
		}
	}
	return list
}
