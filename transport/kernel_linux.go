package transport

import "syscall"

const (
	soPriority  = syscall.SO_PRIORITY
	inet6HasTOS = true

	ipBindAddressNoPort = 24 // IP_BIND_ADDRESS_NO_PORT, ip(7)
	ipLocalPortRange    = 51 // IP_LOCAL_PORT_RANGE, ip(7)
)

func openSocket(inet6 bool) (fd int, err error) {
	family := syscall.AF_INET
	if inet6 {
		family = syscall.AF_INET6
	}
	return syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, syscall.IPPROTO_TCP)
}

func acceptSocket(fd int) (int, error) {
	nfd, _, err := syscall.Accept4(fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	return nfd, err
}

func deferPortChoice(fd int) error {
	return syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipBindAddressNoPort, 1)
}

// setPortRange gives the range as ip(7) wants it: the upper bound in the high
// half. It holds for sockets of both families.
func setPortRange(fd int, ports [2]uint16) error {
	value := uint32(ports[1])<<16 | uint32(ports[0])
	return syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipLocalPortRange, int(int32(value)))
}

func checkPortRange(ports [2]uint16) error {
	fd, err := openSocket(false)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return setPortRange(fd, ports)
}

// bindDevice is SO_BINDTODEVICE, socket(7).
func bindDevice(fd int, name string) error {
	err := syscall.BindToDevice(fd, name)
	if err == syscall.ENODEV {
		return syscall.EINVAL
	}
	return err
}
