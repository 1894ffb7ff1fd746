//go:build linux || darwin || freebsd

package transport

import (
	"errors"
	"syscall"
)

// kernelOption returns the level and the name of opt for setsockopt(2), ok
// false where the system or the family has nothing of the kind.
func kernelOption(opt SockOpt, inet6 bool) (level, name int, ok bool) {
	switch opt {
	case SockNoDelay:
		return syscall.IPPROTO_TCP, syscall.TCP_NODELAY, true
	case SockKeepAlive:
		return syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, true
	case SockRecvBuffer:
		return syscall.SOL_SOCKET, syscall.SO_RCVBUF, true
	case SockSendBuffer:
		return syscall.SOL_SOCKET, syscall.SO_SNDBUF, true
	case SockReuseAddr:
		return syscall.SOL_SOCKET, syscall.SO_REUSEADDR, true
	case SockDontRoute:
		return syscall.SOL_SOCKET, syscall.SO_DONTROUTE, true
	case SockPriority:
		return syscall.SOL_SOCKET, soPriority, soPriority != 0
	case SockV6Only:
		return syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, inet6
	case SockTrafficClass:
		return syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, inet6
	case SockTTL:
		if inet6 {
			return syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS, true
		}
		return syscall.IPPROTO_IP, syscall.IP_TTL, true
	case SockTOS:
		return syscall.IPPROTO_IP, syscall.IP_TOS, !inet6 || inet6HasTOS
	}
	return 0, 0, false
}

// isFlagOption reports whether the option is a boolean: some systems read a
// set flag back as a value other than 1.
func isFlagOption(opt SockOpt) bool {
	switch opt {
	case SockNoDelay, SockKeepAlive, SockReuseAddr, SockDontRoute, SockV6Only:
		return true
	}
	return false
}

func setKernelOption(fd int, inet6 bool, opt SockOpt, value int) error {
	level, name, ok := kernelOption(opt, inet6)
	if !ok {
		return errors.ErrUnsupported
	}
	if opt == SockTOS && soPriority != 0 {
		return keepPriority(fd, func() error { return syscall.SetsockoptInt(fd, level, name, value) })
	}
	return syscall.SetsockoptInt(fd, level, name, value)
}

// keepPriority calls set and gives the socket its priority back: Linux derives
// a new one from IP_TOS, but to gen_tcp tos and priority are two options.
func keepPriority(fd int, set func() error) error {
	before, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, soPriority)
	if err != nil {
		return err
	}
	if err := set(); err != nil {
		return err
	}
	return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soPriority, before)
}

func setKernelOptions(fd int, inet6 bool, options []SockOptValue) error {
	for _, o := range options {
		if err := setKernelOption(fd, inet6, o.Opt, o.Value); err != nil {
			return err
		}
	}
	return nil
}
