package scenario

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/seed-731cb71d/warren/transport"
)

func transportCommands() []*spec {
	return []*spec{
		{
			name: "owner", group: groupTransport, makes: kindOwner, syntax: "NAME = owner HOST",
			doc: "Makes an owner on a host: what gen_tcp calls a process.", compile: compileOwner,
		}, {
			name: "tcp.listen", group: groupTransport, makes: kindSocket, syntax: "NAME = tcp.listen OWNER PORT [OPTION]...",
			doc: "Listens; the options are those of docs/options.md, as in active=false packet=4 binary.", compile: compileTCPListen,
		}, {
			name: "tcp.accept", group: groupTransport, makes: kindSocket, call: true,
			syntax: "NAME = tcp.accept OWNER SOCKET [timeout=TIME|infinity]",
			doc:    "Takes the next connection; timeout=0s polls.", compile: compileTCPAccept,
		}, {
			name: "tcp.connect", group: groupTransport, makes: kindSocket, call: true,
			syntax: "NAME = tcp.connect OWNER TARGET:PORT [timeout=TIME|infinity] [OPTION]...",
			doc:    "Connects.", compile: compileTCPConnect,
		}, {
			name: "tcp.receive", group: groupTransport, call: true,
			syntax: "tcp.receive OWNER SOCKET [LENGTH] [timeout=TIME|infinity]",
			doc:    "Receives from a passive socket; length 0, which it is without, is whatever is there.", compile: compileTCPReceive,
		}, {
			name: "tcp.send", group: groupTransport, call: true, syntax: "tcp.send OWNER SOCKET \"TEXT\"|BYTES",
			doc: "Sends one packet; waits while the queue is above its high watermark.", compile: compileTCPSend,
		}, {
			name: "tcp.message", group: groupTransport, call: true,
			syntax: "tcp.message OWNER [SOCKET] [timeout=TIME|infinity]",
			doc:    "Takes the next message out of the owner's mailbox, or the next one about a socket.", compile: compileTCPMessage,
		}, {
			name: "tcp.close", group: groupTransport, call: true, syntax: "tcp.close OWNER SOCKET", doc: "Closes.",
			compile: onSocket(func(t *transport.TCP, s *transport.Socket) error { return t.Close(s) }),
		}, {
			name: "tcp.shutdown", group: groupTransport, syntax: "tcp.shutdown OWNER SOCKET read|write|read_write",
			doc: "Ends one or both directions.", compile: compileTCPShutdown,
		}, {
			name: "tcp.controlling_process", group: groupTransport, syntax: "tcp.controlling_process OWNER SOCKET OWNER",
			doc: "Gives a socket to another owner; only its owner may.", compile: compileHandOver,
		}, {
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
		}, {
			name: "tcp.exit", group: groupTransport, syntax: "tcp.exit OWNER", doc: "Ends an owner, as a process ends: its sockets close.",
			compile: compileTCPExit,
		},
	}
}

func compileOwner(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	return compiled{host: host.name, run: func(r *runner, c *call) {
		node, err := r.host(host.name).Transport()
		if err != nil {
			r.stop(c, err)
			return
		}
		r.values[c.cmd.name] = node.NewOwner(c.cmd.name)
	}}
}

// owner is the owner of a name; it is there, since owners cannot fail.
func (r *runner) owner(s *symbol) *transport.Owner {
	o, _ := r.values[s.name].(*transport.Owner)
	return o
}

// socket is the Transport socket of a name; without one, the call's result says
// so.
func (r *runner) socket(s *symbol, c *call) *transport.Socket {
	socket, ok := r.values[s.name].(*transport.Socket)
	if !ok {
		c.result("%s: it is not open", c.cmd.verb)
		return nil
	}
	return socket
}

// opened keeps what a call has opened under its name.
func (c *call) opened(s *transport.Socket, err error) {
	if err != nil {
		c.result("%s %s", c.cmd.verb, reason(err))
		return
	}
	c.r.values[c.cmd.name] = s
	c.r.names[s] = c.cmd.name
	if o := s.Owner(); o != nil {
		local, localErr := o.TCP().SockName(s)
		remote, remoteErr := o.TCP().PeerName(s)
		if localErr == nil && remoteErr == nil {
			c.r.ends[c.cmd.name] = [2]netip.AddrPort{local, remote}
		}
	}
	if c.cmd.verb != "tcp.listen" {
		c.result("%s ok", c.cmd.verb)
	}
}

