package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/attach"
	"github.com/seed-731cb71d/warren/tun"
)

// networkHelp ends the help of every command that needs a device.
const networkHelp = `

The stack answers for the addresses of --addr on one end of a TUN device. The
kernel's end gets an address of its own from the same prefix (--host-addr), so
that one command is enough:

  --addr 10.7.0.2/24     the stack is 10.7.0.2, the kernel 10.7.0.1

From and to other machines the kernel has to forward (net.ipv4.ip_forward), as
for any host behind it.

Making a device needs root (CAP_NET_ADMIN). Without it, either open a shell in a
network of your own, which needs no rights, and run both sides there,

  unshare -rn bash

or have root make a device for you once, and name it with --tun:

  ip tuntap add dev warren0 mode tun user $USER
  ip addr add 10.7.0.1/24 dev warren0
  ip link set dev warren0 up`

// networkFlags are the flags of a command that attaches a stack to a device.
type networkFlags struct {
	config attach.Config
	drain  time.Duration
}

// add defines the flags on c and ends its help with what they mean.
func (f *networkFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.config.Device, "tun", "", "the TUN device's `name`; one that exists is used as it is (default a new one)")
	flags.Var((*prefixList)(&f.config.Addresses), "addr", "an `address/prefix` of the stack, such as 10.7.0.2/24; may be repeated")
	flags.Var((*prefixList)(&f.config.HostAddresses), "host-addr", "an `address/prefix` of the kernel's end (default the first other address of each --addr)")
	flags.IntVar(&f.config.MTU, "mtu", 0, "the device's MTU in `bytes` (default 1500, or the existing device's)")
	flags.Var((*offloadFlag)(&f.config.Offload), "offload", "whether the kernel cuts, joins and sums TCP segments for the stack: auto, on or off")
	c.Long += networkHelp
	c.PreRunE = func(c *cobra.Command, _ []string) error { return usage(c, f.check()) }
}

// addDrain defines the flag of a command whose connections can be drained.
func (f *networkFlags) addDrain(c *cobra.Command) {
	c.Flags().DurationVar(&f.drain, "drain", 10*time.Second, "`duration` for which the first Ctrl-C lets connections finish; the second quits at once")
}

// check finds the mistakes that need no device to be seen.
func (f *networkFlags) check() error {
	if f.drain < 0 {
		return fmt.Errorf("--drain %v: must not be negative: give 0 to quit at once", f.drain)
	}
	return f.config.Check()
}

// open attaches the stack.
func (f *networkFlags) open() (*attach.Network, error) {
	network, err := attach.Open(f.config)
	if err != nil {
		return nil, environmentError{err}
	}
	return network, nil
}

// family is the address in --addr that is of a's family.
func (f *networkFlags) family(a netip.Addr) (netip.Addr, bool) {
	for _, p := range f.config.Addresses {
		if p.Addr().Is4() == a.Is4() {
			return p.Addr(), true
		}
	}
	return netip.Addr{}, false
}

// reachable are the addresses under which a listener can be reached.
func (f *networkFlags) reachable(bound netip.AddrPort) []netip.AddrPort {
	var at []netip.AddrPort
	for _, p := range f.config.Addresses {
		if a := bound.Addr(); a.IsUnspecified() && (a.Is6() || p.Addr().Is4()) || a == p.Addr() {
			at = append(at, netip.AddrPortFrom(p.Addr(), bound.Port()))
		}
	}
	return at
}

// ends describes the device for a person.
func ends(network *attach.Network) string {
	text := "device " + network.Device
	if len(network.Host) > 0 {
		text += ", kernel's end " + join(network.Host)
	}
	if len(network.Commands) > 0 {
		text += "; now run, as administrator: " + strings.Join(network.Commands, "; ")
	}
	return text
}

// join lists values for a person.
func join[T fmt.Stringer](values []T) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, v.String())
	}
	return strings.Join(texts, " ")
}

// offloadFlag is the flag of a device's offload.
type offloadFlag tun.Offload

// Set takes auto, on and off.
func (o *offloadFlag) Set(s string) error {
	if (*tun.Offload)(o).UnmarshalText([]byte(s)) != nil {
		return errors.New("must be auto, on or off: auto uses it where the kernel has it")
	}
	return nil
}

// Type is what help calls a value.
func (o *offloadFlag) Type() string { return "auto|on|off" }

func (o *offloadFlag) String() string { return tun.Offload(*o).String() }

// prefixList is a flag that may be given several times.
type prefixList []netip.Prefix

// Set adds a prefix.
func (l *prefixList) Set(s string) error {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return errors.New("is no address with the length of its prefix: write it like 10.7.0.2/24 or fd07::2/64")
	}
	*l = append(*l, p)
	return nil
}

// Type is what help calls a value.
func (l *prefixList) Type() string { return "address/prefix" }

func (l *prefixList) String() string { return join(*l) }
