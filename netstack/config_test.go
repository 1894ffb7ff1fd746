package netstack

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// closableLink notes that it was closed.
type closableLink struct {
	sinkLink
	closed bool
}

func (l *closableLink) Close() error {
	l.closed = true
	return nil
}

// configMistake is a Config that New refuses.
type configMistake struct {
	name   string
	cfg    Config
	field  string // these three are parts of the error
	value  string
	remedy string
}

func configMistakes() []configMistake {
	prefix := netip.MustParsePrefix
	one := func(mtu int, addresses ...netip.Prefix) Config {
		return Config{Interfaces: []Interface{{Link: &closableLink{sinkLink: sinkLink{mtu: mtu}}, Addresses: addresses}}}
	}
	ok := one(1500, prefix("192.0.2.1/24"))
	twice := func(c Config, name string) Config {
		second := Interface{Name: name, Link: &closableLink{sinkLink: sinkLink{mtu: 1500}}, Addresses: c.Interfaces[0].Addresses}
		return Config{Interfaces: append(c.Interfaces[:1:1], second)}
	}
	routed := func(r Route) Config { return Config{Interfaces: ok.Interfaces, Routes: []Route{r}} }
	tcp := func(c TCPConfig) Config { return Config{TCP: c} }
	return []configMistake{
		{"R17: MTU too small for IPv6", one(1279, prefix("2001:db8::1/64")), "Interfaces[0].Link", "MTU 1279", "1280"},
		{"MTU too small", one(575), "Interfaces[0].Link", "MTU 575", "576"},
		{"MTU too big", one(65536), "Interfaces[0].Link", "MTU 65536", "65535"},
		{"no link", Config{Interfaces: []Interface{{}}}, "Interfaces[0].Link", "nil", "Pipe"},
		{"invalid prefix", one(1500, netip.Prefix{}), "Interfaces[0].Addresses[0]", "invalid", "192.0.2.1/24"},
		{"unspecified", one(1500, prefix("0.0.0.0/0")), "Interfaces[0].Addresses[0]", "0.0.0.0/0", "choose"},
		{"multicast", one(1500, prefix("224.0.0.1/24")), "Interfaces[0].Addresses[0]", "224.0.0.1/24", "unicast"},
		{"broadcast", one(1500, prefix("255.255.255.255/32")), "Interfaces[0].Addresses[0]", "255.255.255.255/32", "unicast"},
		{"loopback", one(1500, prefix("127.0.0.9/8")), "Interfaces[0].Addresses[0]", "127.0.0.9/8", "leave it out"},
		{"mapped", one(1500, netip.PrefixFrom(netip.MustParseAddr("::ffff:192.0.2.1"), 120)), "Interfaces[0].Addresses[0]", "::ffff:192.0.2.1/120", "Unmap"},
		{"same address twice", one(1500, prefix("192.0.2.1/24"), prefix("192.0.2.1/25")), "Interfaces[0].Addresses[1]", "192.0.2.1/25", "remove one"},
		{"same address on two interfaces", twice(ok, ""), "Interfaces[1].Addresses[0]", "192.0.2.1/24", "remove one"},
		{"same name twice", twice(ok, "eth0"), "Interfaces[1].Name", `"eth0"`, "choose another"},
		{"name of the loopback", twice(ok, "lo"), "Interfaces[1].Name", `"lo"`, "choose another"},
		{"route to nowhere", routed(Route{}), "Routes[0].Destination", "invalid", "0.0.0.0/0"},
		{"host bits", routed(Route{Destination: prefix("198.51.100.7/24")}), "Routes[0].Destination", "198.51.100.7/24", "198.51.100.0/24"},
		{"gateway of the other family", routed(Route{Destination: prefix("198.51.100.0/24"), Gateway: netip.IPv6Loopback()}), "Routes[0].Gateway", "::1", "family"},
		{"route without interface", routed(Route{Destination: prefix("198.51.100.0/24"), Interface: "eth7"}), "Routes[0].Interface", `"eth7"`, "Config.Interfaces"},
		{"no interface of the family", routed(Route{Destination: prefix("2001:db8::/32")}), "Routes[0].Interface", `""`, "name an interface"},
		{"port range backwards", tcp(TCPConfig{EphemeralPorts: PortRange{First: 9, Last: 8}}), "TCP.EphemeralPorts", "9 to 8", "First"},
		{"port 0 in the range", tcp(TCPConfig{EphemeralPorts: PortRange{Last: 8}}), "TCP.EphemeralPorts", "0 to 8", "First"},
		{"TIME-WAIT reuse", tcp(TCPConfig{TimeWaitReuse: 9}), "TCP.TimeWaitReuse", "9", "constants"},
		{"SYN retries", tcp(TCPConfig{SYNRetries: 7}), "TCP.SYNRetries", "7", "1 to 6"},
		{"no SYN retries", tcp(TCPConfig{SYNRetries: -1}), "TCP.SYNRetries", "-1", "1 to 6"},
		{"RTO backwards", tcp(TCPConfig{RTOMin: 3 * time.Second, RTOMax: 2 * time.Second}), "TCP.RTOMin", "3s", "2s"},
		{"RTO negative", tcp(TCPConfig{RTOMin: -1}), "TCP.RTOMin", "-1ns", "negative"},
		{"RTO below the first", tcp(TCPConfig{RTOMax: time.Millisecond, RTOMin: time.Millisecond}), "TCP.RTOMax", "1ms", "1s"},
		{"congestion control", tcp(TCPConfig{CongestionControl: "bbr"}), "TCP.CongestionControl", `"bbr"`, "reno"},
		{"SYN cookies off", tcp(TCPConfig{SYNCookies: "off"}), "TCP.SYNCookies", `"off"`, "cannot switch them off"},
		{"SYN cookies", tcp(TCPConfig{SYNCookies: "no"}), "TCP.SYNCookies", `"no"`, "automatic"},
		{"timestamps", tcp(TCPConfig{Timestamps: "no"}), "TCP.Timestamps", `"no"`, "automatic"},
		{"buffers out of order", tcp(TCPConfig{SendBuffer: BufferBytes{Min: 9, Default: 8, Max: 7}}), "TCP.SendBuffer", "Min:9", "Min <= Default"},
		{"buffer negative", tcp(TCPConfig{ReceiveBuffer: BufferBytes{Min: -1}}), "TCP.ReceiveBuffer", "Min:-1", "1 <="},
		{"buffer too small to receive", tcp(TCPConfig{ReceiveBuffer: BufferBytes{Default: 255}}), "TCP.ReceiveBuffer", "Min:255", "at least 2304"},
		{"buffer too small for its maximum", tcp(TCPConfig{ReceiveBuffer: BufferBytes{Min: 4096, Max: 1 << 30}}), "TCP.ReceiveBuffer", "Min:4096", "at least 65536"},
		{"buffer too big", tcp(TCPConfig{ReceiveBuffer: BufferBytes{Max: 1<<30 + 1}}), "TCP.ReceiveBuffer", "1073741825", "1073741824"},
	}
}

