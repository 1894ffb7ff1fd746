//go:build !android

package tun_test

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/seed-731cb71d/warren/tun"
)

// TestAddressesAreTheKernelsOwnAtOnce asks the kernel what it would do with a
// packet for an address of a device that has just been opened.
func TestAddressesAreTheKernelsOwnAtOnce(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		for range 20 {
			addresses := []netip.Prefix{netip.MustParsePrefix("10.1.0.1/24"), netip.MustParsePrefix("fd01::1/64")}
			dev, err := tun.Open(tun.Config{Name: "w0", Addresses: addresses})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range addresses {
				routes, err := netlink.RouteGet(p.Addr().AsSlice())
				if err != nil || len(routes) != 1 || routes[0].Type != unix.RTN_LOCAL {
					t.Errorf("the route to %v: %v, %v, want a local one", p.Addr(), routes, err)
				}
			}
			if err := dev.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
