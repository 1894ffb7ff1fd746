package netstack

import (
	"fmt"
	"net/netip"
	"time"
)

// fieldError is a mistake in a Config: which field, what value, what to do.
func fieldError(field string, value any, remedy string) error {
	return fmt.Errorf("netstack: Config.%s: %v: %s", field, value, remedy)
}

// check finds mistakes in what the caller asked for. It touches no link but to
// ask for its MTU and offloads.
func (c Config) check() error {
	names := make(map[string]int)
	owners := make(map[netip.Addr]string)
	for i, n := range c.Interfaces {
		field := fmt.Sprintf("Interfaces[%d]", i)
		name := n.name(i)
		if name == loopbackName {
			return fieldError(field+".Name", `"lo"`, `taken by the stack's own loopback interface; choose another`)
		}
		if j, taken := names[name]; taken {
			return fieldError(field+".Name", fmt.Sprintf("%q", name), fmt.Sprintf("Interfaces[%d] has it already; choose another", j))
		}
		names[name] = i
		if err := n.check(field, owners); err != nil {
			return err
		}
	}
	for i, r := range c.Routes {
		if err := c.checkRoute(fmt.Sprintf("Routes[%d]", i), r, names); err != nil {
			return err
		}
	}
	return c.TCP.check()
}

// name is the interface's name, with its default.
func (n Interface) name(i int) string {
	if n.Name == "" {
		return fmt.Sprintf("eth%d", i)
	}
	return n.Name
}

func (n Interface) check(field string, owners map[netip.Addr]string) error {
	if n.Link == nil {
		return fieldError(field+".Link", "nil", "an interface needs a link: Pipe, NewDeviceLink or one of your own; leave the interface out for loopback only")
	}
	mtu := n.Link.MTU()
	if mtu < ipv4MTUMin || mtu > linkMTUMax {
		return fieldError(field+".Link", fmt.Sprintf("MTU %d", mtu), fmt.Sprintf("must be %d to %d bytes, and at least %d for IPv6", ipv4MTUMin, linkMTUMax, ipv6MTUMin))
	}
	if o := n.Link.Offload().SegmentBytesMax; o > linkMTUMax || o < 0 {
		return fieldError(field+".Link", fmt.Sprintf("Offload().SegmentBytesMax %d", o), fmt.Sprintf("must be 0 to %d bytes", linkMTUMax))
	}
	for j, p := range n.Addresses {
		af := fmt.Sprintf("%s.Addresses[%d]", field, j)
		if err := checkAddress(af, p); err != nil {
			return err
		}
		if p.Addr().Is6() && mtu < ipv6MTUMin {
			return fieldError(field+".Link", fmt.Sprintf("MTU %d", mtu), fmt.Sprintf("IPv6 address %s needs at least %d bytes (RFC 8200, section 5); raise the MTU or leave the address out", p, ipv6MTUMin))
		}
		if owner, taken := owners[p.Addr()]; taken {
			return fieldError(af, p, owner+" has this address already; remove one of them")
		}
		owners[p.Addr()] = af
	}
	return nil
}

// checkAddress refuses what cannot be an interface's own address.
func checkAddress(field string, p netip.Prefix) error {
	a := p.Addr()
	switch {
	case !p.IsValid():
		return fieldError(field, p, `not an address with a prefix length; write it like "192.0.2.1/24"`)
	case a.Is4In6():
		return fieldError(field, p, "an IPv4 address in IPv6 clothes; use netip.Addr.Unmap")
	case a.IsUnspecified():
		return fieldError(field, p, "the unspecified address cannot be an interface's own; choose one of the link's network")
	case a.IsMulticast():
		return fieldError(field, p, "a multicast address cannot be an interface's own; choose a unicast address")
	case a.IsLoopback():
		return fieldError(field, p, "loopback addresses are on the stack's own interface \"lo\"; leave it out")
	case a == broadcast4:
		return fieldError(field, p, "the broadcast address cannot be an interface's own; choose a unicast address")
	}
	return nil
}

