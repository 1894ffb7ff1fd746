//go:build linux || darwin

package tun

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// FromFD makes a Device of a descriptor that is a TUN device already, as an
// Android or iOS application is given one, or a process by its parent. mtu is
// in bytes; 0 asks the network namespace of the calling thread, which Android
// forbids. On Linux the device must have been made with IFF_NO_PI, which cannot
// be checked; with IFF_VNET_HDR its offload can be used (EnableVirtio), whatever
// length its header has had and whatever offload was on. The Device owns the
// descriptor from then on and makes it non-blocking; on error the caller keeps it.
// Close closes the descriptor, and what becomes of the interface is up to whoever
// made it.
func FromFD(fd, mtu int) (*Device, error) {
	if mtu != 0 {
		if err := validateMTU("mtu", mtu); err != nil {
			return nil, err
		}
	}
	return adopt(fd, mtu)
}

// FromFile is FromFD for an *os.File. f is closed, its device is not; on error
// f stays open.
func FromFile(f *os.File, mtu int) (*Device, error) {
	if f == nil {
		return nil, errNoFile
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("tun: %s: %w", f.Name(), err)
	}
	// f may be a file that does not use the poller, so its descriptor is
	// copied into one that does.
	var fd int
	var failed error
	err = raw.Control(func(original uintptr) {
		fd, failed = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("tun: copying the descriptor of %s: %w", f.Name(), err)
	}
	d, err := FromFD(fd, mtu)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err := f.Close(); err != nil {
		d.Close()
		return nil, fmt.Errorf("tun: closing %s: %w", f.Name(), err)
	}
	return d, nil
}

// interfaceMTU asks the network namespace of the calling thread.
func interfaceMTU(name string) (int, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	return ifi.MTU, nil
}

// pollable makes a file of fd on which Close wakes a blocked Read: only
// non-blocking descriptors wait in Go's poller. Children do not inherit it.
func pollable(fd int, name string) (*os.File, error) {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("tun: making descriptor %d non-blocking: %w", fd, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
