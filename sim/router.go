package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/seed-731cb71d/warren/sim/engine"
)

// Route says by way of which router's address a prefix is reached.
type Route = engine.Route

// RouterConfig describes a router.
type RouterConfig struct {
	// Name is unique among hosts and routers; hosts can ping it by that name.
	Name string

	// Interfaces are the router's; one in each subnet that it joins. It is
	// best added before the subnet's hosts, so that it has the first address.
	Interfaces []InterfaceConfig

	// Routes decide where packets go that are for none of the router's own
	// subnets, the longest prefix first. What matches none of them takes the
	// shortest way through other routers, so most networks need no routes.
	// Gateways have to be there already.
	Routes []Route

	// Silent routers send no ICMP: no answers to pings, no "time exceeded",
	// no "no route", no "packet too big".
	Silent bool
}

// Router hands packets on between subnets. It has no stack and runs no
// programs: what it does takes no time, but the paths to and from it do.
type Router struct {
	w     *World
	name  string
	addrs []netip.Addr
	ports []*engine.Port
}

// AddRouter adds a router. After an error nothing has changed.
func (w *World) AddRouter(cfg RouterConfig) (r *Router, err error) {
	w.topo.Lock()
	defer w.topo.Unlock()
	if err := w.checkNode("RouterConfig.Name", cfg.Name); err != nil {
		return nil, err
	}
	defer func() { w.added(cfg.Name, err) }()
	if len(cfg.Interfaces) == 0 {
		return nil, fmt.Errorf("sim: RouterConfig.Interfaces of %s is empty: give it one in each subnet that it joins", cfg.Name)
	}
	list, err := w.plan.interfaces(cfg.Name, cfg.Interfaces, DualStack)
	if err != nil {
		return nil, err
	}
	r = &Router{w: w, name: cfg.Name}
	for _, in := range list {
		port, err := w.net.AddPort(engine.PortConfig{
			Host: cfg.Name, Interface: in.Name, Addresses: in.Addresses, Router: true, Silent: cfg.Silent,
		})
		if err != nil {
			return nil, err
		}
		r.ports = append(r.ports, port)
		for _, a := range in.Addresses {
			r.addrs = append(r.addrs, a.Addr())
		}
	}
	for _, route := range cfg.Routes {
		if err := w.net.AddRoute(cfg.Name, route); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	w.routers = append(w.routers, r)
	w.mu.Unlock()
	return r, nil
}

// Router returns the router of that name, or adds one with an interface in
// each of the named subnets. A mistake ends the test.
func (w *World) Router(name string, subnets ...string) *Router {
	w.mu.Lock()
	i := slices.IndexFunc(w.routers, func(r *Router) bool { return r.name == name })
	w.mu.Unlock()
	if i >= 0 && len(subnets) == 0 {
		return w.Routers()[i]
	}
	cfg := RouterConfig{Name: name}
	for _, s := range subnets {
		cfg.Interfaces = append(cfg.Interfaces, InterfaceConfig{Subnet: s})
	}
	r, err := w.AddRouter(cfg)
	w.check(err)
	return r
}

// Routers lists the routers in the order in which they were added.
func (w *World) Routers() []*Router {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.routers)
}

// Name is the router's name.
func (r *Router) Name() string { return r.name }

// Addrs lists the router's addresses, in the order of its interfaces.
func (r *Router) Addrs() []netip.Addr { return slices.Clone(r.addrs) }

// Node is an end of paths: a *Host, a *Router or a *Wire.
type Node interface {
	// Name is unique in the world.
	Name() string
	ends() []*engine.Port
	world() *World
}

var (
	_ Node = (*Host)(nil)
	_ Node = (*Router)(nil)
	_ Node = (*Wire)(nil)
)

func (h *Host) world() *World   { return h.w }
func (r *Router) world() *World { return r.w }
func (x *Wire) world() *World   { return x.w }

func (h *Host) ends() []*engine.Port {
	if h == nil {
		return nil
	}
	return h.ports
}

func (r *Router) ends() []*engine.Port {
	if r == nil {
		return nil
	}
	return r.ports
}

func (x *Wire) ends() []*engine.Port {
	if x == nil {
		return nil
	}
	return []*engine.Port{x.port}
}

// Link describes both directions between two ends that have a subnet in
// common; a mistake ends the test. Where routers stand between two hosts, each
// stretch of the way is described by itself.
func (w *World) Link(a, b Node, cfg PathConfig) {
	w.SetPath(a, b, cfg)
	w.SetPath(b, a, cfg)
}

// SetPath describes one direction between two ends that have a subnet in
// common, for packets sent from now on; a mistake ends the test.
func (w *World) SetPath(from, to Node, cfg PathConfig) {
	p, err := w.Path(from, to)
	w.check(err)
	w.check(p.Configure(cfg))
}

// Paths lists the paths that were configured or used so far, by name. Where
// two routers have several subnets in common, it is the way to all of them.
func (w *World) Paths() []*engine.Path {
	w.topo.Lock()
	defer w.topo.Unlock()
	return w.net.Paths()
}

// Path is one direction between two ends that have a subnet in common: the
// first such pair of interfaces. It can be configured and has counters.
func (w *World) Path(from, to Node) (*engine.Path, error) {
	if from == nil || to == nil || from.ends() == nil || to.ends() == nil {
		return nil, errors.New("sim: a path needs two ends; one of them is nil")
	}
	for _, end := range []Node{from, to} {
		if end.world() != w {
			return nil, fmt.Errorf("sim: %s is in another world: give two ends of this one", end.Name())
		}
	}
	w.topo.Lock()
	defer w.topo.Unlock()
	for _, a := range from.ends() {
		for _, b := range to.ends() {
			if p, err := w.net.Path(a, b); err == nil {
				return p, nil
			}
		}
	}
	return nil, fmt.Errorf("sim: no path from %s to %s: they have no subnet in common; give them addresses of one prefix, or configure the paths to and from a router between them", from.Name(), to.Name())
}
