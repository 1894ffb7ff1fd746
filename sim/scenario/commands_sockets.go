package scenario

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim"
)

func socketCommands() []*spec {
	return slices.Concat(streamCommands(), datagramCommands(), programCommands())
}

func streamCommands() []*spec {
	return []*spec{
		{
			name: "listen", group: groupSockets, makes: kindListener,
			syntax:  "NAME = listen HOST [ADDRESS]:PORT [backlog=N] [reuseaddr] [v6only]",
			doc:     "Listens; backlog=N lets N+1 connections wait. Port 0 is a free one, which the result shows. Without an address it is all of both families.",
			compile: compileListen,
		}, {
			name: "dial", group: groupSockets, makes: kindConn, call: true,
			syntax:  "NAME = dial HOST TARGET:PORT [local=[ADDRESS]:PORT] [reuseaddr] [timeout=TIME] [ip6] [dns] [SOCKET-SETTING]...",
			doc:     "Connects. A name is that host's first IPv4 address, with ip6 its first IPv6 address; with dns the name service is asked, as programs do.",
			compile: compileDial,
		}, {
			name: "accept", group: groupSockets, makes: kindConn, call: true,
			syntax:  "NAME = accept LISTENER [timeout=TIME]",
			doc:     "Takes the next connection that waits.",
			compile: compileAccept,
		}, {
			name: "read", group: groupSockets, call: true, syntax: "read CONNECTION [BYTES] [timeout=TIME]",
			doc:     "Reads once: what has arrived, at most BYTES (64k without), and waits if there is nothing. The peer's FIN is EOF.",
			compile: func(a *args) compiled { return compileRead(a, readOnce) },
		}, {
			name: "readfull", group: groupSockets, call: true, syntax: "readfull CONNECTION BYTES [timeout=TIME]",
			doc:     "Reads until it has exactly so many bytes.",
			compile: func(a *args) compiled { return compileRead(a, readFull) },
		}, {
			name: "drain", group: groupSockets, call: true, syntax: "drain CONNECTION [timeout=TIME]",
			doc:     "Reads until EOF or an error.",
			compile: func(a *args) compiled { return compileRead(a, readAll) },
		}, {
			name: "write", group: groupSockets, call: true, syntax: "write CONNECTION \"TEXT\"|BYTES [timeout=TIME]",
			doc:     "Writes text, or a number of bytes of a pattern, and waits for room in the send buffer.",
			compile: compileWrite,
		}, {
			name: "closewrite", group: groupSockets, syntax: "closewrite CONNECTION", doc: "Sends FIN; reading goes on.",
			compile: compileOnConn(func(c *netstack.Conn) error { return c.CloseWrite() }),
		}, {
			name: "closeread", group: groupSockets, syntax: "closeread CONNECTION", doc: "Ends reading, as shutdown(SHUT_RD).",
			compile: compileOnConn(func(c *netstack.Conn) error { return c.CloseRead() }),
		}, {
			name: "close", group: groupSockets, syntax: "close NAME...", doc: "Closes connections, listeners and UDP sockets.",
			compile: compileClose,
		}, {
			name: "abort", group: groupSockets, syntax: "abort CONNECTION", doc: "Resets the connection, as closing after linger=0.",
			compile: compileOnConn(func(c *netstack.Conn) error { return c.Abort() }),
		}, {
			name: "set", group: groupSockets, syntax: "set CONNECTION SOCKET-SETTING...", doc: "Sets options of a connection.",
			compile: compileSet,
		},
	}
}

func compileListen(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	t := a.next("[ADDRESS]:PORT")
	if a.err != nil {
		return compiled{}
	}
	local := a.endpoint(t, "the address to listen on", true, false)
	opts := netstack.ListenOptions{ReuseAddr: a.flag("reuseaddr"), V6Only: a.flag("v6only")}
	if opts.Backlog = a.numberKey("backlog", netstackBacklog, 0, 1<<20); opts.Backlog == 0 {
		opts.Backlog = -1
	}
	return compiled{host: host.name, run: func(r *runner, c *call) {
		l, err := r.host(host.name).Stack().ListenTCP(context.Background(), local.resolve(r, false), opts)
		if err != nil {
			c.result("listen %s", errorText(err))
			return
		}
		r.values[c.cmd.name] = l
		if local.port == 0 {
			c.result("listen ok on port %d", l.AddrPort().Port())
		}
	}}
}

