package sim

import (
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/engine"
)

// WireConfig describes a Wire.
type WireConfig struct {
	// Name is the wire's name, unique among hosts and wires.
	Name string

	// Interface says which addresses' packets it gets, and its subnet. Its
	// zero value means the next free address, as with hosts, of the Family.
	Interface InterfaceConfig
	Family    Family

	// Receive, if not nil, is given every packet that arrives, which it
	// borrows. The driver of the world calls it: it may Send, but not wait.
	Receive func(packet []byte)
}

// Wire is an end of the network without a stack: nothing answers there but what
// is sent by hand, and what is sent may be anything, with any source address.
// Peers that misbehave and packets that are forged are made with it.
type Wire struct {
	w     *World
	name  string
	addrs []netip.Prefix
	port  *engine.Port
}

// AddWire adds a wire. After an error nothing has changed.
func (w *World) AddWire(cfg WireConfig) (x *Wire, err error) {
	w.topo.Lock()
	defer w.topo.Unlock()
	if err := w.checkNode("WireConfig.Name", cfg.Name); err != nil {
		return nil, err
	}
	defer func() { w.added(cfg.Name, err) }()
	list, err := w.plan.interfaces(cfg.Name, []InterfaceConfig{cfg.Interface}, cfg.Family)
	if err != nil {
		return nil, err
	}
	in := list[0]
	port, err := w.net.AddPort(engine.PortConfig{Host: cfg.Name, Interface: in.Name, Addresses: in.Addresses})
	if err != nil {
		return nil, err
	}
	port.Receive(func(p engine.Packet) {
		if cfg.Receive != nil {
			b := make([]byte, 0, p.Len())
			for segment := range p.Segments {
				b = append(b, segment...)
			}
			cfg.Receive(b)
		}
		p.Release()
	})
	return &Wire{w: w, name: cfg.Name, addrs: in.Addresses, port: port}, nil
}

// Name is the wire's name.
func (x *Wire) Name() string { return x.name }

// Addrs lists the wire's addresses.
func (x *Wire) Addrs() []netip.Addr {
	list := make([]netip.Addr, len(x.addrs))
	for i, a := range x.addrs {
		list[i] = a.Addr()
	}
	return list
}

// Send puts an IP packet, which it borrows, on the path to the host that has
// its destination address. Only the size is looked at.
func (x *Wire) Send(packet []byte) error {
	if len(packet) < 20 || len(packet) > 65575 {
		return fmt.Errorf("sim: wire %s: a packet of %d bytes: an IP packet has 20 to 65575", x.name, len(packet))
	}
	x.w.net.Send(x.port, newPacket(packet))
	return nil
}
