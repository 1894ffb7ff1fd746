//go:build !android

package bed

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/cmd/warren/internal/bench/bed/namespace"
)

// The kernel's addresses on the veth pair.
var (
	vethA = netip.MustParsePrefix("10.98.0.1/24")
	vethB = netip.MustParsePrefix("10.98.0.2/24")
)

// settings are what each namespace gets instead of the system's values: room
// for the connections of a sample, whose ports rest for a minute where nothing
// allows them to be taken again.
var settings = []struct{ name, value string }{
	{"net.ipv4.ip_local_port_range", "1024\t65535"},
	{"net.ipv4.tcp_tw_reuse", "1"},
}

// newHost makes a namespace with the settings.
func newHost(name string) (*namespace.Namespace, error) {
	n, err := namespace.New(name)
	if err != nil {
		return nil, err
	}
	for _, s := range settings {
		if err := n.Set(s.name, s.value); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	return n, nil
}

// mtuVeth is the MTU of the veth pair: the kernel's segmentation offload makes
// it carry 64 KiB at a time all the same.
const mtuVeth = 1500

// newHosts makes two namespaces joined by a veth pair.
func newHosts(mtu int) (a, b *namespace.Namespace, err error) {
	if a, err = newHost("a"); err != nil {
		return nil, nil, err
	}
	if b, err = newHost("b"); err != nil {
		return nil, nil, errors.Join(err, a.Close())
	}
	if err := joinHosts(a, b, mtu); err != nil {
		return nil, nil, errors.Join(err, closeHosts(a, b))
	}
	return a, b, nil
}

// closeHosts gives namespaces up.
func closeHosts(hosts ...*namespace.Namespace) (err error) {
	for _, n := range hosts {
		err = errors.Join(err, n.Close())
	}
	return err
}

// joinHosts connects two namespaces by a veth pair and gives each end its
// address.
func joinHosts(a, b *namespace.Namespace, mtu int) error {
	err := a.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.MTU = "veth0", mtu
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs: attrs, PeerName: "veth0", PeerMTU: uint32(mtu), PeerNamespace: netlink.NsFd(b.File().Fd()),
		})
	})
	if err != nil {
		return fmt.Errorf("making a veth pair: %w: it needs the kernel's module veth", err)
	}
	if err := a.Do(func() error { return setUp("veth0", vethA) }); err != nil {
		return err
	}
	return b.Do(func() error { return setUp("veth0", vethB) })
}

// setUp gives a device of the calling thread's namespace its address.
func setUp(device string, address netip.Prefix) error {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("opening netlink: %w", err)
	}
	defer handle.Close()
	link, err := handle.LinkByName(device)
	if err != nil {
		return fmt.Errorf("finding %s: %w", device, err)
	}
	ip := &net.IPNet{IP: address.Addr().AsSlice(), Mask: net.CIDRMask(address.Bits(), address.Addr().BitLen())}
	if err := handle.AddrAdd(link, &netlink.Addr{IPNet: ip}); err != nil {
		return fmt.Errorf("giving %s the address %v: %w", device, address, err)
	}
	if err := handle.LinkSetUp(link); err != nil {
		return fmt.Errorf("setting %s up: %w", device, err)
	}
	return nil
}