// netstackBacklog is what netstack takes 0 for.
const netstackBacklog = 4096

func compileDial(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	dns, ip6 := a.flag("dns"), a.flag("ip6")
	t := a.next("TARGET:PORT")
	if a.err != nil {
		return compiled{}
	}
	target := a.endpoint(t, "the target", false, dns)
	var local endpoint
	if t, ok := a.key("local"); ok {
		local = a.endpoint(t, "local", true, false)
		if dns {
			a.fail(t, "local= cannot be had with dns: give the target's address instead of its name")
		}
	}
	reuse := a.flag("reuseaddr")
	timeout, limited := a.durationKey("timeout")
	set := a.socketSettings()
	return compiled{host: host.name, run: func(r *runner, c *call) {
		h := r.host(host.name)
		ctx, cancel := r.timeout(h, timeout, limited)
		defer cancel()
		var conn *netstack.Conn
		var err error
		if dns {
			conn, err = dialName(ctx, h, target, set)
		} else {
			opts := netstack.DialOptions{Local: local.resolve(r, ip6), ReuseAddr: reuse, Control: set}
			conn, err = h.Stack().DialTCP(ctx, target.resolve(r, ip6), opts)
		}
		if err != nil {
			c.result("dial %s", errorText(err))
			return
		}
		c.connected(conn)
		c.result("dial ok")
	}}
}

// dialName asks the name service, and sets options once it is connected.
func dialName(ctx context.Context, h *sim.Host, target endpoint, set func(*netstack.Conn) error) (*netstack.Conn, error) {
	c, err := h.DialContext(ctx, "tcp", net.JoinHostPort(target.name, fmt.Sprint(target.port)))
	if err != nil {
		return nil, err
	}
	conn, ok := c.(*netstack.Conn)
	if !ok {
		return nil, fmt.Errorf("a dial gave a %T", c)
	}
	return conn, set(conn)
}

func compileAccept(a *args) compiled {
	l := a.nextSymbol("LISTENER", kindListener)
	timeout, limited := a.durationKey("timeout")
	return compiled{host: l.host, run: func(r *runner, c *call) {
		listener, ok := r.values[l.name].(*netstack.Listener)
		if !ok {
			c.result("accept: %s is not open", l.name)
			return
		}
		ctx, cancel := r.timeout(r.host(l.host), timeout, limited)
		defer cancel()
		conn, err := listener.AcceptTCP(ctx)
		if err != nil {
			c.result("accept %s", errorText(err))
			return
		}
		c.connected(conn)
		c.result("accept ok from %s", r.addressName(conn.RemoteAddrPort().Addr()))
	}}
}

// connected keeps a connection under the command's name.
func (c *call) connected(conn *netstack.Conn) {
	c.r.values[c.cmd.name] = conn
	c.r.ends[c.cmd.name] = [2]netip.AddrPort{conn.LocalAddrPort(), conn.RemoteAddrPort()}
}

// timeout is a context that ends after a time of the host's, if limited.
func (r *runner) timeout(h *sim.Host, d time.Duration, limited bool) (context.Context, context.CancelFunc) {
	if !limited {
		return context.Background(), func() {}
	}
	return h.WithTimeout(context.Background(), d)
}

// reading is how a command reads: into the tally, with a buffer.
type reading func(c *netstack.Conn, buf []byte, got *tally) error

func readOnce(c *netstack.Conn, buf []byte, got *tally) error {
	n, err := c.Read(buf)
	got.add(buf[:n])
	return err
}

func readFull(c *netstack.Conn, buf []byte, got *tally) error {
	n, err := io.ReadFull(c, buf)
	got.add(buf[:n])
	return err
}

func readAll(c *netstack.Conn, buf []byte, got *tally) error {
	for {
		n, err := c.Read(buf)
		got.add(buf[:n])
		if err != nil {
			return err
		}
	}
}

