package tun

import (
	"fmt"
	"net/netip"
	"strings"
)

// Limits of an MTU, in bytes.
const (
	mtuMin     = 68    // RFC 791
	mtuMinIPv6 = 1280  // RFC 8200, section 5
	mtuMax     = 65535 // the largest IPv4 packet, and what Linux lets a TUN device have
	mtuDefault = 1500
)

// Config.QueueMax, in packets: what 0 means and what is possible. With a thousand
// streams to the stack at an MTU of 65520, a queue of 500, Linux's default,
// dropped more than it passed on, also the acknowledgements of what the stack
// sends; a longer one than 4096 made nothing better.
const (
	queueDefault = 4096
	queueMost    = 65536
)

// nameBytesMax is the longest interface name of Linux; the kernel cuts longer
// ones without a word.
const nameBytesMax = 15

// Config describes the device to be opened. The zero value opens a new device
// whose name the system chooses, sets it up, and gives it no address.
type Config struct {
	// Name is the interface's name, at most 15 bytes; on macOS "utun" and a
	// number. "" lets the system choose; Device.Name tells.
	//
	// If there is such a device (made by "ip tuntap add"), it is opened, and
	// Close leaves it in place; else it is made, and Close deletes it unless
	// Persist is set.
	Name string

	// MTU is the largest packet in bytes, 68 to 65535, and at least 1280
	// where Addresses or Routes name IPv6. 0 means 1500 for a new device and
	// no change for one made before.
	MTU int

	// Addresses are the operating system's own addresses on the link, each
	// with the prefix that is reached through the device.
	Addresses []netip.Prefix

	// Routes are further destinations to be routed through the device.
	// Host bits must be zero. A route that exists through another device is
	// an error, not replaced.
	Routes []netip.Prefix

	// QueueMax is how many packets the kernel keeps for Read; it drops what
	// comes beyond: a TUN device never makes senders wait, whatever its
	// queueing discipline. 0 means 4096 for a new device: Linux's own 500
	// lose packets whenever a TCP sender opens its window. A device made
	// before keeps what it has.
	// Linux only; at most 65536.
	QueueMax int

	// Offload says whether the device is opened for EnableVirtio, which makes
	// the kernel leave segmentation and checksums to the reader and take them
	// over from the writer. The zero value does so where it can; until
	// EnableVirtio is called nothing of it shows.
	Offload Offload

	// Persist leaves a new device, with its addresses, in place on Close.
	Persist bool
}

// validate names the first field that cannot be served.
func (c Config) validate() error {
	if err := validateName(c.Name); err != nil {
		return err
	}
	if c.MTU != 0 {
		if err := validateMTU("Config.MTU", c.MTU); err != nil {
			return fmt.Errorf("%w; 0 means %d", err, mtuDefault)
		}
	}
	if c.QueueMax < 0 || c.QueueMax > queueMost {
		return fmt.Errorf("tun: Config.QueueMax %d: must be 0 to %d packets; 0 means %d", c.QueueMax, queueMost, queueDefault)
	}
	if c.Offload > OffloadOff {
		return fmt.Errorf("tun: Config.Offload %d: must be OffloadAuto, OffloadOn or OffloadOff", uint8(c.Offload))
	}
	for i, p := range c.Addresses {
		if err := c.validatePrefix("Addresses", i, p); err != nil {
			return err
		}
		if a := p.Addr(); a.IsUnspecified() || a.IsMulticast() {
			return fmt.Errorf("tun: Config.Addresses[%d] %v: is no address of a host", i, p)
		}
	}
	for i, p := range c.Routes {
		if err := c.validatePrefix("Routes", i, p); err != nil {
			return err
		}
		if p != p.Masked() {
			return fmt.Errorf("tun: Config.Routes[%d] %v: has bits beyond its prefix; write %v", i, p, p.Masked())
		}
	}
	return nil
}

// validatePrefix checks what addresses and routes have in common.
func (c Config) validatePrefix(field string, i int, p netip.Prefix) error {
	switch {
	case !p.IsValid():
		return fmt.Errorf("tun: Config.%s[%d] %v: is no valid prefix; write 10.1.0.1/24 or fd00::1/64", field, i, p)
	case p.Addr().Is4In6():
		return fmt.Errorf("tun: Config.%s[%d] %v: is IPv4 in IPv6; write it as IPv4", field, i, p)
	case p.Addr().Is6() && c.MTU != 0 && c.MTU < mtuMinIPv6:
		return fmt.Errorf("tun: Config.MTU %d: IPv6 needs at least %d and Config.%s[%d] is %v",
			c.MTU, mtuMinIPv6, field, i, p)
	}
	return nil
}

// validateName refuses what no kernel takes as a name, and what it would cut
// or, with a percent sign, count up.
func validateName(name string) error {
	switch {
	case len(name) > nameBytesMax:
		return fmt.Errorf("tun: Config.Name %q: has %d bytes; at most %d are possible", name, len(name), nameBytesMax)
	case name == "." || name == "..":
		return fmt.Errorf("tun: Config.Name %q: is not possible as an interface's name", name)
	}
	if i := strings.IndexFunc(name, notInName); i >= 0 {
		return fmt.Errorf("tun: Config.Name %q: byte %d cannot stand in an interface's name; use letters, digits, '-', '_' and '.'", name, i)
	}
	return nil
}

// notInName reports whether r cannot stand in an interface's name.
func notInName(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`/:%\`, r)
}

// validateMTU checks the limits that hold for every device.
func validateMTU(field string, mtu int) error {
	if mtu < mtuMin || mtu > mtuMax {
		return fmt.Errorf("tun: %s %d: must be %d to %d", field, mtu, mtuMin, mtuMax)
	}
	return nil
}
