package vectors

import (
	"net"
	"net/netip"
	"sort"

	"github.com/seed-731cb71d/warren/transport"
)

// describe turns the answer of a step into the format's words: sockets and
// ports become names, of several names that which the step expects.
func (r *runner) describe(h *handle, step *Step) Outcome {
	actual := make(Outcome, len(h.answer.outcome)+1)
	for key, value := range h.answer.outcome {
		actual[key] = value
	}
	if port, ok := actual["port"].(uint16); ok {
		actual["port"] = r.describePort(port, step)
	}
	if addr, ok := actual["ip"].(netip.Addr); ok {
		actual["ip"] = r.symbol(addr).String()
	}
	if m, ok := actual["message"].(transport.Message); ok {
		actual["message"] = r.describeMessage(m, step)
	}
	as := step.As
	if h.step != nil {
		as = h.step.As // of a join, the name is that of the step joined
	}
	switch h.answer.bound.(type) {
	case *transport.Socket, Peer:
		actual["socket"] = as
	}
	return actual
}

// describePort names port: as the step expects if that is right, else by the
// first socket known to use it.
func (r *runner) describePort(port uint16, step *Step) any {
	if name, ok := form(step.Expect["port"], "port_of"); ok {
		known, found := r.portOf(name.(string))
		if name == step.As {
			// The step binds the name itself, so what the socket was
			// seen to use when it was made has to agree.
			if local, ok := r.locals[step.Args.text("socket")]; ok {
				known, found = local.Port(), true
			}
		}
		if found && known == port {
			return map[string]any{"port_of": name}
		}
	}
	for _, b := range r.ports {
		if b.port == port {
			return map[string]any{"port_of": b.name}
		}
	}
	return "ephemeral"
}

// describeMessage writes m in the format's words.
func (r *runner) describeMessage(m transport.Message, step *Step) map[string]any {
	wanted := ""
	if message, ok := step.Expect["message"].(map[string]any); ok {
		wanted, _ = message["socket"].(string)
	}
	out := map[string]any{"socket": r.socketName(m.From(), wanted)}
	switch m := m.(type) {
	case transport.Data:
		out["type"], out["data"] = "tcp", received(m.Payload)
	case transport.Closed:
		out["type"] = "tcp_closed"
	case transport.Error:
		out["type"], out["reason"] = "tcp_error", reason(m.Err)
	case transport.Passive:
		out["type"] = "tcp_passive"
	}
	return out
}

// socketName is a name of s, wanted if that is one of them.
func (r *runner) socketName(s *transport.Socket, wanted string) string {
	if r.sockets[wanted] == s {
		return wanted
	}
	var names []string
	for name, other := range r.sockets {
		if other == s {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "unknown socket"
	}
	sort.Strings(names)
	return names[0]
}

// symbol is the format's address for addr; one that is mapped into IPv6
// stays so.
func (r *runner) symbol(addr netip.Addr) netip.Addr {
	if addr.Is4In6() {
		return netip.AddrFrom16(r.world.Symbol(addr.Unmap()).As16())
	}
	return r.world.Symbol(addr)
}

// addrPort is the address of a TCP connection.
func addrPort(addr net.Addr) (netip.AddrPort, bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	return tcp.AddrPort(), true
}