func (c Config) checkRoute(field string, r Route, names map[string]int) error {
	d := r.Destination
	if !d.IsValid() {
		return fieldError(field+".Destination", d, `not a prefix; write it like "198.51.100.0/24", or "0.0.0.0/0" for everything`)
	}
	if d.Masked() != d {
		return fieldError(field+".Destination", d, fmt.Sprintf("has host bits set; write %s", d.Masked()))
	}
	if r.Gateway.IsValid() && r.Gateway.Is4() != d.Addr().Is4() {
		return fieldError(field+".Gateway", r.Gateway, fmt.Sprintf("not of the family of the destination %s", d))
	}
	if r.Interface == "" {
		if c.firstInterfaceOf(d.Addr().Is4()) < 0 {
			return fieldError(field+".Interface", `""`, fmt.Sprintf("no interface has an address of the family of %s; name an interface or give one such an address", d))
		}
		return nil
	}
	if _, known := names[r.Interface]; !known && r.Interface != loopbackName {
		return fieldError(field+".Interface", fmt.Sprintf("%q", r.Interface), "there is no interface of that name; use a name of Config.Interfaces")
	}
	return nil
}

// firstInterfaceOf is the place of the first interface with an address of the
// family, or -1.
func (c Config) firstInterfaceOf(v4 bool) int {
	for i, n := range c.Interfaces {
		for _, p := range n.Addresses {
			if p.Addr().Is4() == v4 {
				return i
			}
		}
	}
	return -1
}

func (c TCPConfig) check() error {
	d := c.withDefaults()
	p := d.EphemeralPorts
	switch {
	case p.First == 0 || p.First > p.Last:
		return fieldError("TCP.EphemeralPorts", fmt.Sprintf("%d to %d", p.First, p.Last), "First must be 1 to Last")
	case c.TimeWaitReuse > TimeWaitReuseNever:
		return fieldError("TCP.TimeWaitReuse", c.TimeWaitReuse, "use one of the TimeWaitReuse constants")
	case d.SYNRetries < 1 || d.SYNRetries > synRetriesMax:
		return fieldError("TCP.SYNRetries", c.SYNRetries, fmt.Sprintf("must be 1 to %d, after which gVisor's TCP gives up, or 0 for %d; bound a dial further by its context", synRetriesMax, synRetriesMax))
	case c.RTOMin < 0 || c.RTOMax < 0:
		return fieldError("TCP.RTOMin, RTOMax", fmt.Sprintf("%v, %v", c.RTOMin, c.RTOMax), "must not be negative")
	case d.RTOMin > d.RTOMax:
		return fieldError("TCP.RTOMin", d.RTOMin, fmt.Sprintf("must not exceed RTOMax, which is %v", d.RTOMax))
	case d.RTOMax < time.Second:
		return fieldError("TCP.RTOMax", d.RTOMax, "must be at least 1s, the first timeout of a connection (RFC 6298, section 2.1)")
	case d.CongestionControl != "cubic" && d.CongestionControl != "reno":
		return fieldError("TCP.CongestionControl", fmt.Sprintf("%q", c.CongestionControl), `use "cubic" or "reno"`)
	case d.Timestamps != timestampsAutomatic && d.Timestamps != timestampsAlways && d.Timestamps != timestampsNever:
		return fieldError("TCP.Timestamps", fmt.Sprintf("%q", c.Timestamps), `use "automatic", "always" or "never"`)
	case c.SYNCookies == "off":
		return fieldError("TCP.SYNCookies", `"off"`, `gVisor's TCP cannot switch them off: a listener whose backlog of half-open connections is full answers with cookies; use "automatic" or "always"`)
	case d.SYNCookies != "automatic" && d.SYNCookies != "always":
		return fieldError("TCP.SYNCookies", fmt.Sprintf("%q", c.SYNCookies), `use "automatic" or "always"`)
	}
	if err := d.SendBuffer.check("TCP.SendBuffer"); err != nil {
		return err
	}
	if err := d.ReceiveBuffer.check("TCP.ReceiveBuffer"); err != nil {
		return err
	}
	if least := d.ReceiveBuffer.windowLeast(); d.ReceiveBuffer.Min < least {
		return fieldError("TCP.ReceiveBuffer", fmt.Sprintf("%+v", d.ReceiveBuffer),
			fmt.Sprintf("Min must be at least %d bytes with this Max, or a window may never open: raise Min and Default, or lower Max", least))
	}
	return nil
}

func (b BufferBytes) check(field string) error {
	if b.Min < 1 || b.Min > b.Default || b.Default > b.Max || b.Max > bufferBytesMax {
		return fieldError(field, fmt.Sprintf("%+v", b), fmt.Sprintf("must have 1 <= Min <= Default <= Max <= %d bytes", bufferBytesMax))
	}
	return nil
}

// bufferBytesMax is the largest window that TCP can announce (RFC 7323,
// section 2.3).
const bufferBytesMax = 1 << 30
