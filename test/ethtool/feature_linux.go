//go:build !android

package ethtool

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Feature reports whether a feature of the interface is on. command is one of
// unix.ETHTOOL_GTSO, ETHTOOL_GTXCSUM and the like.
func Feature(name string, command uint32) (on bool, err error) {
	v := value{command: command}
	err = request(name, &v)
	return v.data != 0, err
}

// SetFeature switches a feature of the interface. command is one of
// unix.ETHTOOL_STSO, ETHTOOL_SGRO and the like.
func SetFeature(name string, command uint32, on bool) error {
	v := value{command: command}
	if on {
		v.data = 1
	}
	return request(name, &v)
}

// value is the kernel's struct ethtool_value.
type value struct{ command, data uint32 }

// request has the kernel read or write v. The error is unix.ENODEV where there
// is no such interface, unix.EOPNOTSUPP where it has no such feature, and
// unix.EPERM without CAP_NET_ADMIN.
func request(name string, v *value) error {
	if len(name) >= unix.IFNAMSIZ {
		return fmt.Errorf("ethtool: interface %q: %w: give a name of at most %d bytes", name, unix.ENODEV, unix.IFNAMSIZ-1)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("ethtool: opening a socket: %w", err)
	}
	defer unix.Close(fd)
	ifreq := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(v)}
	copy(ifreq.name[:], name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&ifreq)))
	runtime.KeepAlive(v)
	if errno != 0 {
		return fmt.Errorf("ethtool: interface %s, command %#x: %w", name, v.command, errno)
	}
	return nil
}
