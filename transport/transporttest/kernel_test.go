//go:build linux

package transporttest_test

import (
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/transporttest"
)

// TestKernel is the measure of the suite: where it fails, the suite is wrong.
// It runs on Linux alone, whose backlog and resets the contract was recorded
// from.
func TestKernel(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		t.Run(addr, func(t *testing.T) {
			if testing.Short() && addr != "127.0.0.1" {
				t.Skip("short: IPv4 stands for both")
			}
			t.Parallel() // it mostly waits
			transporttest.Run(t, func(t *testing.T) transporttest.Harness {
				kernel := transport.Kernel()
				return transporttest.Harness{Server: kernel, Client: kernel, Addr: netip.MustParseAddr(addr)}
			})
		})
	}
}
