package netstack

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
)

// TestRoutesChooseTheInterface sends UDP packets from a stack with two
// interfaces and looks where they come out.
func TestRoutesChooseTheInterface(t *testing.T) {
	prefix := netip.MustParsePrefix
	for _, test := range []struct {
		name   string
		routes []Route
		want   map[string]int // destination: interface 0 or 1; absent: no route
	}{
		{
			"default: on-link, then the first of the family", nil,
			map[string]int{"192.0.2.9": 0, "198.51.100.9": 1, "203.0.113.1": 0, "2001:db8::9": 1, "2001:db8:9::1": 1},
		},
		{"none", []Route{}, map[string]int{}},
		{
			"longest prefix first, by name and by family",
			[]Route{
				{Destination: prefix("0.0.0.0/0"), Interface: "wan"},
				{Destination: prefix("203.0.113.0/24"), Gateway: netip.MustParseAddr("192.0.2.254"), Interface: "lan"},
				{Destination: prefix("2001:db8::/32")},
			},
			map[string]int{"192.0.2.9": 1, "198.51.100.9": 1, "203.0.113.1": 0, "2001:db8::9": 1, "2001:db8:9::1": 1},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			links := [2]*sinkLink{{mtu: 1500}, {mtu: 1500}}
			s, err := New(Config{
				Interfaces: []Interface{
					{Name: "lan", Link: links[0], Addresses: []netip.Prefix{prefix("192.0.2.1/24")}},
					{Name: "wan", Link: links[1], Addresses: []netip.Prefix{prefix("198.51.100.1/24"), prefix("2001:db8::1/64")}},
				},
				Routes: test.routes,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, to := range []string{"192.0.2.9", "198.51.100.9", "203.0.113.1", "2001:db8::9", "2001:db8:9::1"} {
				before := [2]int64{links[0].packets.Load(), links[1].packets.Load()}
				want, routed := test.want[to]
				c, err := s.DialContext(t.Context(), "udp", netip.AddrPortFrom(netip.MustParseAddr(to), 9).String())
				if !routed {
					if !errors.Is(err, syscall.ENETUNREACH) && !errors.Is(err, syscall.EHOSTUNREACH) {
						t.Errorf("%s: %v, want unreachable", to, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", to, err)
					continue
				}
				c.Write([]byte("x"))
				c.Close()
				for i, l := range links {
					sent := l.packets.Load() - before[i]
					if expected := map[bool]int64{true: 1, false: 0}[i == want]; sent != expected {
						t.Errorf("%s: %d packets left through interface %d, want %d", to, sent, i, expected)
					}
				}
			}
		})
	}
}
