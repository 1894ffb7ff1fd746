package test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/seed-731cb71d/warren/test/vectors"
)

// testArm is an arm and the place where its scenarios run: here, in this
// process, or in a network namespace.
type testArm struct {
	vectors.Arm
	in place
	// exact is where scenarios run that need an exact range of ephemeral
	// ports.
	exact place
}

// place runs body somewhere.
type place func(t *testing.T, body func(t *testing.T))

// arms are the networks that scenarios run on.
func arms() []testArm {
	return slices.Concat([]testArm{{netstackArm{}, here, here}, {simArm{}, here, here}}, kernelArms(), tunArms())
}

// each runs body where a world of the arm can be opened, with the arm that
// can do so there: in a bubble if it is the simulator.
func (a testArm) each(t *testing.T, body func(t *testing.T, arm vectors.Arm)) {
	if _, ok := a.Arm.(simArm); ok {
		inBubbleWorld(t, body)
		return
	}
	body(t, a.Arm)
}

// here runs body in this process.
func here(t *testing.T, body func(t *testing.T)) { body(t) }

// The local addresses of the format, and what stands for them in a world.
var (
	local1 = netip.MustParseAddr("127.0.0.1")
	local2 = netip.MustParseAddr("127.0.0.2")
	local3 = netip.MustParseAddr("127.0.0.3")
	local6 = netip.MustParseAddr("::1")
)

// standIns maps the format's local addresses to those of one world.
type standIns map[netip.Addr]netip.Addr

// StandIn implements vectors.World.
func (m standIns) StandIn(addr netip.Addr) netip.Addr {
	if real, ok := m[addr]; ok {
		return real
	}
	return addr
}

// Symbol implements vectors.World.
func (m standIns) Symbol(addr netip.Addr) netip.Addr {
	for symbol, real := range m {
		if real == addr {
			return symbol
		}
	}
	return addr
}

// prefixes are the real addresses as those of an interface.
func (m standIns) prefixes() (all []netip.Prefix) {
	for _, symbol := range []netip.Addr{local1, local2, local3, local6} {
		all = append(all, onLink(m[symbol]))
	}
	return all
}

// onLink is addr with the prefix of its link.
func onLink(addr netip.Addr) netip.Prefix {
	if addr.Is4() {
		return netip.PrefixFrom(addr, 24)
	}
	return netip.PrefixFrom(addr, 64)
}
