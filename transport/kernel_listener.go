//go:build linux || darwin || freebsd

package transport

import (
	"context"
	"math"
	"net/netip"
	"syscall"
)

// kernelListener is a listening descriptor.
type kernelListener struct{ kernelSocket }

var _ NetListener = (*kernelListener)(nil)

// Listen opens a listening socket, or adopts the descriptor of spec.
func (n *kernelNetwork) Listen(ctx context.Context, spec ListenSpec) (NetListener, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if spec.HasFD {
		return n.adoptListener(spec)
	}
	inet6 := familyOf(spec.Local.Addr(), spec.Inet6)
	fd, err := openSocket(inet6)
	if err != nil {
		return nil, err
	}
	if err := n.bindListener(fd, inet6, spec); err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	return &kernelListener{kernelSocket{network: n, fd: fd, inet6: inet6}}, nil
}

func (n *kernelNetwork) bindListener(fd int, inet6 bool, spec ListenSpec) error {
	if inet6 {
		// The system's default differs from host to host: always say.
		if err := setKernelOption(fd, inet6, SockV6Only, flag(spec.V6Only)); err != nil {
			return err
		}
	}
	if err := n.prepare(fd, inet6, spec.ReuseAddr, spec.Options); err != nil {
		return err
	}
	sa, err := toSockaddr(spec.Local, inet6)
	if err != nil {
		return err
	}
	if err := syscall.Bind(fd, sa); err != nil {
		return err
	}
	return syscall.Listen(fd, clampBacklog(spec.Backlog))
}

// adoptListener listens on a descriptor made elsewhere, bound or not, and
// leaves it open when that fails.
func (n *kernelNetwork) adoptListener(spec ListenSpec) (NetListener, error) {
	inet6, err := inspectSocket(spec.FD)
	if err != nil {
		return nil, err
	}
	if err := setKernelOptions(spec.FD, inet6, spec.Options); err != nil {
		return nil, err
	}
	if err := syscall.Listen(spec.FD, clampBacklog(spec.Backlog)); err != nil {
		return nil, err
	}
	if err := adopt(spec.FD); err != nil {
		return nil, err
	}
	return &kernelListener{kernelSocket{network: n, fd: spec.FD, inet6: inet6}}, nil
}

// TryAccept is accept(2). Where no descriptor is left it answers EMFILE and
// the connection stays queued.
func (l *kernelListener) TryAccept() (NetConn, error) {
	nfd := -1
	err := l.with(func(fd int) (err error) {
		nfd, err = acceptSocket(fd)
		for err == syscall.EINTR {
			nfd, err = acceptSocket(fd)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &kernelConn{kernelSocket{network: l.network, fd: nfd, inet6: l.inet6}}, nil
}

// prepare sets what must be set before a socket is bound or connected.
func (n *kernelNetwork) prepare(fd int, inet6, reuseAddr bool, options []SockOptValue) error {
	if n.cfg.PortRange != [2]uint16{} {
		if err := setPortRange(fd, n.cfg.PortRange); err != nil {
			return err
		}
	}
	if reuseAddr {
		if err := setKernelOption(fd, inet6, SockReuseAddr, 1); err != nil {
			return err
		}
	}
	return setKernelOptions(fd, inet6, options)
}

// familyOf reports whether a socket for ip is an IPv6 one; an absent address
// leaves the choice to inet6.
func familyOf(ip netip.Addr, inet6 bool) bool {
	if ip.IsValid() {
		return ip.Is6()
	}
	return inet6
}

// inspectSocket reports the family of a descriptor, or why it is no TCP
// socket.
func inspectSocket(fd int) (inet6 bool, err error) {
	kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	if err != nil {
		return false, err
	}
	if kind != syscall.SOCK_STREAM {
		return false, syscall.EPROTONOSUPPORT
	}
	addr, err := boundAddr(fd)
	if err != nil {
		return false, err
	}
	return addr.Addr().Is6(), nil
}

// adopt makes a descriptor of unknown flags what openSocket would have made.
func adopt(fd int) error {
	syscall.CloseOnExec(fd)
	return syscall.SetNonblock(fd, true)
}

// clampBacklog keeps huge values from wrapping around in the kernel's int.
func clampBacklog(backlog int) int { return min(backlog, math.MaxInt32) }

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
