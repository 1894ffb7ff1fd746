package scenario

import (
	"context"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

func datagramCommands() []*spec {
	return []*spec{
		{
			name: "udp", group: groupSockets, makes: kindUDP, syntax: "NAME = udp HOST [ADDRESS]:PORT",
			doc: "Opens a UDP socket; port 0 is a free one.", compile: compileUDP,
		}, {
			name: "sendto", group: groupSockets, syntax: "sendto SOCKET TARGET:PORT \"TEXT\"|BYTES", doc: "Sends a datagram.",
			compile: compileSendTo,
		}, {
			name: "recvfrom", group: groupSockets, call: true, syntax: "recvfrom SOCKET [timeout=TIME]", doc: "Receives a datagram.",
			compile: compileRecvFrom,
		}, {
			name: "ping", group: groupSockets, call: true, syntax: "ping HOST TARGET [timeout=TIME] [ttl=N] [size=BYTES]",
			doc: "Sends an ICMP echo request and waits for the answer; 5s without timeout=.", compile: compilePing,
		}, {
			name: "lookup", group: groupSockets, call: true, syntax: "lookup HOST NAME",
			doc: "Asks the name service for addresses, as programs of the host do.", compile: compileLookup,
		},
	}
}

func compileUDP(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	t := a.next("[ADDRESS]:PORT")
	if a.err != nil {
		return compiled{}
	}
	local := a.endpoint(t, "the address", true, false)
	return compiled{host: host.name, run: func(r *runner, c *call) {
		u, err := r.host(host.name).Stack().ListenUDP(context.Background(), local.resolve(r, false), netstack.PacketOptions{})
		if err != nil {
			c.result("udp %s", errorText(err))
			return
		}
		r.values[c.cmd.name] = u
	}}
}

// udp is the UDP socket of a name; without one, the call's result says so.
func (r *runner) udp(s *symbol, c *call) *netstack.PacketConn {
	u, ok := r.values[s.name].(*netstack.PacketConn)
	if !ok {
		c.result("%s: it is not open", c.cmd.verb)
		return nil
	}
	return u
}

func compileSendTo(a *args) compiled {
	s := a.nextSymbol("SOCKET", kindUDP)
	target := a.nextEndpoint("TARGET:PORT")
	data := a.payload(a.next("\"TEXT\"|BYTES"))
	return compiled{host: s.host, run: func(r *runner, c *call) {
		if u := r.udp(s, c); u != nil {
			if _, err := u.WriteToUDPAddrPort(data.data(), target.resolve(r, false)); err != nil {
				c.result("sendto %s", errorText(err))
			}
		}
	}}
}

func compileRecvFrom(a *args) compiled {
	s := a.nextSymbol("SOCKET", kindUDP)
	timeout, limited := a.durationKey("timeout")
	return compiled{host: s.host, run: func(r *runner, c *call) {
		u := r.udp(s, c)
		if u == nil {
			return
		}
		r.deadline(u.SetReadDeadline, s.host, timeout, limited)
		buf := make([]byte, 65536)
		n, from, err := u.ReadFromUDPAddrPort(buf)
		if err != nil {
			c.result("recvfrom %s", errorText(err))
			return
		}
		c.result("recvfrom %s %s", r.addressName(from.Addr()), shown(buf[:n]))
	}}
}

func compilePing(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	target := a.address(a.next("TARGET"))
	timeout, limited := a.durationKey("timeout")
	if !limited {
		timeout = pingTimeout
	}
	opts := netstack.PingOptions{TTL: a.numberKey("ttl", 0, 1, 255)}
	if t, ok := a.key("size"); ok {
		if opts.PayloadBytes = a.bytes(t, "size", 65507); opts.PayloadBytes == 0 {
			opts.PayloadBytes = -1
		}
	}
	return compiled{host: host.name, subject: host.name, run: func(r *runner, c *call) {
		h := r.host(host.name)
		ctx, cancel := h.WithTimeout(context.Background(), timeout)
		defer cancel()
		reply, err := h.Stack().Ping(ctx, target.resolve(r, false).Addr(), opts)
		if err != nil {
			c.result("ping %s %s", target.text, errorText(err))
			return
		}
		c.result("ping %s ok, ttl %d", target.text, reply.TTL)
	}}
}

// pingTimeout is how long a ping waits that says nothing of it.
const pingTimeout = 5 * time.Second

func compileLookup(a *args) compiled {
	host := a.nextSymbol("HOST", kindHost)
	name := a.next("NAME").text
	return compiled{host: host.name, subject: host.name, run: func(r *runner, c *call) {
		addrs, err := r.host(host.name).LookupNetIP(context.Background(), "ip", name)
		if err != nil {
			c.result("lookup %s %s", name, errorText(err))
			return
		}
		c.result("lookup %s ok %v", name, addrs)
	}}
}
