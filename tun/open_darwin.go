//go:build !ios

package tun

import (
	"errors"
	"fmt"

	"github.com/songgao/water"
)

// Open opens a utun device; c.Name is "" or "utun" and a number. Addresses,
// routes, QueueMax and an MTU other than the device's own 1500 are refused with
// errors.ErrUnsupported and the command that sets them, and so is Persist:
// utun devices always end with their descriptor.
func Open(c Config) (*Device, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	switch {
	case len(c.Addresses) > 0:
		return nil, unsupported(fmt.Sprintf("Config.Addresses %v", c.Addresses), "ifconfig utunN inet LOCAL REMOTE up")
	case len(c.Routes) > 0:
		return nil, unsupported(fmt.Sprintf("Config.Routes %v", c.Routes), "route add -net PREFIX -interface utunN")
	case c.Offload == OffloadOn:
		return nil, refusedOffload("macOS has none")
	case c.QueueMax != 0:
		return nil, unsupported(fmt.Sprintf("Config.QueueMax %d", c.QueueMax), "nothing: the system chooses its queue")
	case c.Persist:
		return nil, unsupported("Config.Persist true", "nothing: utun devices end with their descriptor")
	case c.MTU != 0 && c.MTU != mtuDefault:
		return nil, unsupported(fmt.Sprintf("Config.MTU %d", c.MTU), "ifconfig utunN mtu BYTES")
	}
	var config water.Config
	config.DeviceType = water.TUN
	config.Name = c.Name
	ifce, err := water.New(config)
	if err != nil {
		return nil, fmt.Errorf("tun: making device %q: %w; it needs root, and names are \"utun\" and a number", c.Name, err)
	}
	return newDevice(ifce, ifce.Name(), mtuDefault, noOffload(ifce.Name(), "macOS has none")), nil
}

func unsupported(what, command string) error {
	return fmt.Errorf("tun: %s on macOS: %w; set it after Open with: %s", what, errors.ErrUnsupported, command)
}
