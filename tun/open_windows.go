package tun

import (
	"errors"
	"fmt"

	"github.com/songgao/water"
)

// Open opens an adapter of the tap-windows6 driver, which must be installed;
// c.Name is the adapter's name or "" for any. c.Addresses must hold one IPv4
// prefix: the driver answers ARP requests for that network. It does not set
// the address, which is left to netsh. Routes, QueueMax, Persist and an MTU other than
// the adapter's own 1500 are refused with errors.ErrUnsupported.
func Open(c Config) (*Device, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	switch {
	case len(c.Addresses) != 1 || !c.Addresses[0].Addr().Is4():
		return nil, fmt.Errorf("tun: Config.Addresses %v: the Windows driver needs exactly one IPv4 prefix: %w",
			c.Addresses, errors.ErrUnsupported)
	case len(c.Routes) > 0:
		return nil, unsupported(fmt.Sprintf("Config.Routes %v", c.Routes), "netsh interface ip add route PREFIX NAME")
	case c.Offload == OffloadOn:
		return nil, refusedOffload("the driver has none")
	case c.QueueMax != 0:
		return nil, unsupported(fmt.Sprintf("Config.QueueMax %d", c.QueueMax), "nothing: the system chooses its queue")
	case c.Persist:
		return nil, unsupported("Config.Persist true", "nothing: adapters always stay")
	case c.MTU != 0 && c.MTU != mtuDefault:
		return nil, unsupported(fmt.Sprintf("Config.MTU %d", c.MTU), "netsh interface ipv4 set subinterface NAME mtu=BYTES")
	}
	var config water.Config
	config.DeviceType = water.TUN
	config.ComponentID = "tap0901"
	config.InterfaceName = c.Name
	config.Network = c.Addresses[0].String()
	ifce, err := water.New(config)
	if err != nil {
		return nil, fmt.Errorf("tun: opening adapter %q: %w; it needs the tap-windows6 driver (OpenVPN installs it) and an administrator", c.Name, err)
	}
	if ifce == nil { // water swallows a panic of its own
		return nil, fmt.Errorf("tun: opening adapter %q: the driver's answer was not understood", c.Name)
	}
	return newDevice(ifce, ifce.Name(), mtuDefault, noOffload(ifce.Name(), "the driver has none")), nil
}

func unsupported(what, command string) error {
	return fmt.Errorf("tun: %s on Windows: %w; set it with: %s", what, errors.ErrUnsupported, command)
}
