//go:build linux && !android

package test

import (
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/test/vectors"
	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/onstack"
	"github.com/seed-731cb71d/warren/transport/transporttest"
)

// TestContractOverTUN runs the contract's suite across a TUN device: once the
// stack listens and the kernel connects, once the other way round.
func TestContractOverTUN(t *testing.T) {
	if testing.Short() {
		t.Skip("short: the recorded scenarios stand for the suite")
	}
	inTUNNamespace(t, func(t *testing.T) {
		arm := new(tunArm)
		for _, c := range []struct {
			name  string
			stack bool // it is the stack that listens
			addr  func(w *tunWorld) netip.Addr
		}{
			{"the stack listens, IPv4", true, func(w *tunWorld) netip.Addr { return w.standIns[local1] }},
			{"the stack listens, IPv6", true, func(w *tunWorld) netip.Addr { return w.standIns[local6] }},
			{"the kernel listens, IPv4", false, func(w *tunWorld) netip.Addr { return w.peer4 }},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel() // it mostly waits
				transporttest.Run(t, func(t *testing.T) transporttest.Harness {
					w := openTUNWorld(t, arm)
					h := transporttest.Harness{Server: onstack.Named(w.stack, "tun"), Client: transport.Kernel(), Addr: c.addr(w)}
					if !c.stack {
						h.Server, h.Client = h.Client, h.Server
					}
					return h
				})
			})
		}
	})
}

func openTUNWorld(t *testing.T, arm *tunArm) *tunWorld {
	t.Helper()
	w, err := arm.Open(vectors.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w.(*tunWorld)
}
