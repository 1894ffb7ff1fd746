//go:build linux || darwin || freebsd

package transport

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// kernelSocket is one non-blocking descriptor. Its calls into the kernel
// never wait, so they hold mu: as readers, but for Close and Notify.
//
// It uses the descriptor itself and not a syscall.RawConn of package net:
// RawConn.Read waits with the descriptor's read lock held, and a listener of
// package net has its backlog set before anyone can ask for another.
type kernelSocket struct {
	network *kernelNetwork
	inet6   bool

	mu        sync.RWMutex
	fd        int
	closed    bool
	watching  bool
	unwatched func() // what Notify could not have watched; see watchAgain
}

var _ DeviceBinder = (*kernelSocket)(nil)

// with runs f with the descriptor, or answers net.ErrClosed after Close. f
// must not wait.
func (s *kernelSocket) with(f func(fd int) error) error {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return net.ErrClosed
	}
	err := f(s.fd)
	unwatched := s.unwatched != nil
	s.mu.RUnlock()
	if err == syscall.EAGAIN && unwatched {
		return s.watchAgain()
	}
	return err
}

// Notify registers f with the network's poller; see NetSocket.
func (s *kernelSocket) Notify(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.unwatched = nil
	if f == nil {
		s.unwatchLocked()
		return
	}
	if err := s.network.poll.watch(s.fd, f); err == nil {
		s.watching = true
	} else {
		s.unwatched = f // the next call that would wait answers the error
	}
	// An edge that came before the registration is not reported again, and
	// an idle listener reports nothing at all: hence this first call. It
	// ends when f returns, which does not block.
	go f()
}

// watchAgain is for a call that would have to wait on a socket that the
// poller could not take, for want of descriptors: it tries once more, and
// answers why it fails rather than let the caller wait for ever.
func (s *kernelSocket) watchAgain() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	if s.unwatched != nil {
		if err := s.network.poll.watch(s.fd, s.unwatched); err != nil {
			return err
		}
		s.watching = true
		go s.unwatched()
		s.unwatched = nil
	}
	return syscall.EAGAIN
}

func (s *kernelSocket) unwatchLocked() {
	if s.watching {
		s.watching = false
		s.network.poll.unwatch(s.fd)
	}
}

// Close gives the descriptor back; see NetSocket.
func (s *kernelSocket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.unwatchLocked()
	s.closed = true
	return syscall.Close(s.fd)
}

// Local is getsockname(2).
func (s *kernelSocket) Local() (addr netip.AddrPort, err error) {
	err = s.with(func(fd int) error {
		addr, err = boundAddr(fd)
		return err
	})
	return addr, err
}

// SetOption is setsockopt(2).
func (s *kernelSocket) SetOption(opt SockOpt, value int) error {
	return s.with(func(fd int) error { return setKernelOption(fd, s.inet6, opt, value) })
}

// Option is getsockopt(2).
func (s *kernelSocket) Option(opt SockOpt) (value int, err error) {
	level, name, ok := kernelOption(opt, s.inet6)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	err = s.with(func(fd int) error {
		value, err = syscall.GetsockoptInt(fd, level, name)
		return err
	})
	if isFlagOption(opt) && value != 0 {
		value = 1
	}
	return value, err
}

// BindToDevice ties the socket to a network interface; it serves the option
// bind_to_device. Where the system has no such interface, or no way to do it,
// the answer is syscall.EINVAL, as gen_tcp gives it.
func (s *kernelSocket) BindToDevice(name string) error {
	return s.with(func(fd int) error { return bindDevice(fd, name) })
}
