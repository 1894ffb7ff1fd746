//go:build !android

package tun

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// setup configures one interface and remembers how to undo what it did.
type setup struct {
	netlink *netlink.Handle
	link    netlink.Link
	undo    []func() error // the newest last
}

// configure gives the interface what c asks for, and sets it up. What is
// already so is left alone, so a device that root has prepared needs no
// rights. It returns the MTU. On error a device made before is as it was; a
// new one is the caller's to delete.
func configure(c Config, name string, madeBefore bool) (mtu int, err error) {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return 0, fmt.Errorf("tun: opening netlink: %w", err)
	}
	defer handle.Close()
	link, err := handle.LinkByName(name)
	if err != nil {
		return 0, fmt.Errorf("tun: finding device %q: %w", name, err)
	}
	s := &setup{netlink: handle, link: link}
	if !madeBefore {
		if c.MTU == 0 {
			c.MTU = mtuDefault
		}
		if c.QueueMax == 0 {
			c.QueueMax = queueDefault
		}
	}
	if mtu, err = s.apply(c); err != nil && madeBefore {
		err = errors.Join(err, s.revert())
	}
	return mtu, err
}

// apply makes all changes, in an order in which each can succeed: routes need
// an interface that is up.
func (s *setup) apply(c Config) (mtu int, err error) {
	if mtu, err = s.setMTU(c); err != nil {
		return 0, err
	}
	if err := s.setQueue(c.QueueMax); err != nil {
		return 0, err
	}
	for i, p := range c.Addresses {
		if err := s.addAddress(p); err != nil {
			return 0, s.explain(fmt.Sprintf("Config.Addresses[%d] %v", i, p), "ip addr add "+p.String()+" dev", err)
		}
	}
	if err := s.setUp(); err != nil {
		return 0, s.explain("setting the device up", "ip link set up dev", err)
	}
	for _, p := range c.Addresses {
		s.awaitOwn(p)
	}
	for i, p := range c.Routes {
		if err := s.addRoute(p); err != nil {
			return 0, s.explain(fmt.Sprintf("Config.Routes[%d] %v", i, p), "ip route add "+p.String()+" dev", err)
		}
	}
	return mtu, nil
}

func (s *setup) revert() error {
	var errs []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	return errors.Join(errs...)
}

func (s *setup) setMTU(c Config) (int, error) {
	before := s.link.Attrs().MTU
	mtu := before
	if c.MTU != 0 {
		mtu = c.MTU
	}
	for _, p := range append(c.Addresses[:len(c.Addresses):len(c.Addresses)], c.Routes...) {
		if p.Addr().Is6() && mtu < mtuMinIPv6 {
			return 0, fmt.Errorf("tun: device %s has MTU %d and %v is IPv6, which needs at least %d; set Config.MTU",
				s.link.Attrs().Name, mtu, p, mtuMinIPv6)
		}
	}
	if mtu == before {
		return mtu, nil
	}
	if err := s.netlink.LinkSetMTU(s.link, mtu); err != nil {
		return 0, s.explain(fmt.Sprintf("Config.MTU %d", mtu), fmt.Sprintf("ip link set mtu %d dev", mtu), err)
	}
	s.undo = append(s.undo, func() error { return s.netlink.LinkSetMTU(s.link, before) })
	return mtu, nil
}

func (s *setup) setQueue(packets int) error {
	before := s.link.Attrs().TxQLen
	if packets == 0 || packets == before {
		return nil
	}
	if err := s.netlink.LinkSetTxQLen(s.link, packets); err != nil {
		return s.explain(fmt.Sprintf("Config.QueueMax %d", packets), fmt.Sprintf("ip link set txqueuelen %d dev", packets), err)
	}
	s.undo = append(s.undo, func() error { return s.netlink.LinkSetTxQLen(s.link, before) })
	return nil
}

func (s *setup) setUp() error {
	if s.link.Attrs().Flags&net.FlagUp != 0 {
		return nil
	}
	if err := s.netlink.LinkSetUp(s.link); err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { return s.netlink.LinkSetDown(s.link) })
	return nil
}

// addAddress adds an address that can be used at once. Duplicate address
// detection (RFC 4862, section 5.4) would have the kernel send from another
// device's address for the first moments, and there is nobody on the link to
// have the same.
func (s *setup) addAddress(p netip.Prefix) error {
	err := s.netlink.AddrAdd(s.link, &netlink.Addr{IPNet: ipNet(p), Flags: unix.IFA_F_NODAD})
	if err != nil {
		return ifAbsent(err, s.hasAddress(p))
	}
	s.undo = append(s.undo, func() error {
		return s.netlink.AddrDel(s.link, &netlink.Addr{IPNet: ipNet(p)})
	})
	return nil
}

func (s *setup) hasAddress(p netip.Prefix) bool {
	addresses, err := s.netlink.AddrList(s.link, netlink.FAMILY_ALL)
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if a.IPNet != nil && a.IPNet.String() == ipNet(p).String() {
			return true
		}
	}
	return false
}

func (s *setup) addRoute(p netip.Prefix) error {
	route := &netlink.Route{LinkIndex: s.link.Attrs().Index, Dst: ipNet(p), Scope: netlink.SCOPE_LINK}
	if p.Addr().Is6() {
		route.Scope = netlink.SCOPE_UNIVERSE // IPv6 routes have no other
	}
	if err := s.netlink.RouteAdd(route); err != nil {
		return ifAbsent(err, s.hasRoute(route))
	}
	s.undo = append(s.undo, func() error {
		if err := s.netlink.RouteDel(route); !errors.Is(err, unix.ESRCH) {
			return err
		}
		return nil
	})
	return nil
}

func (s *setup) hasRoute(route *netlink.Route) bool {
	family := netlink.FAMILY_V4
	if route.Dst.IP.To4() == nil {
		family = netlink.FAMILY_V6
	}
	found, err := s.netlink.RouteListFiltered(family, route, netlink.RT_FILTER_OIF|netlink.RT_FILTER_DST)
	return err == nil && len(found) > 0
}

// ifAbsent forgives a refusal to add what is there already. Without rights the
// kernel says that they are missing before it looks.
func ifAbsent(err error, present bool) error {
	if present && (errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EPERM)) {
		return nil
	}
	return err
}

// explain adds to an error of the kernel what was wanted and what helps.
func (s *setup) explain(wanted, command string, err error) error {
	name := s.link.Attrs().Name
	remedy := ""
	switch {
	case errors.Is(err, unix.EPERM):
		remedy = fmt.Sprintf("; it needs CAP_NET_ADMIN: run as root, or have root do it once (%s %s)", command, name)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EAFNOSUPPORT):
		remedy = fmt.Sprintf("; is IPv6 switched off? (sysctl net.ipv6.conf.%s.disable_ipv6)", name)
	case errors.Is(err, unix.EEXIST):
		remedy = "; it exists through another device: remove that or choose another prefix"
	}
	return fmt.Errorf("tun: %s on %s: %w%s", wanted, name, err, remedy)
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
