package scenario

import (
	"net/netip"
	"strconv"
	"strings"
)

// endpoint is an address and a port as they are written: HOST:PORT, ADDRESS:PORT
// or :PORT. The host's address is known only when the world runs.
type endpoint struct {
	text string
	host string // a host, a wire or a router; "" where addr counts
	addr netip.Addr
	port uint16
	name string // for the name service; see dial
}

// resolve is the endpoint's address: of a host's the first of IPv4, or of IPv6.
func (e endpoint) resolve(r *runner, ip6 bool) netip.AddrPort {
	addr := e.addr
	if e.host != "" {
		addr = r.addrOf(e.host, ip6)
	}
	return netip.AddrPortFrom(addr, e.port)
}

// endpoint reads HOST:PORT or ADDRESS:PORT. With open the host may be left out;
// with names it may be one that only the name service knows.
func (a *args) endpoint(t token, what string, open, names bool) endpoint {
	e := endpoint{text: t.text}
	host, port, ok := cutPort(t.text)
	n, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil {
		a.fail(t, "%s is %q: give a host and a port from 0 to 65535, such as srv:80 or [fd00::1]:80", what, t.text)
		return e
	}
	e.port = uint16(n)
	switch addr, err := netip.ParseAddr(host); {
	case host == "":
		if !open {
			a.fail(t, "%s is %q: name the host before the colon", what, t.text)
		}
	case names:
		e.name = host
	case err == nil && addr.Zone() == "":
		e.addr = addr
	default:
		t.text = host
		e.host = a.symbol(t, kindHost, kindWire, kindRouter).name
	}
	return e
}

// nextEndpoint is the endpoint that the next word names.
func (a *args) nextEndpoint(what string) endpoint {
	t := a.next(what)
	if a.err != nil {
		return endpoint{}
	}
	return a.endpoint(t, what, false, false)
}

// cutPort takes the port off; an IPv6 address stands in brackets.
func cutPort(text string) (host, port string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", "", false
	}
	host, port = text[:i], text[i+1:]
	if inner, brackets := strings.CutPrefix(host, "["); brackets {
		inner, closed := strings.CutSuffix(inner, "]")
		return inner, port, closed
	}
	return host, port, !strings.Contains(host, ":")
}

// address reads the host of a command like ping: its name or an address.
func (a *args) address(t token) endpoint {
	if addr, err := netip.ParseAddr(t.text); err == nil && addr.Zone() == "" {
		return endpoint{text: t.text, addr: addr}
	}
	return endpoint{text: t.text, host: a.symbol(t, kindHost, kindWire, kindRouter).name}
}
