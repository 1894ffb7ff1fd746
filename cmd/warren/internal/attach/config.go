package attach

import (
	"fmt"
	"net/netip"

	"github.com/seed-731cb71d/warren/tun"
)

// The least MTU of each family (RFC 791; RFC 8200, section 5) and the largest
// that a device can have, in bytes.
const (
	mtuMinIPv4 = 68
	mtuMinIPv6 = 1280
	mtuMax     = 65535
)

// Config says which device a stack is attached to, and the addresses of both
// ends. Its errors speak of the flags that set it.
type Config struct {
	// Device is the TUN device's name (--tun). "" makes a new one whose name
	// the system chooses.
	Device string

	// Addresses are the stack's own addresses with their prefixes (--addr).
	// At least one is needed.
	Addresses []netip.Prefix

	// HostAddresses are the kernel's addresses on the device (--host-addr).
	// A family of which none is given gets the first other address of each
	// prefix in Addresses, unless the device already has one there.
	HostAddresses []netip.Prefix

	// MTU is the device's MTU in bytes (--mtu). 0 means 1500 for a new device
	// and no change for one that exists.
	MTU int

	// Offload says whether the kernel cuts, joins and sums TCP segments for
	// the stack (--offload). The zero value has it do so where it can.
	Offload tun.Offload
}

// Check finds the mistakes that can be seen without touching the system. The
// error names the flag, its value and the remedy.
func (c Config) Check() error {
	if len(c.Addresses) == 0 {
		return fmt.Errorf("--addr: missing: give the stack an address with its prefix, for example --addr 10.7.0.2/24")
	}
	if err := c.checkMTU(); err != nil {
		return err
	}
	owners := make(map[netip.Addr]string)
	for _, side := range []struct {
		flag     string
		prefixes []netip.Prefix
	}{{"--addr", c.Addresses}, {"--host-addr", c.HostAddresses}} {
		for _, p := range side.prefixes {
			if err := checkAddress(side.flag, p); err != nil {
				return err
			}
			if owner, taken := owners[p.Addr()]; taken {
				return fmt.Errorf("%s %v: %s has this address already: each end of the device needs addresses of its own", side.flag, p, owner)
			}
			owners[p.Addr()] = side.flag
		}
	}
	return nil
}

func (c Config) checkMTU() error {
	if c.MTU == 0 {
		return nil
	}
	if c.MTU < mtuMinIPv4 || c.MTU > mtuMax {
		return fmt.Errorf("--mtu %d: must be %d to %d bytes, and at least %d for IPv6", c.MTU, mtuMinIPv4, mtuMax, mtuMinIPv6)
	}
	for _, p := range append(c.Addresses[:len(c.Addresses):len(c.Addresses)], c.HostAddresses...) {
		if p.Addr().Is6() && c.MTU < mtuMinIPv6 {
			return fmt.Errorf("--mtu %d: IPv6 needs at least %d bytes and %v is IPv6: raise the MTU or leave the address out", c.MTU, mtuMinIPv6, p)
		}
	}
	return nil
}

// checkAddress refuses what cannot be a host's own address.
func checkAddress(flag string, p netip.Prefix) error {
	a := p.Addr()
	switch {
	case !p.IsValid():
		return fmt.Errorf("%s: no address with a prefix: write it like 10.7.0.2/24", flag)
	case a.Is4In6():
		return fmt.Errorf("%s %v: is IPv4 in IPv6: write it as IPv4", flag, p)
	case a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%s %v: is no address of a host: choose one of a private network, for example 10.7.0.2/24", flag, p)
	case a.IsLoopback():
		return fmt.Errorf("%s %v: loopback addresses never leave their host: choose one of a private network, for example 10.7.0.2/24", flag, p)
	case p.Bits() < a.BitLen()-1 && a != firstHost(p) && !isHost(p):
		return fmt.Errorf("%s %v: is the network's own address or its broadcast address: choose one between them, for example %v", flag, p, netip.PrefixFrom(firstHost(p), p.Bits()))
	}
	return nil
}
