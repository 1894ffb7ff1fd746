package netstack

import (
	"net/netip"
	"syscall"
)

// claim notes that l is about to listen on local, an address that it has
// bound. Binding alone does not keep listeners apart: sockets with
// SO_REUSEADDR may share a port, as on Linux, until one of them listens; then
// the others are answered EADDRINUSE. The stack below looks at equal addresses
// only, so a specific address and a wildcard would both listen.
func (s *Stack) claim(l *Listener, local netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, taken := range s.listening {
		if overlap(local, l.options.V6Only, taken, other.options.V6Only) {
			return syscall.EADDRINUSE
		}
	}
	s.listening[l] = local
	return nil
}

// overlap reports whether some packet could be for listeners on a and on b.
func overlap(a netip.AddrPort, aV6Only bool, b netip.AddrPort, bV6Only bool) bool {
	if a.Port() != b.Port() {
		return false
	}
	return covers(a.Addr().Unmap(), aV6Only, b.Addr().Unmap()) ||
		covers(b.Addr().Unmap(), bV6Only, a.Addr().Unmap())
}

// covers reports whether a listener on a takes the packets for one on b.
func covers(a netip.Addr, aV6Only bool, b netip.Addr) bool {
	return a == b || a.IsUnspecified() && (a.Is4() == b.Is4() || a.Is6() && !aV6Only)
}
