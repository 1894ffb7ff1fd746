package sim

import (
	"errors"
	"fmt"
)

// Star adds a router, the hub, and around it hosts, each in a subnet of its own
// with the hub: hub to a, hub to b and so on are paths to be configured. It
// returns the hosts in their order. A mistake ends the test.
//
// Subnets are called after what they join, like "hub-a".
func (w *World) Star(hub string, hosts ...string) []*Host {
	if len(hosts) == 0 {
		w.check(errors.New("sim: Star: no hosts: give the names of those around the hub"))
	}
	subnets := make([]string, len(hosts))
	for i, host := range hosts {
		subnets[i] = w.join(hub, host)
	}
	w.Router(hub, subnets...)
	list := make([]*Host, len(hosts))
	for i, host := range hosts {
		list[i] = w.Host(host, InSubnet(subnets[i]))
	}
	return list
}

// Line adds a host, routers behind one another, and another host: each is in a
// subnet with the next one, and the paths between them are to be configured.
// It returns the hosts at both ends. A mistake ends the test.
//
// Subnets are called after what they join, like "client-r1".
func (w *World) Line(names ...string) (first, last *Host) {
	if len(names) < 2 {
		w.check(fmt.Errorf("sim: Line: %d names: give a host, any number of routers, and another host", len(names)))
	}
	end := len(names) - 1
	subnets := make([]string, end)
	for i := range subnets {
		subnets[i] = w.join(names[i], names[i+1])
	}
	for i, name := range names[1:end] {
		w.Router(name, subnets[i], subnets[i+1])
	}
	return w.Host(names[0], InSubnet(subnets[0])), w.Host(names[end], InSubnet(subnets[end-1]))
}

// join adds the subnet between two of a layout.
func (w *World) join(a, b string) string {
	name := a + "-" + b
	_, err := w.AddSubnet(SubnetConfig{Name: name})
	w.check(err)
	return name
}

// InSubnet gives a host one interface in each of the named subnets.
func InSubnet(subnets ...string) HostOption {
	return func(cfg *HostConfig) {
		for _, s := range subnets {
			cfg.Interfaces = append(cfg.Interfaces, InterfaceConfig{Subnet: s})
		}
	}
}
