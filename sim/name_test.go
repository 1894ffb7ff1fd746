package sim

import (
	"net/netip"
	"strings"
	"testing"
)

// TestNamesThatCannotBeDialled are refused: a dial would go elsewhere.
func TestNamesThatCannotBeDialled(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	w.Host("srv")
	if err := w.AddName("www.example.com.", netip.MustParseAddr("10.0.0.1")); err != nil {
		t.Fatal(err)
	}
	Must(w.AddSubnet(SubnetConfig{Name: "lan"}))
	w.Router("gate", "lan")
	for name, want := range map[string]string{
		"":                "it must be letters",
		".":               "it must be letters",
		"a..b":            "it must be letters",
		"b.":              "it must be letters",
		"ä":               "it must be letters",
		"10.0.0.5":        "would take that for an address: give a name, like",
		"LocalHost":       "every host's name for itself: give another one",
		"srv":             "there is a host srv already: give",
		"SRV":             "there is a host srv already, and SRV is the same name to dials",
		"Gate":            "there is a host gate already, and Gate",
		"www.example.com": "AddName has given www.example.com to other addresses: choose",
	} {
		if _, err := w.AddHost(HostConfig{Name: name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("host %q: %v, want %s", name, err, want)
		}
		if _, err := w.AddRouter(RouterConfig{Name: name, Interfaces: []InterfaceConfig{{Subnet: "lan"}}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("router %q: %v, want %s", name, err, want)
		}
	}
	for _, name := range []string{"1", "a_b", "a.b", "example.com", "-"} {
		h := w.Host(name)
		if _, err := h.ListenPacket("udp", ":9"); err != nil {
			t.Error(err)
		}
		if c, err := w.Host("srv").Dial("udp", name+":9"); err != nil || netip.MustParseAddrPort(c.RemoteAddr().String()).Addr() != h.Addr() {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if n := len(w.Hosts()) + len(w.Routers()); n != 7 {
		t.Errorf("%d hosts and routers, want 7", n)
	}
}
