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
			name: "host", group: groupTopology, syntax: "host NAME [addr=PREFIX[,PREFIX]]... [net=SUBNET]... [family=ipv4|ipv6|dual] [mtu=BYTES] [sockets=N] [offset=TIME] [skew=PPM] [TCP-SETTING]...",
			doc:     "Adds a host. Without addr= it has the next free address of 10.0.0.0/16, of fd00::/64, or of both; each addr= and net= is an interface.",
			compile: compileHost,
		}, {
			name: "subnet", group: groupTopology, syntax: "subnet NAME [PREFIX[,PREFIX]] [family=ipv4|ipv6|dual]",
			doc:     "Adds a subnet, whose members reach each other directly. Without prefixes it has the next free one, of 10.1.0.0/24, 10.1.1.0/24 and so on.",
			compile: compileSubnet,
		}, {
			name: "router", group: groupTopology, syntax: "router NAME [net=SUBNET]... [addr=PREFIX[,PREFIX]]... [silent]",
			doc:     "Adds a router between subnets; add it before their hosts. It takes the shortest way; silent sends no ICMP.",
			compile: compileRouter,
		}, {
			name: "name", group: groupTopology, syntax: "name NAME ADDRESS...",
			doc:     "Lets the name service know further names; it knows those of hosts and routers.",
			compile: compileName,
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
	cfg.Interfaces = a.interfaces()
	if mtu := a.numberKey("mtu", 0, 576, 65535); mtu > 0 {
		if cfg.Interfaces == nil {
			cfg.Interfaces = []sim.InterfaceConfig{{}}
		}
		for i := range cfg.Interfaces {
			cfg.Interfaces[i].MTU = mtu
		}
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
		r.addNode(h)
	}}
}

// interfaces reads addr= and net=, as often as they are there: each is an
// interface, in their order.
func (a *args) interfaces() (list []sim.InterfaceConfig) {
	for {
		addr, hasAddr := a.key("addr")
		net, hasNet := a.key("net")
		switch {
		case hasAddr && hasNet && addr.start < net.start:
			a.keys = append([]token{net}, a.keys...)
			list = append(list, sim.InterfaceConfig{Addresses: a.prefixes(addr)})
		case hasNet:
			if hasAddr {
				a.keys = append([]token{addr}, a.keys...)
			}
			list = append(list, sim.InterfaceConfig{Subnet: a.symbol(net, kindSubnet).name})
		case hasAddr:
			list = append(list, sim.InterfaceConfig{Addresses: a.prefixes(addr)})
		default:
			return list
		}
	}
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

func compileSubnet(a *args) compiled {
	t := a.next("NAME")
	a.c.define(a, t, kindSubnet, "")
	cfg := sim.SubnetConfig{Name: t.text, Family: a.family()}
	if a.more() {
		cfg.Prefixes = a.prefixes(a.next("PREFIX"))
	}
	return compiled{run: func(r *runner, c *call) {
		if _, err := r.w.AddSubnet(cfg); err != nil {
			r.stop(c, err)
		}
	}}
}

func compileRouter(a *args) compiled {
	t := a.next("NAME")
	a.c.define(a, t, kindRouter, "")
	cfg := sim.RouterConfig{Name: t.text, Interfaces: a.interfaces(), Silent: a.flag("silent")}
	return compiled{run: func(r *runner, c *call) {
		router, err := r.w.AddRouter(cfg)
		if err != nil {
			r.stop(c, err)
			return
		}
		r.addNode(router)
	}}
}

func compileName(a *args) compiled {
	name := a.next("NAME").text
	var addrs []endpoint
	for ok := true; ok; ok = a.more() {
		t := a.next("ADDRESS")
		if a.err != nil {
			return compiled{}
		}
		addrs = append(addrs, a.address(t))
	}
	return compiled{run: func(r *runner, c *call) {
		var list []netip.Addr
		for _, e := range addrs {
			list = append(list, e.resolve(r, false).Addr())
		}
		if err := r.w.AddName(name, list...); err != nil {
			r.stop(c, err)
		}
	}}
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
	ends := []kind{kindHost, kindRouter, kindWire}
	from, to := a.nextSymbol("NAME", ends...), a.nextSymbol("NAME", ends...)
	if from.name == to.name && from.name != "" {
		a.failAt(a.verb.column, a.verb.text, "a path leads from %s to itself: name two ends", from.name)
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
		err := r.setPath(from.name, to.name, settings[0])
		if err == nil && both {
			err = r.setPath(to.name, from.name, settings[1])
		}
		if err != nil {
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

// setPath configures one direction.
func (r *runner) setPath(from, to string, cfg sim.PathConfig) error {
	p, err := r.w.Path(r.nodes[from], r.nodes[to])
	if err != nil {
		return err
	}
	return p.Configure(cfg)
}
