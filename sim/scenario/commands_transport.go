package scenario

import (
	"net/netip"
	"slices"

	"github.com/seed-731cb71d/warren/transport"
)

func transportCommands() []*spec {
	return slices.Concat(contractCommands(), transportQueries())
}

// contractCommands are the calls of the contract and what goes with them.
func contractCommands() []*spec {
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
		if err := r.owner(owner).TCP().Send(s, data.data()); err != nil {
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

func compileTCPExit(a *args) compiled {
	owner := a.nextSymbol("OWNER", kindOwner)
	return compiled{host: owner.host, subject: owner.name, run: func(r *runner, _ *call) {
		r.owner(owner).Exit()
	}}
}
