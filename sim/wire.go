package sim

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/sim/engine"
)

// WireConfig describes a Wire.
type WireConfig struct {
	// Name is the wire's name, unique among hosts and wires.
	Name string

	// Addresses are those whose packets it gets, with the length of the
	// subnet's prefix. None means the next free one, as with hosts, of the
	// Family.
	Addresses []netip.Prefix
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

// AddWire adds a wire.
func (w *World) AddWire(cfg WireConfig) (*Wire, error) {
	w.topo.Lock()
	defer w.topo.Unlock()
	if err := w.checkHost(HostConfig{Name: cfg.Name}); err != nil {
		return nil, err
	}
	list, err := w.plan.interfaces(cfg.Name, []InterfaceConfig{{Addresses: cfg.Addresses}}, cfg.Family)
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

// Paths are the directions to a host with which the wire has a subnet in common,
// and back. Each can be configured and has counters.
func (x *Wire) Paths(h *Host) (there, back *engine.Path, err error) {
	if h == nil {
		return nil, nil, errors.New("sim: a path needs two ends; the host is nil")
	}
	x.w.topo.Lock()
	defer x.w.topo.Unlock()
	for _, port := range h.ports {
		there, err = x.w.net.Path(x.port, port)
		if err == nil {
			back, err = x.w.net.Path(port, x.port)
			return there, back, err
		}
	}
	return nil, nil, fmt.Errorf("sim: no path from %s to %s: they have no subnet in common; give them addresses of one prefix", x.name, h.name)
}