func compileRead(a *args, read reading) compiled {
	s := a.nextSymbol("CONNECTION", kindConn)
	size := 64 << 10
	if a.spec.name != "drain" && (a.more() || a.spec.name == "readfull") {
		if size = a.bytes(a.next("BYTES"), "BYTES", payloadBytesMax); size == 0 && a.err == nil {
			a.failAt(a.verb.column, a.verb.text, "%s is to read 0 bytes: give at least 1", a.spec.name)
		}
	}
	timeout, limited := a.durationKey("timeout")
	verb := a.spec.name
	return compiled{host: s.host, run: func(r *runner, c *call) {
		conn := r.conn(s, c)
		if conn == nil {
			return
		}
		r.deadline(conn.SetReadDeadline, s.host, timeout, limited)
		var got tally
		err := read(conn, make([]byte, size), &got)
		if limited {
			_ = conn.SetReadDeadline(time.Time{}) // fails only where the read has failed
		}
		switch {
		case err == nil:
			c.result("%s %v", verb, &got)
		case got.bytes == 0 && verb != "drain":
			c.result("%s %s", verb, errorText(err))
		default:
			c.result("%s %v, then %s", verb, &got, errorText(err))
		}
	}}
}

// deadline sets a deadline of a connection on a host's clock.
func (r *runner) deadline(set func(time.Time) error, host string, d time.Duration, limited bool) {
	if limited {
		_ = set(r.host(host).Now().Add(d)) // fails only where the call after it does
	}
}

func compileWrite(a *args) compiled {
	s := a.nextSymbol("CONNECTION", kindConn)
	data := a.payload(a.next("\"TEXT\"|BYTES"))
	timeout, limited := a.durationKey("timeout")
	return compiled{host: s.host, run: func(r *runner, c *call) {
		conn := r.conn(s, c)
		if conn == nil {
			return
		}
		r.deadline(conn.SetWriteDeadline, s.host, timeout, limited)
		data := data.data()
		n, err := conn.Write(data)
		if limited {
			_ = conn.SetWriteDeadline(time.Time{})
		}
		switch {
		case err == nil:
			c.resultIfSlow("write %d bytes", n)
		case n == 0:
			c.result("write %s", errorText(err))
		default:
			c.result("write %d of %d bytes, then %s", n, len(data), errorText(err))
		}
	}}
}

// compileOnConn reads a command that does one thing to a connection.
func compileOnConn(do func(*netstack.Conn) error) func(a *args) compiled {
	return func(a *args) compiled {
		s := a.nextSymbol("CONNECTION", kindConn)
		verb := a.spec.name
		return compiled{host: s.host, run: func(r *runner, c *call) {
			if conn := r.conn(s, c); conn != nil {
				if err := do(conn); err != nil {
					c.result("%s %s", verb, errorText(err))
				}
			}
		}}
	}
}

func compileClose(a *args) compiled {
	var list []*symbol
	for ok := true; ok; ok = a.more() {
		list = append(list, a.nextSymbol("NAME", kindConn, kindListener, kindUDP))
	}
	return compiled{run: func(r *runner, c *call) {
		for _, s := range list {
			c.subject = s.name
			closer, open := r.values[s.name].(io.Closer)
			if !open {
				c.result("close: it is not open")
			} else if err := closer.Close(); err != nil {
				c.result("close %s", errorText(err))
			}
		}
	}}
}

// conn is the connection that a name stands for; without one, the call's result
// says so.
func (r *runner) conn(s *symbol, c *call) *netstack.Conn {
	conn, ok := r.values[s.name].(*netstack.Conn)
	if !ok {
		c.result("%s: it is not open", c.cmd.verb)
		return nil
	}
	return conn
}

// addrOf is the first address of a host, a router or a wire, of one family.
func (r *runner) addrOf(name string, ip6 bool) netip.Addr {
	addrs := r.nodes[name].Addrs()
	for _, addr := range addrs {
		if addr.Is6() == ip6 {
			return addr
		}
	}
	return addrs[0]
}
