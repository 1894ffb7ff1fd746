package tun

import (
	"net/netip"
	"strings"
	"testing"
)

func TestConfigIsRefused(t *testing.T) {
	prefixes := func(s ...string) (p []netip.Prefix) {
		for _, s := range s {
			p = append(p, netip.MustParsePrefix(s))
		}
		return p
	}
	tests := []struct {
		config Config
		want   []string // the error names the field, the value and the remedy
	}{
		{Config{Name: "a234567890123456"}, []string{"Config.Name", "a234567890123456", "at most 15"}},
		{Config{Name: ".."}, []string{"Config.Name", `".."`}},
		{Config{Name: "a/b"}, []string{"Config.Name", `"a/b"`, "byte 1"}},
		{Config{Name: "tun%d"}, []string{"Config.Name", "byte 3"}},
		{Config{Name: "a b"}, []string{"Config.Name"}},
		{Config{Name: "a\x00b"}, []string{"Config.Name", `"a\x00b"`}},
		{Config{Name: "a:1"}, []string{"Config.Name"}},
		{Config{Name: "tün"}, []string{"Config.Name", "letters"}},
		{Config{MTU: -1}, []string{"Config.MTU -1", "68 to 65535", "0 means 1500"}},
		{Config{QueueMax: -1}, []string{"Config.QueueMax -1", "0 to 65536"}},
		{Config{QueueMax: 65537}, []string{"Config.QueueMax 65537"}},
		{Config{MTU: 67}, []string{"Config.MTU 67"}},
		{Config{MTU: 65536}, []string{"Config.MTU 65536"}},
		{Config{MTU: 1279, Addresses: prefixes("10.0.0.1/24", "fd00::1/64")},
			[]string{"Config.MTU 1279", "1280", "Config.Addresses[1]", "fd00::1/64"}},
		{Config{MTU: 1279, Routes: prefixes("fd00::/64")}, []string{"Config.MTU 1279", "Config.Routes[0]"}},
		{Config{Addresses: make([]netip.Prefix, 1)}, []string{"Config.Addresses[0]", "valid prefix"}},
		{Config{Addresses: prefixes("0.0.0.0/0")}, []string{"Config.Addresses[0] 0.0.0.0/0"}},
		{Config{Addresses: prefixes("224.0.0.1/4")}, []string{"Config.Addresses[0]"}},
		{Config{Addresses: prefixes("::ffff:10.0.0.1/120")}, []string{"Config.Addresses[0]", "as IPv4"}},
		{Config{Routes: prefixes("10.0.0.1/24")}, []string{"Config.Routes[0] 10.0.0.1/24", "10.0.0.0/24"}},
	}
	for _, tt := range tests {
		_, err := Open(tt.config)
		if err == nil {
			t.Errorf("%+v: was opened", tt.config)
			continue
		}
		for _, want := range append(tt.want, "tun: ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: the error %q lacks %q", tt.config, err, want)
			}
		}
	}
}

func TestConfigIsAccepted(t *testing.T) {
	for _, c := range []Config{
		{},
		{Name: "a23456789012345", MTU: 68},
		{Name: "wg-1_x.y", MTU: 65535},
		{MTU: 1280, Addresses: []netip.Prefix{netip.MustParsePrefix("fe80::1/64")}},
		{MTU: 600, Addresses: []netip.Prefix{netip.MustParsePrefix("127.1.2.3/32")}},
		{Routes: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}},
	} {
		if err := c.validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
