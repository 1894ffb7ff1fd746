//go:build darwin || freebsd

package transport

import (
	"errors"
	"syscall"
)

const (
	soPriority  = 0 // not there
	inet6HasTOS = false
)

// openSocket holds ForkLock because not every system of this file can make a
// socket close-on-exec at birth.
func openSocket(inet6 bool) (fd int, err error) {
	family := syscall.AF_INET
	if inet6 {
		family = syscall.AF_INET6
	}
	syscall.ForkLock.RLock()
	fd, err = syscall.Socket(family, syscall.SOCK_STREAM, syscall.IPPROTO_TCP)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	return nonblocking(fd, err)
}

func acceptSocket(fd int) (int, error) {
	syscall.ForkLock.RLock()
	nfd, _, err := syscall.Accept(fd)
	if err == nil {
		syscall.CloseOnExec(nfd)
	}
	syscall.ForkLock.RUnlock()
	return nonblocking(nfd, err)
}

func nonblocking(fd int, err error) (int, error) {
	if err != nil {
		return -1, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// deferPortChoice has no counterpart here: bind(2) chooses the port.
func deferPortChoice(int) error { return nil }

func setPortRange(int, [2]uint16) error { return errors.ErrUnsupported }

func checkPortRange([2]uint16) error { return errors.ErrUnsupported }

// bindDevice has no counterpart here.
func bindDevice(int, string) error { return syscall.EINVAL }
