package netstack

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

var _ Resolver = (*net.Resolver)(nil)

// localhost is the one name that needs no resolver (RFC 6761, 6.3).
const localhost = "localhost"

// lookup resolves host, which is not an address, for a network that allows
// the families. An unresolved name is a *net.DNSError.
func (s *Stack) lookup(ctx context.Context, f family, host string) ([]netip.Addr, error) {
	if strings.EqualFold(strings.TrimSuffix(host, "."), localhost) {
		return []netip.Addr{loopback4, netip.IPv6Loopback()}, nil
	}
	if s.cfg.Resolver == nil {
		return nil, &net.DNSError{
			Err:  "the stack has no resolver: set Config.Resolver or give an address",
			Name: host,
		}
	}
	addrs, err := s.cfg.Resolver.LookupNetIP(ctx, f.lookupNetwork(), host)
	if err != nil {
		if end := contextError(ctx); end != nil {
			return nil, end
		}
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addrs, nil
}
