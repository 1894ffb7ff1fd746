package scenario

import (
	"context"
	"io"
	"strings"

	"github.com/seed-731cb71d/warren/netstack"
)

func programCommands() []*spec {
	return []*spec{
		{
			name: "echo", group: groupSockets, syntax: "echo HOST [ADDRESS]:PORT [backlog=N]",
			doc:     "Starts a program that accepts connections and sends back what it reads, and FIN for FIN. A crash ends it.",
			compile: func(a *args) compiled { return compileServer(a, serveEcho) },
		}, {
			name: "sink", group: groupSockets, syntax: "sink HOST [ADDRESS]:PORT [backlog=N]",
			doc:     "Starts a program that accepts connections, reads all and closes at EOF.",
			compile: func(a *args) compiled { return compileServer(a, serveSink) },
		},
	}
}

// serveEcho and serveSink serve one connection to its end. Errors end it too.
func serveEcho(c *netstack.Conn) { _, _ = io.Copy(c, c) }

func serveSink(c *netstack.Conn) { _, _ = io.Copy(io.Discard, c) }

func compileServer(a *args, serve func(*netstack.Conn)) compiled {
	host := a.nextSymbol("HOST", kindHost)
	t := a.next("[ADDRESS]:PORT")
	if a.err != nil {
		return compiled{}
	}
	local := a.endpoint(t, "the address to listen on", true, false)
	verb := a.spec.name
	opts := netstack.ListenOptions{ReuseAddr: true}
	if opts.Backlog = a.numberKey("backlog", netstackBacklog, 0, 1<<20); opts.Backlog == 0 {
		opts.Backlog = -1
	}
	return compiled{subject: host.name, run: func(r *runner, c *call) {
		h := r.host(host.name)
		l, err := h.Stack().ListenTCP(context.Background(), local.resolve(r, false), opts)
		if err != nil {
			c.result("%s %s", verb, errorText(err))
			return
		}
		h.Go(verb, func() {
			for {
				conn, err := l.AcceptTCP(context.Background())
				if err != nil {
					return // the world, or the host, has ended
				}
				h.Go(verb+" of a connection", func() {
					serve(conn)
					_ = conn.Close() // it may be gone already
				})
			}
		})
	}}
}

// watchCommand shows changes of what TCP knows while time passes.
func watchCommand() *spec {
	return &spec{
		name: "watch", group: groupQueries, syntax: "watch CONNECTION FIELD... for=TIME",
		doc:     "Lets time pass and shows fields of info whenever one of them changes.",
		compile: compileWatch,
	}
}

func compileWatch(a *args) compiled {
	s := a.nextSymbol("CONNECTION", kindConn)
	d, given := a.durationKey("for")
	if !given {
		a.failAt(a.end+1, "", "for=TIME is missing: %s", a.usage())
	}
	var fields []string
	for ok := true; ok; ok = a.more() {
		fields = append(fields, a.choice(a.next("FIELD"), "field", infoNames()...))
	}
	return compiled{host: s.host, run: func(r *runner, c *call) {
		conn := r.conn(s, c)
		if conn == nil {
			return
		}
		over := false
		r.host(s.host).Go("watch", func() {
			r.host(s.host).Sleep(d)
			over = true
		})
		last := ""
		err := r.w.RunUntil(func() bool {
			info := conn.TCPInfo()
			if text := infoText(&info, fields); text != last {
				last = text
				r.stamped(r.w.Now(), "%s: %s", s.name, text)
			}
			return over
		})
		if err != nil {
			r.stop(c, err)
		}
	}}
}

// infoText shows fields of info.
func infoText(info *netstack.TCPInfo, fields []string) string {
	var texts []string
	for _, name := range fields {
		for _, f := range infoFields {
			if f.name == name {
				texts = append(texts, name+"="+f.text(info))
			}
		}
	}
	return strings.Join(texts, " ")
}
