package netstack

import (
	"net/netip"
	"syscall"
)

// claim notes that l is about to listen on local, which it has bound. Binding
// alone does not keep listeners apart: with SO_REUSEADDR the stack below lets
// 192.0.2.1:80 listen beside [::]:80, where Linux answers EADDRINUSE.
func (l *Listener) claim(local netip.AddrPort, v6Only bool) error {
	s := l.h.stack
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.sockets {
		other, ok := k.(*Listener)
		if ok && other.claimed && overlap(local, v6Only, other.local, other.v6Only) {
			return syscall.EADDRINUSE
		}
	}
	l.local, l.v6Only, l.claimed = local, v6Only, true
	return nil
}

// overlap reports whether some packet could be for listeners on a and on b.
func overlap(a netip.AddrPort, aV6Only bool, b netip.AddrPort, bV6Only bool) bool {
	return a.Port() == b.Port() &&
		(a.Addr() == b.Addr() || covers(a.Addr(), aV6Only, b.Addr()) || covers(b.Addr(), bV6Only, a.Addr()))
}

// covers reports whether wildcard is one, and takes packets for a listener on
// addr.
func covers(wildcard netip.Addr, v6Only bool, addr netip.Addr) bool {
	return wildcard.IsUnspecified() && (wildcard.Is4() == addr.Is4() || wildcard.Is6() && !v6Only)
}