func TestConfigMistakesNameFieldValueAndRemedy(t *testing.T) {
	for _, test := range configMistakes() {
		t.Run(test.name, func(t *testing.T) {
			s, err := New(test.cfg)
			if err == nil {
				s.Close()
				t.Fatal("accepted")
			}
			for _, part := range []string{"Config." + test.field, test.value, test.remedy} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not contain %q", err, part)
				}
			}
			for i, c := range test.cfg.Interfaces {
				if l, ok := c.Link.(*closableLink); ok && !l.closed {
					t.Errorf("link %d was left open", i)
				}
			}
		})
	}
}

func TestConfigZeroIsALoopbackHost(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := s.Interfaces()
	if len(got) != 1 || got[0].Name != "lo" || len(got[0].Addresses) != 2 {
		t.Errorf("interfaces of an empty Config: %+v", got)
	}
}

func TestSmallestMTUsAreAccepted(t *testing.T) {
	for mtu, address := range map[int]string{576: "192.0.2.1/24", 1280: "2001:db8::1/64", 65535: "2001:db8::1/64"} {
		a, b := Pipe(mtu)
		defer b.Close()
		s, err := New(Config{Interfaces: []Interface{{Link: a, Addresses: []netip.Prefix{netip.MustParsePrefix(address)}}}})
		if err != nil {
			t.Errorf("MTU %d with %s: %v", mtu, address, err)
			continue
		}
		s.Close()
	}
}
