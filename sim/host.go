package sim

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
)

// HostConfig describes a host. Zero fields mean the documented defaults.
type HostConfig struct {
	// Name is the host's name, unique in its world also without regard to case:
	// letters, digits, dots, hyphens and underscores. Other hosts can dial it, so
	// it is no address.
	Name string

	// Interfaces are the host's network interfaces. None means one, eth0.
	// One without addresses is given the next free ones of Family.
	Interfaces []InterfaceConfig
	Family     Family

	// Routes is as netstack.Config.Routes, which says what nil means: an
	// interface for every destination. Where a route has no Gateway and the
	// destination is in none of the host's subnets, packets take the shortest
	// way through the routers there. A Gateway is a router's address.
	Routes []netstack.Route

	// TCP holds the settings of the host's TCP; the zero value means
	// Config.TCP. A zero SendBuffer means 4 MiB here, as much as Linux lets it
	// grow to: programs that write with a mutex held, as HTTP/2 does, then
	// hardly ever wait there, which would stop a bubble's time.
	TCP netstack.TCPConfig

	// SocketsMax bounds the sockets in the application's hands, as in
	// netstack.Config, and those of Transport.
	SocketsMax int

	// ClockOffset is by how much the host's clock is ahead of the world's,
	// and ClockSkewPPM by how many parts per million it is fast.
	ClockOffset  time.Duration
	ClockSkewPPM int64

	// Boot, if not nil, is started as a program of the host when it is added
	// and after each restart.
	Boot func(h *Host)
}

// InterfaceConfig describes one network interface of a host.
type InterfaceConfig struct {
	Name      string         // "" means eth and its place: eth0, eth1
	Subnet    string         // of World.AddSubnet, which gives it addresses; "" means Addresses
	Addresses []netip.Prefix // with the length of the subnet's prefix; none means the next free ones
	MTU       int            // in bytes; 0 means 1500
}

// HostOption changes the description of a host that World.Host adds.
type HostOption func(*HostConfig)

// Host is a computer in a world: a name, addresses, a clock, and a TCP/IP
// stack of its own.
type Host struct {
	w     *World
	cfg   HostConfig
	name  string
	rank  int
	clock *engine.HostClock
	ports []*engine.Port

	// Of the world's lock.
	touched bool     // its stack may have something to do
	wakes   []func() // handed over by Ready, not made yet

	paused atomic.Bool // it stands still

	mu    sync.Mutex
	boot  uint64 // counts the starts of the host
	down  bool   // it has crashed
	links []*hostLink
	stack *netstack.Stack
	node  *transport.Node
	naps  []*nap
	over  bool // the stack is closed, by a crash or the end of the world
}

// Host returns the host of that name, and adds it if there is none, with the
// given options. A mistake ends the test; in a cooperative world it panics.
func (w *World) Host(name string, options ...HostOption) *Host {
	w.mu.Lock()
	h := w.names[name]
	w.mu.Unlock()
	if h != nil && len(options) == 0 {
		return h
	}
	cfg := HostConfig{Name: name}
	for _, o := range options {
		o(&cfg)
	}
	h, err := w.AddHost(cfg)
	w.check(err)
	return h
}

