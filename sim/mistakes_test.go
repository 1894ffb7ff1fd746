package sim

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
)

// TestWhatCannotBeAddedLeavesNothing makes mistakes that are noticed at
// different depths; afterwards the name and the addresses are free.
func TestWhatCannotBeAddedLeavesNothing(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	w.Host("other")
	lan := netip.MustParsePrefix("10.7.0.1/24")
	hosts := map[string]HostConfig{
		"MTU 3":             {Interfaces: []InterfaceConfig{{}, {MTU: 3}}},
		"port x/eth0":       {Interfaces: []InterfaceConfig{{}, {Name: "eth0"}}},
		"no subnet \"nix\"": {Interfaces: []InterfaceConfig{{}, {Subnet: "nix"}}},
		"belongs to other":  {Interfaces: []InterfaceConfig{{Addresses: []netip.Prefix{lan}}, {Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/16")}}}},
		"skew":              {ClockSkewPPM: 1 << 40},
		"Gateway":           {Routes: []netstack.Route{{Destination: netip.MustParsePrefix("10.9.0.0/16"), Gateway: lan.Addr()}}},
		"Family is 9":       {Family: 9},
	}
	for want, cfg := range hosts {
		cfg.Name = "x"
		if h, err := w.AddHost(cfg); err == nil || !strings.Contains(err.Error(), want) || h != nil {
			t.Errorf("AddHost answers %v, %v, want %q", h, err, want)
		}
	}
	in := []InterfaceConfig{{Addresses: []netip.Prefix{lan}}}
	if _, err := w.AddRouter(RouterConfig{Name: "x", Interfaces: in, Routes: []Route{{}}}); err == nil || !strings.Contains(err.Error(), "Route.Destination") {
		t.Errorf("AddRouter answers %v", err)
	}
	if _, err := w.AddWire(WireConfig{Name: "x", Interface: InterfaceConfig{Name: "a/b"}}); err == nil || !strings.Contains(err.Error(), "a/b") {
		t.Errorf("AddWire answers %v", err)
	}
	if got := w.Host("x").Addr(); got.String() != "10.0.0.2" {
		t.Errorf("x has %v, want the next free address", got)
	}
	if got := Must(w.AddHost(HostConfig{Name: "y", Interfaces: in})).Addr(); got != lan.Addr() {
		t.Errorf("y has %v", got)
	}
	if _, err := w.AddSubnet(SubnetConfig{Name: "lan", Family: 9}); err == nil {
		t.Error("a subnet of family 9 was added")
	}
}

// TestOrderIsChecked gives a world an order that there is not.
func TestOrderIsChecked(t *testing.T) {
	if _, err := New(Config{Order: 7}); err == nil || !strings.Contains(err.Error(), "Config.Order is 7") {
		t.Errorf("New answers %v", err)
	}
}
