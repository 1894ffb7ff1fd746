package scenario

import (
	"net/netip"
	"strings"
	"time"

	"github.com/seed-731cb71d/warren/sim"
)

func topologyCommands() []*spec {
	return []*spec{
		{
			name: "host", group: groupTopology, syntax: "host NAME [addr=PREFIX[,PREFIX]]... [family=ipv4|ipv6|dual] [mtu=BYTES] [sockets=N] [offset=TIME] [skew=PPM] [TCP-SETTING]...",
			doc:     "Adds a host. Without addr= it has the next free address of 10.0.0.0/16, of fd00::/64, or of both; each addr= is an interface.",
			compile: compileHost,
		}, {
			name: "link", group: groupTopology, syntax: "link NAME NAME [PATH-SETTING]...",
			doc:     "Sets what both directions between two hosts are like, from now on. Settings that are not given stay as they are.",
			compile: func(a *args) compiled { return compilePath(a, true) },
		}, {
			name: "path", group: groupTopology, syntax: "path FROM TO [PATH-SETTING]...",
			doc:     "Is link for one direction.",
			compile: func(a *args) compiled { return compilePath(a, false) },
		},
	}
}

func compileHost(a *args) compiled {
	t := a.next("NAME")
	a.c.define(a, t, kindHost, t.text)
	cfg := sim.HostConfig{Name: t.text, Family: a.family(), TCP: a.c.header.tcp}
	mtu := a.numberKey("mtu", 0, 68, 65535)
	for {
		t, ok := a.key("addr")
		if !ok {
			break
		}
		cfg.Interfaces = append(cfg.Interfaces, sim.InterfaceConfig{Addresses: a.prefixes(t), MTU: mtu})
	}
	if mtu > 0 && cfg.Interfaces == nil {
		cfg.Interfaces = []sim.InterfaceConfig{{MTU: mtu}}
	}
	cfg.SocketsMax = a.numberKey("sockets", 0, 1, 1<<20)
	if t, ok := a.key("offset"); ok {
		cfg.ClockOffset = a.signedDuration(t, "offset")
	}
	cfg.ClockSkewPPM = int64(a.numberKey("skew", 0, -500_000, 500_000))
	a.tcpSettings(&cfg.TCP)
	return compiled{host: t.text, run: func(r *runner, c *call) {
		h, err := r.w.AddHost(cfg)
		if err != nil {
			r.stop(c, err)
			return
		}
		r.addHost(h)
	}}
}

// family reads family=.
func (a *args) family() sim.Family {
	if t, ok := a.key("family"); ok {
		switch a.choice(t, "family", "ipv4", "ipv6", "dual") {
		case "ipv6":
			return sim.IPv6
		case "dual":
			return sim.DualStack
		}
	}
	return sim.IPv4
}

// prefixes reads PREFIX,PREFIX: addresses with the length of their subnet's
// prefix.
func (a *args) prefixes(t token) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range strings.Split(t.text, ",") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a.fail(t, "addr is %q: give addresses with the length of the subnet's prefix, such as 10.1.0.1/24 or 10.1.0.1/24,fd01::1/64", t.text)
			return nil
		}
		list = append(list, p)
	}
	return list
}

func (a *args) signedDuration(t token, what string) time.Duration {
	d, err := time.ParseDuration(t.text)
	if err != nil {
		a.fail(t, "%s is %q: give a time with its unit, such as 1.5s or -20ms", what, t.text)
	}
	return d
}

// compilePath reads link and path. What a path is like is known while the file
// is read, since commands run in their order.
func compilePath(a *args, both bool) compiled {
	from, to := a.nextSymbol("NAME", kindHost, kindWire), a.nextSymbol("NAME", kindHost, kindWire)
	if from.name == to.name && from.name != "" {
		a.failAt(a.verb.column, a.verb.text, "a path leads from %s to itself: name two hosts", from.name)
	}
	if from.kind == kindWire && to.kind == kindWire {
		a.failAt(a.verb.column, a.verb.text, "%s and %s are both wires: one end of a path is a host", from.name, to.name)
	}
	there, back := a.c.pathOf(from.name, to.name), a.c.pathOf(to.name, from.name)
	words, keys := a.words, a.keys
	a.pathSettings(there)
	settings := [2]sim.PathConfig{*there, *back}
	if both {
		a.words, a.keys = words, keys
		a.pathSettings(back)
		settings[1] = *back
	}
	return compiled{run: func(r *runner, c *call) {
		if err := r.setPaths(from.name, to.name, settings, both); err != nil {
			r.stop(c, err)
		}
	}}
}

// pathOf is what the path from one host to another is like after the commands
// that have been read.
func (c *compiler) pathOf(from, to string) *sim.PathConfig {
	key := [2]string{from, to}
	if c.paths == nil {
		c.paths = map[[2]string]*sim.PathConfig{}
	}
	if c.paths[key] == nil {
		cfg := c.header.path
		c.paths[key] = &cfg
	}
	return c.paths[key]
}

// setPaths configures one direction, or both.
func (r *runner) setPaths(from, to string, settings [2]sim.PathConfig, both bool) error {
	there, back, err := r.pathsBetween(from, to)
	if err != nil {
		return err
	}
	if err := there.Configure(settings[0]); err != nil || !both {
		return err
	}
	return back.Configure(settings[1])
}