// AddHost adds a host and starts its stack. After an error nothing has changed.
func (w *World) AddHost(cfg HostConfig) (h *Host, err error) {
	w.topo.Lock()
	defer w.topo.Unlock()
	if err := w.checkNode("HostConfig.Name", cfg.Name); err != nil {
		return nil, err
	}
	defer func() { w.added(cfg.Name, err) }()
	cfg.TCP = w.tcpOf(cfg.TCP)
	if cfg.Interfaces, err = w.plan.interfaces(cfg.Name, cfg.Interfaces, cfg.Family); err != nil {
		return nil, err
	}
	h = &Host{w: w, cfg: cfg, name: cfg.Name, rank: len(w.Hosts()) + 1}
	h.clock, err = w.events.Clock(engine.ClockConfig{
		Start: Start, Offset: cfg.ClockOffset, SkewPPM: cfg.ClockSkewPPM, Rank: h.rank,
	})
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", cfg.Name, err)
	}
	for _, i := range cfg.Interfaces {
		port, err := w.net.AddPort(engine.PortConfig{Host: cfg.Name, Interface: i.Name, Addresses: i.Addresses})
		if err != nil {
			return nil, err
		}
		h.ports = append(h.ports, port)
	}
	for _, r := range cfg.Routes {
		if !r.Gateway.IsValid() {
			continue
		}
		if err := w.net.AddRoute(cfg.Name, Route{Destination: r.Destination, Gateway: r.Gateway}); err != nil {
			return nil, err
		}
	}
	if err := h.start(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.hosts = append(w.hosts, h)
	w.names[h.name] = h
	w.mu.Unlock()
	h.runBoot()
	return h, nil
}

// sendBuffer is what a connection may have on its way, and waiting, unless it is
// told otherwise.
var sendBuffer = netstack.BufferBytes{Min: 4 << 10, Default: 4 << 20, Max: 4 << 20}

// tcpOf fills in a host's settings of TCP.
func (w *World) tcpOf(own netstack.TCPConfig) netstack.TCPConfig {
	if own == (netstack.TCPConfig{}) {
		own = w.cfg.TCP
	}
	if own.SendBuffer == (netstack.BufferBytes{}) {
		own.SendBuffer = sendBuffer
	}
	return own
}

// added ends the adding of a host, router or wire. If it could not be added,
// because of err, what was done for it is undone.
func (w *World) added(name string, err error) {
	if err != nil {
		w.plan.takeBack()
		w.net.RemoveHost(name)
	}
	w.plan.undo = nil
}

// start makes the host's stack, for the first time or after a crash.
func (h *Host) start() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	boot := h.boot + 1
	cfg := netstack.Config{
		Name: h.name, Routes: h.cfg.Routes, TCP: h.cfg.TCP, SocketsMax: h.cfg.SocketsMax,
		Resolver: resolver{h}, Clock: h.clock, Scheduler: h.Scheduler(),
		Entropy: newEntropy(h.w.cfg.Seed, h.name, boot),
	}
	var links []*hostLink
	for i, in := range h.cfg.Interfaces {
		link := &hostLink{host: h, port: h.ports[i], mtu: in.MTU}
		links = append(links, link)
		cfg.Interfaces = append(cfg.Interfaces, netstack.Interface{Name: in.Name, Link: link, Addresses: in.Addresses})
	}
	var stack *netstack.Stack
	var err error
	outside(func() { stack, err = netstack.New(cfg) })
	if err != nil {
		return fmt.Errorf("sim: host %s: %w", h.name, err)
	}
	h.boot, h.links, h.stack, h.node, h.over = boot, links, stack, nil, false
	return nil
}

// close ends the host's life with the world's.
func (h *Host) close() {
	if h.paused.Swap(false) {
		h.clock.Resume()
	}
	h.mu.Lock()
	stack, node := h.stack, h.node
	h.mu.Unlock()
	h.endLife(stack, node)
}

// endLife ends the stack and the Transport of one life of the host, and every
// call that waits for them.
func (h *Host) endLife(stack *netstack.Stack, node *transport.Node) {
	_ = stack.Close() // a link of ours has no error
	if node != nil {
		_ = node.Close() // is always nil
	}
	h.cutNaps()
}

// Name is the host's name.
func (h *Host) Name() string { return h.name }

// World is the world that the host is in.
func (h *Host) World() *World { return h.w }

// Addrs lists the host's addresses, in the order of its interfaces.
func (h *Host) Addrs() []netip.Addr {
	var list []netip.Addr
	for _, i := range h.cfg.Interfaces {
		for _, a := range i.Addresses {
			list = append(list, a.Addr())
		}
	}
	return list
}

