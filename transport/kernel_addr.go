//go:build linux || darwin || freebsd

package transport

import (
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// toSockaddr makes a kernel address of the family that inet6 names. The zero
// Addr is the family's wildcard.
func toSockaddr(addr netip.AddrPort, inet6 bool) (syscall.Sockaddr, error) {
	ip := addr.Addr()
	if !inet6 {
		sa := &syscall.SockaddrInet4{Port: int(addr.Port())}
		if ip.IsValid() {
			if !ip.Is4() {
				return nil, syscall.EAFNOSUPPORT
			}
			sa.Addr = ip.As4()
		}
		return sa, nil
	}
	sa := &syscall.SockaddrInet6{Port: int(addr.Port())}
	if ip.IsValid() {
		zone, err := zoneIndex(ip.Zone())
		if err != nil {
			return nil, err
		}
		sa.Addr, sa.ZoneId = ip.As16(), zone
	}
	return sa, nil
}

// fromSockaddr keeps an IPv4 peer of an IPv6 socket in its mapped form, as
// the socket has it.
func fromSockaddr(sa syscall.Sockaddr) (netip.AddrPort, error) {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), nil
	case *syscall.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 && !ip.Is4In6() {
			ip = ip.WithZone(zoneName(sa.ZoneId))
		}
		return netip.AddrPortFrom(ip, uint16(sa.Port)), nil
	}
	return netip.AddrPort{}, syscall.EAFNOSUPPORT
}

func boundAddr(fd int) (netip.AddrPort, error) {
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return fromSockaddr(sa)
}

func peerAddr(fd int) (netip.AddrPort, error) {
	sa, err := syscall.Getpeername(fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return fromSockaddr(sa)
}

func zoneIndex(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index), nil
	}
	index, err := strconv.ParseUint(zone, 10, 32)
	if err != nil {
		return 0, syscall.EINVAL
	}
	return uint32(index), nil
}

func zoneName(index uint32) string {
	if ifi, err := net.InterfaceByIndex(int(index)); err == nil {
		return ifi.Name
	}
	return strconv.FormatUint(uint64(index), 10)
}
