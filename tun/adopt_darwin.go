package tun

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// What <sys/sys_domain.h> and <net/if_utun.h> call SYSPROTO_CONTROL and
// UTUN_OPT_IFNAME.
const (
	systemProtocolControl = 2
	utunInterfaceName     = 2
)

// adopt checks that fd is a utun socket and makes a Device of it.
func adopt(fd, mtu int) (*Device, error) {
	name, err := unix.GetsockoptString(fd, systemProtocolControl, utunInterfaceName)
	if err != nil {
		return nil, fmt.Errorf("tun: descriptor %d: %w; it is no utun device (its name is asked for with UTUN_OPT_IFNAME)", fd, err)
	}
	if mtu == 0 {
		if mtu, err = interfaceMTU(name); err != nil {
			return nil, fmt.Errorf("tun: descriptor %d: reading the MTU of device %s: %w; give the MTU", fd, name, err)
		}
	}
	file, err := pollable(fd, name)
	if err != nil {
		return nil, err
	}
	return newDevice(newFamilyFile(file, unix.AF_INET, unix.AF_INET6), name, mtu, noOffload(name, "utun has none")), nil
}