// Addr is the host's first address: of IPv4, if it has one.
func (h *Host) Addr() netip.Addr {
	list := h.Addrs()
	if i := slices.IndexFunc(list, netip.Addr.Is4); i >= 0 {
		return list[i]
	}
	return list[0]
}

// Stack is the host's stack since it was started last. Use it for what Host
// does not offer. Its Close would be a surprise to the host; Crash is better.
func (h *Host) Stack() *netstack.Stack {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stack
}

// Clock is the host's clock for programs that want one, a transport.Node for
// instance. It can be used by all goroutines of the world.
func (h *Host) Clock() netstack.Clock { return programClock{h} }

// Scheduler says when programs of the host go on; a transport.Node wants it.
func (h *Host) Scheduler() netstack.Scheduler { return hostScheduler{h} }

// Transport is the Transport contract on this host, made at the first call
// after each start of the host. Its network is called "sim".
func (h *Host) Transport() (*transport.Node, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.node != nil {
		return h.node, nil
	}
	n, err := transport.NewNode(transport.Config{
		Network: onstack.Named(h.stack, "sim"), Clock: h.Clock(), Scheduler: h.Scheduler(),
		SocketsMax: -1, // the stack's limit is for all sockets of the host
	})
	if err != nil {
		return nil, fmt.Errorf("sim: host %s: %w", h.name, err)
	}
	h.node = n
	return n, nil
}

// Dial connects to an address such as "srv:80", by the name of a host or by
// its address; it is DialContext without an end.
func (h *Host) Dial(network, address string) (net.Conn, error) {
	return h.DialContext(context.Background(), network, address)
}

// DialTimeout is Dial that gives up with a timeout after d of the host's time.
func (h *Host) DialTimeout(network, address string, d time.Duration) (net.Conn, error) {
	ctx, cancel := h.WithTimeout(context.Background(), d)
	defer cancel()
	return h.DialContext(ctx, network, address)
}

// DialContext is the stack's DialContext: the function for an http.Transport
// and its like. Dials of one instant draw their ports in the order of (host,
// name), where the name is what Named has put into ctx, else the network and
// the address.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if _, named := ctx.Value(dialName{}).(string); !named {
		ctx = Named(ctx, network+" "+address)
	}
	return h.Stack().DialContext(ctx, network, address)
}

// Listen listens on an address such as ":80", as net.Listen does.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	return h.Stack().Listen(context.Background(), network, address)
}

// ListenTCP is Listen with options, of which the backlog is the one that tests
// want. The address is like ":80" or "10.0.0.1:80"; without a host it is all
// of IPv4 and IPv6.
func (h *Host) ListenTCP(address string, opts netstack.ListenOptions) (*netstack.Listener, error) {
	local, err := parseLocal(address)
	if err != nil {
		return nil, err
	}
	return h.Stack().ListenTCP(context.Background(), local, opts)
}

func parseLocal(address string) (netip.AddrPort, error) {
	if len(address) > 0 && address[0] == ':' {
		address = "[::]" + address
	}
	local, err := netip.ParseAddrPort(address)
	if err != nil {
		return local, fmt.Errorf("sim: address %q to listen on: it must be like :80 or 10.0.0.1:80: %w", address, err)
	}
	return local, nil
}

// ListenPacket opens a UDP socket, as net.ListenPacket does.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	return h.Stack().ListenPacket(context.Background(), network, address)
}

// Sockets lists all sockets of the host's stack, as netstack.Stack.Sockets.
func (h *Host) Sockets() []netstack.SocketInfo { return h.Stack().Sockets() }

// Stats are the counters of the host's stack.
func (h *Host) Stats() netstack.Stats { return h.Stack().Stats() }

// dialName is the key of the context value that names a dial.
type dialName struct{}

// Named names the dials made with the context: those of one instant and host
// go on in the order of their names, whichever goroutine came first. Give
// goroutines that dial at the same time names of their own.
func Named(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, dialName{}, name)
}
