package attach

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func prefixes(t *testing.T, s ...string) []netip.Prefix {
	t.Helper()
	var ps []netip.Prefix
	for _, p := range s {
		ps = append(ps, netip.MustParsePrefix(p))
	}
	return ps
}

func TestCheckNamesFlagValueAndRemedy(t *testing.T) {
	v4, v6 := prefixes(t, "10.7.0.2/24"), prefixes(t, "fd07::2/64")
	for name, c := range map[string]struct {
		config Config
		want   []string
	}{
		"no address":        {Config{}, []string{"--addr", "missing", "10.7.0.2/24"}},
		"MTU too small":     {Config{Addresses: v4, MTU: 67}, []string{"--mtu 67", "68 to 65535"}},
		"MTU too large":     {Config{Addresses: v4, MTU: 65536}, []string{"--mtu 65536", "68 to 65535"}},
		"MTU negative":      {Config{Addresses: v4, MTU: -1}, []string{"--mtu -1"}},
		"MTU for IPv6":      {Config{Addresses: v6, MTU: 1279}, []string{"--mtu 1279", "1280", "raise the MTU"}},
		"MTU for host IPv6": {Config{Addresses: v4, HostAddresses: v6, MTU: 1279}, []string{"--mtu 1279", "fd07::2/64"}},
		"zero prefix":       {Config{Addresses: []netip.Prefix{{}}}, []string{"--addr", "write it like"}},
		"unspecified":       {Config{Addresses: prefixes(t, "0.0.0.0/0")}, []string{"--addr 0.0.0.0/0", "no address of a host"}},
		"multicast":         {Config{Addresses: prefixes(t, "224.0.0.1/24")}, []string{"--addr 224.0.0.1/24", "no address of a host"}},
		"loopback":          {Config{Addresses: prefixes(t, "127.0.0.2/8")}, []string{"--addr 127.0.0.2/8", "private network"}},
		"IPv4 in IPv6":      {Config{Addresses: prefixes(t, "::ffff:10.0.0.1/120")}, []string{"--addr", "write it as IPv4"}},
		"network address":   {Config{Addresses: prefixes(t, "10.7.0.0/24")}, []string{"--addr 10.7.0.0/24", "10.7.0.1/24"}},
		"broadcast address": {Config{Addresses: prefixes(t, "10.7.0.255/24")}, []string{"--addr 10.7.0.255/24", "between them"}},
		"host's is bad":     {Config{Addresses: v4, HostAddresses: prefixes(t, "10.7.0.0/24")}, []string{"--host-addr 10.7.0.0/24"}},
		"twice":             {Config{Addresses: prefixes(t, "10.7.0.2/24", "10.7.0.2/16")}, []string{"--addr 10.7.0.2/16", "already"}},
		"both ends":         {Config{Addresses: v4, HostAddresses: v4}, []string{"--host-addr 10.7.0.2/24", "--addr has this address already"}},
	} {
		err := c.config.Check()
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want it to say %q", name, err, w)
			}
		}
	}
	good := Config{Addresses: append(v4, v6...), MTU: 1280}
	if err := good.Check(); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
}

func TestPlanHost(t *testing.T) {
	for _, c := range []struct {
		name                      string
		stack, host, present      []string
		wantAddresses, wantRoutes []string
		wantErr                   string
	}{
		{name: "the first other address", stack: []string{"10.7.0.2/24"}, wantAddresses: []string{"10.7.0.1/24"}},
		{name: "the second when the stack has the first", stack: []string{"10.7.0.1/24"}, wantAddresses: []string{"10.7.0.2/24"}},
		{name: "IPv6 without the router anycast address", stack: []string{"fd07::2/64"}, wantAddresses: []string{"fd07::1/64"}},
		{name: "one for two addresses of one prefix", stack: []string{"10.7.0.2/24", "10.7.0.3/24"}, wantAddresses: []string{"10.7.0.1/24"}},
		{name: "one for each family", stack: []string{"10.7.0.2/24", "fd07::2/64"}, wantAddresses: []string{"10.7.0.1/24", "fd07::1/64"}},
		{name: "a pair, first", stack: []string{"10.7.0.0/31"}, wantAddresses: []string{"10.7.0.1/31"}},
		{name: "a pair, second", stack: []string{"fd07::1/127"}, wantAddresses: []string{"fd07::/127"}},
		{name: "a single address is only routed", stack: []string{"10.7.0.2/32"}, wantRoutes: []string{"10.7.0.2/32"}},
		{name: "full network: nothing left but the broadcast address", stack: []string{"10.7.0.1/30", "10.7.0.2/30"},
			wantRoutes: []string{"10.7.0.1/32", "10.7.0.2/32"}},
		{name: "as the user says", stack: []string{"10.7.0.2/24"}, host: []string{"10.7.0.9/24"}, wantAddresses: []string{"10.7.0.9/24"}},
		{name: "the user's is elsewhere", stack: []string{"10.7.0.2/24"}, host: []string{"10.8.0.1/24"},
			wantAddresses: []string{"10.8.0.1/24"}, wantRoutes: []string{"10.7.0.2/32"}},
		{name: "the user's is of one family", stack: []string{"10.7.0.2/24", "fd07::2/64"}, host: []string{"10.7.0.9/24"},
			wantAddresses: []string{"10.7.0.9/24", "fd07::1/64"}},
		{name: "a device that has one keeps it", stack: []string{"10.7.0.2/24"}, present: []string{"10.7.0.254/24"}},
		{name: "a device that has one elsewhere gets one", stack: []string{"10.7.0.2/24"}, present: []string{"10.9.0.1/24"}, wantAddresses: []string{"10.7.0.1/24"}},
		{name: "the kernel has the stack's address", stack: []string{"10.7.0.2/24"}, present: []string{"10.7.0.2/24"}, wantErr: "--addr 10.7.0.2/24: is the kernel's own address on device w0"},
	} {
		config := Config{Device: "w0", Addresses: prefixes(t, c.stack...), HostAddresses: prefixes(t, c.host...)}
		got, err := config.planHost(prefixes(t, c.present...))
		if c.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), c.wantErr) {
				t.Errorf("%s: %v, want %q", c.name, err, c.wantErr)
			}
			continue
		}
		if err != nil || !slices.Equal(got.addresses, prefixes(t, c.wantAddresses...)) || !slices.Equal(got.routes, prefixes(t, c.wantRoutes...)) {
			t.Errorf("%s: %v, %v, want addresses %v, routes %v", c.name, got, err, c.wantAddresses, c.wantRoutes)
		}
	}
}

func TestOffloadSpeaksOfItsFlag(t *testing.T) {
	_, err := Open(Config{Device: "lo", Addresses: prefixes(t, "10.7.0.2/24"), Offload: 9})
	if err == nil || !strings.Contains(err.Error(), "--offload 9") {
		t.Errorf("%v, want an error that names the flag", err)
	}
}

func TestExplainSpeaksOfFlags(t *testing.T) {
	_, err := Open(Config{Device: "a name that is much too long", Addresses: prefixes(t, "10.7.0.2/24")})
	if err == nil || !strings.Contains(err.Error(), "--tun") || strings.Contains(err.Error(), "Config.") {
		t.Errorf("%v, want the flag --tun and no field of a Config", err)
	}
}
