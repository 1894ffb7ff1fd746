package sim

import (
	"context"
	"net"
	"net/netip"

	"github.com/seed-731cb71d/warren/netstack"
)

// resolver answers a host's questions for names: the world knows its hosts.
type resolver struct{ h *Host }

var _ netstack.Resolver = resolver{}

// LookupNetIP implements netstack.Resolver.
func (r resolver) LookupNetIP(_ context.Context, network, name string) ([]netip.Addr, error) {
	r.h.w.mu.Lock()
	host := r.h.w.names[name]
	r.h.w.mu.Unlock()
	if host == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	var list []netip.Addr
	for _, a := range host.Addrs() {
		if network == "ip" || a.Is4() == (network == "ip4") {
			list = append(list, a)
		}
	}
	return list, nil
}