func compileTCPListen(a *args) compiled {
	owner := a.nextSymbol("OWNER", kindOwner)
	port := a.number(a.next("PORT"), "PORT", 0, 65535)
	options := a.transportOptions()
	return compiled{host: owner.host, run: func(r *runner, c *call) {
		c.opened(r.owner(owner).TCP().Listen(port, options...))
	}}
}

func compileTCPAccept(a *args) compiled {
	owner, listener := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	timeout := a.patience()
	return compiled{host: owner.host, run: func(r *runner, c *call) {
		if l := r.socket(listener, c); l != nil {
			c.opened(r.owner(owner).TCP().Accept(l, timeout))
		}
	}}
}

func compileTCPConnect(a *args) compiled {
	owner := a.nextSymbol("OWNER", kindOwner)
	target := a.nextEndpoint("TARGET:PORT")
	timeout := a.patience()
	options := a.transportOptions()
	return compiled{host: owner.host, run: func(r *runner, c *call) {
		c.opened(r.owner(owner).TCP().Connect(target.resolve(r, false), timeout, options...))
	}}
}

func compileTCPReceive(a *args) compiled {
	owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	length := 0
	if a.more() {
		length = a.number(a.next("LENGTH"), "LENGTH", 0, 1<<31-1)
	}
	timeout := a.patience()
	return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
		s := r.socket(socket, c)
		if s == nil {
			return
		}
		p, err := r.owner(owner).TCP().Receive(s, length, timeout)
		if err != nil {
			c.result("tcp.receive %s", reason(err))
			return
		}
		c.result("tcp.receive %s", shown(p.Data))
	}}
}

func compileTCPSend(a *args) compiled {
	owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	data := a.payload(a.next("\"TEXT\"|BYTES"))
	return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
		s := r.socket(socket, c)
		if s == nil {
			return
		}
		if err := r.owner(owner).TCP().Send(s, data); err != nil {
			c.result("tcp.send %s", reason(err))
			return
		}
		c.resultIfSlow("tcp.send ok")
	}}
}

func compileTCPMessage(a *args) compiled {
	owner := a.nextSymbol("OWNER", kindOwner)
	var about *symbol
	if a.more() {
		about = a.nextSymbol("SOCKET", kindSocket)
	}
	timeout := a.patience()
	return compiled{host: owner.host, subject: owner.name, run: func(r *runner, c *call) {
		var m transport.Message
		var err error
		if about == nil {
			m, err = r.owner(owner).Receive(timeout)
		} else if s := r.socket(about, c); s != nil {
			m, err = r.owner(owner).ReceiveFrom(s, timeout)
		} else {
			return
		}
		if err != nil {
			c.result("message %s", reason(err))
			return
		}
		c.result("message %s", r.message(m))
	}}
}

// onSocket reads a command that does one thing to a socket.
func onSocket(do func(*transport.TCP, *transport.Socket) error) func(a *args) compiled {
	return func(a *args) compiled {
		owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
		return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
			if s := r.socket(socket, c); s != nil {
				c.did(do(r.owner(owner).TCP(), s))
			}
		}}
	}
}

// did prints an error, or that the call took its time.
func (c *call) did(err error) {
	if err != nil {
		c.result("%s %s", c.cmd.verb, reason(err))
		return
	}
	c.resultIfSlow("%s ok", c.cmd.verb)
}

var directions = map[string]transport.How{
	"read": transport.ShutdownRead, "write": transport.ShutdownWrite, "read_write": transport.ShutdownReadWrite,
}

func compileTCPShutdown(a *args) compiled {
	owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	how := directions[a.choice(a.next("read|write|read_write"), "direction", "read", "write", "read_write")]
	return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
		if s := r.socket(socket, c); s != nil {
			c.did(r.owner(owner).TCP().Shutdown(s, how))
		}
	}}
}

func compileHandOver(a *args) compiled {
	owner, socket := a.nextSymbol("OWNER", kindOwner), a.nextSymbol("SOCKET", kindSocket)
	to := a.nextSymbol("OWNER", kindOwner)
	return compiled{host: owner.host, subject: socket.name, run: func(r *runner, c *call) {
		if s := r.socket(socket, c); s != nil {
			c.did(r.owner(owner).TCP().ControllingProcess(s, r.owner(to)))
		}
	}}
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

func compileTCPExit(a *args) compiled {
	owner := a.nextSymbol("OWNER", kindOwner)
	return compiled{host: owner.host, subject: owner.name, run: func(r *runner, _ *call) {
		r.owner(owner).Exit()
	}}
}
