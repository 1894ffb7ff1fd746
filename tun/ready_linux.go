//go:build !android

package tun

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel makes an IPv6 address its own in a work queue: the address is
// there, and for some milliseconds what is sent to it is not.
const (
	readyPoll = time.Millisecond
	readyMax  = time.Second
)

// awaitOwn waits until the kernel takes what comes for p's address, so that the
// first packet to it is not lost. Should that never be, the device is as the
// kernel wants it, and Open goes on.
func (s *setup) awaitOwn(p netip.Prefix) {
	if !p.Addr().Is6() {
		return
	}
	for waited := time.Duration(0); waited < readyMax && !s.isOwn(p.Addr()); waited += readyPoll {
		time.Sleep(readyPoll)
	}
}

// isOwn reports whether the kernel delivers to itself what is for a.
func (s *setup) isOwn(a netip.Addr) bool {
	routes, err := s.netlink.RouteGet(a.AsSlice())
	return err == nil && len(routes) > 0 && routes[0].Type == unix.RTN_LOCAL
}
