package tun

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// adopt checks that fd is a TUN device which this package can serve and makes
// a Device of it. IFF_NO_PI is not among what is checked: TUNGETIFF reports a
// missing packet filter with the same bit. Offload that was asked for already is
// taken back until EnableVirtio. On error fd stays open and is the caller's.
func adopt(fd, mtu int) (*Device, error) {
	flags, name, err := getInterface(fd)
	switch {
	case errors.Is(err, unix.EBADF):
		return nil, fmt.Errorf("tun: descriptor %d: %w", fd, err)
	case errors.Is(err, unix.EBADFD):
		return nil, fmt.Errorf("tun: descriptor %d: %w; it belongs to no device (TUNSETIFF is missing, or the device was deleted)", fd, err)
	case err != nil:
		return nil, fmt.Errorf("tun: descriptor %d: %w; it is no TUN device (its kind is asked for with TUNGETIFF)", fd, err)
	case flags&unix.IFF_TUN == 0:
		return nil, fmt.Errorf("tun: descriptor %d, device %s: is a TAP device; make it with IFF_TUN", fd, name)
	}
	if mtu == 0 {
		if mtu, err = interfaceMTU(name); err != nil {
			return nil, fmt.Errorf("tun: descriptor %d: reading the MTU of device %s: %w; give the MTU, "+
				"for the device may be in another network namespace", fd, name, err)
		}
	}
	headed := flags&unix.IFF_VNET_HDR != 0
	if headed {
		if err := setHeaderBytes(fd); err != nil {
			return nil, fmt.Errorf("tun: descriptor %d, device %s: %w", fd, name, err)
		}
	}
	// Android forbids this, and never asks for offload.
	if err := leavePlain(fd); err != nil && headed {
		return nil, fmt.Errorf("tun: descriptor %d, device %s: TUNSETOFFLOAD 0: %w", fd, name, err)
	}
	file, err := pollable(fd, name)
	if err != nil {
		return nil, err
	}
	if !headed {
		return newLinuxDevice(file, name, mtu, noOffload(name, "it was made without IFF_VNET_HDR"))
	}
	return newLinuxDevice(file, name, mtu, nil)
}
