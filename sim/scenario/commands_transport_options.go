package scenario

import (
	"fmt"
	"strings"

	"github.com/seed-731cb71d/warren/transport"
)

// transportQueries are the options of sockets and what can be asked of them.
func transportQueries() []*spec {
	return []*spec{
		{
			name: "tcp.setopts", group: groupTransport, syntax: "tcp.setopts OWNER SOCKET OPTION...",
			doc: "Changes options.", compile: compileSetOpts,
		}, {
			name: "tcp.getopts", group: groupTransport, syntax: "tcp.getopts OWNER SOCKET NAME...",
			doc: "Shows options.", compile: compileGetOpts,
		}, {
			name: "tcp.getstat", group: groupTransport, syntax: "tcp.getstat OWNER SOCKET [NAME]...",
			doc: "Shows counters of a socket.", compile: compileGetStat,
		}, {
			name: "tcp.port", group: groupTransport, syntax: "tcp.port OWNER SOCKET", doc: "Shows the local port.",
			compile: asking(func(_ *runner, t *transport.TCP, s *transport.Socket) (string, error) {
				n, err := t.Port(s)
				return fmt.Sprint(n), err
			}),
		}, {
			name: "tcp.sockname", group: groupTransport, syntax: "tcp.sockname OWNER SOCKET", doc: "Shows the local address.",
			compile: asking(func(r *runner, t *transport.TCP, s *transport.Socket) (string, error) {
				addr, err := t.SockName(s)
				return r.endName(addr), err
			}),
		}, {
			name: "tcp.peername", group: groupTransport, syntax: "tcp.peername OWNER SOCKET", doc: "Shows the remote address.",
			compile: asking(func(r *runner, t *transport.TCP, s *transport.Socket) (string, error) {
				addr, err := t.PeerName(s)
				return r.endName(addr), err
			}),
		}, {
			name: "tcp.name", group: groupTransport, syntax: "tcp.name OWNER", doc: "Shows what the Transport calls itself.",
			compile: compileTCPName,
		},
	}
}

func compileSetOpts(a *args) compiled {
	owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	options := a.transportOptions()
	if len(options) == 0 {
		a.failAt(a.end+1, "", "an option is missing: %s", a.usage())
	}
	return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
		if s := r.socket(socket, c); s != nil {
			c.did(r.owner(owner).TCP().SetOpts(s, options...))
		}
	}}
}

// asking reads a command that shows what it asks of a socket.
func asking(ask func(*runner, *transport.TCP, *transport.Socket) (string, error)) func(a *args) compiled {
	return func(a *args) compiled {
		owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
		return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
			s := r.socket(socket, c)
			if s == nil {
				return
			}
			text, err := ask(r, r.owner(owner).TCP(), s)
			if err != nil {
				text = reason(err)
			}
			c.result("%s %s", c.cmd.verb, text)
		}}
	}
}

func compileGetOpts(a *args) compiled {
	owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	names := a.restOfWords(true)
	return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
		if s := r.socket(socket, c); s != nil {
			options, err := r.owner(owner).TCP().GetOpts(s, names...)
			if err != nil {
				c.result("tcp.getopts %s", reason(err))
				return
			}
			c.result("tcp.getopts %s", optionTexts(options))
		}
	}}
}

// restOfWords takes all words that are left; at least one, if it must.
func (a *args) restOfWords(must bool) []string {
	var words []string
	for a.more() || must && words == nil && a.err == nil {
		words = append(words, a.next("NAME").text)
	}
	return words
}

func compileGetStat(a *args) compiled {
	owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	names := a.restOfWords(false)
	return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
		s := r.socket(socket, c)
		if s == nil {
			return
		}
		stats, err := r.owner(owner).TCP().GetStat(s, names...)
		if err != nil {
			c.result("tcp.getstat %s", reason(err))
			return
		}
		texts := make([]string, len(stats))
		for i, st := range stats {
			texts[i] = fmt.Sprintf("%s=%d", st.Name, st.Value)
		}
		c.result("tcp.getstat %s", strings.Join(texts, " "))
	}}
}

func compileTCPName(a *args) compiled {
	owner := a.nextSymbol("OWNER", kindOwner)
	return compiled{host: owner.host, subject: owner.name, run: func(r *runner, c *call) {
		c.result("tcp.name %s", r.owner(owner).TCP().Name())
	}}
}
