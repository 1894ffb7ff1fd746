package transport

import (
	"errors"
	"math"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"
)

var (
	ip4 = netip.MustParseAddr("127.0.0.1")
	ip6 = netip.MustParseAddr("::1")
)

func TestListenRefusesWithBadArg(t *testing.T) {
	tests := []struct {
		name string
		port int
		opts []Option
	}{
		{"port below 0", -1, nil},
		{"port above 65535", 65536, nil},
		{"port argument bad though the option is good", 65536, []Option{LocalPort(0)}},
		{"option port", 0, []Option{LocalPort(65536)}},
		{"unknown option", 0, []Option{{"nosuchoption", 1}}},
		{"unknown bare option", 0, []Option{{"nosuchoption", nil}}},
		{"no name", 0, []Option{{"", []any{1, 2, 3}}}},
		{"active of an unknown symbol", 0, []Option{{"active", Atom("sometimes")}}},
		{"active out of range", 0, []Option{ActiveN(32768)}},
		{"number for a boolean", 0, []Option{{"nodelay", 1}}},
		{"symbol for a boolean", 0, []Option{{"exit_on_close", Atom("no")}}},
		{"bare option that takes a value", 0, []Option{{"nodelay", nil}}},
		{"value for a bare option", 0, []Option{{"inet", true}}},
		{"value for binary", 0, []Option{{"binary", true}}},
		{"address as text", 0, []Option{{"ip", "127.0.0.1"}}},
		{"address of 3 bytes", 0, []Option{{"ip", net.IP{1, 2, 3}}}},
		{"zero address", 0, []Option{IP(netip.Addr{})}},
		{"address of an unknown symbol", 0, []Option{{"ip", Atom("nowhere")}}},
		{"IPv4 address with inet6", 0, []Option{Inet6(), IP(ip4)}},
		{"IPv6 address with inet", 0, []Option{IP(ip6), Inet()}},
		{"backlog of a symbol", 0, []Option{{"backlog", Atom("many")}}},
		{"fd", 0, []Option{FD(-2)}},
		{"packet 3", 0, []Option{{"packet", 3}}},
		{"packet of an unknown symbol", 0, []Option{{"packet", Atom("bogus")}}},
		{"packet http", 0, []Option{{"packet", Atom("http")}}},
		{"packet type 99", 0, []Option{Packet(99)}},
		{"packet_size", 0, []Option{PacketSize(-1)}},
		{"line_delimiter", 0, []Option{{"line_delimiter", 256}}},
		{"header", 0, []Option{Header(-1)}},
		{"send_timeout below 0", 0, []Option{SendTimeout(-1)}},
		{"send_timeout of a symbol", 0, []Option{{"send_timeout", Atom("never")}}},
		{"linger below 0", 0, []Option{Linger(true, -1)}},
		{"ttl 0", 0, []Option{TTL(0)}},
		{"ttl 256", 0, []Option{TTL(256)}},
		{"v6only without inet6", 0, []Option{V6Only(true)}},
		{"tclass on IPv4", 0, []Option{TClass(3)}},
		{"tclass 0 on IPv4", 0, []Option{TClass(0)}},
		{"tcp_module without a name", 0, []Option{TCPModule("")}},
		{"tcp_module of another type", 0, []Option{{"tcp_module", 7}}},
		{"option of SetOpts", 0, []Option{{"read_packets", 5}}},
		{"deliver port", 0, []Option{{"deliver", Atom("port")}}},
		{"raw", 0, []Option{{"raw", []byte{1}}}},
		{"a good and a bad one", 0, []Option{NoDelay(true), Active(false), {"nosuch", 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseListen(tt.port, tt.opts)
			var oe *OptionError
			if !errors.Is(err, ErrBadArg) || Reason(err) != "badarg" || !errors.As(err, &oe) {
				t.Fatalf("err = %v", err)
			}
			if oe.Remedy == "" {
				t.Errorf("%v: no remedy", err)
			}
		})
	}
}

func TestListenTakesTheLastOfDuplicates(t *testing.T) {
	o, err := parseListen(80, []Option{
		LocalPort(1), LocalPort(2), Binary(), List(), Backlog(1), Backlog(64), Packet(4), Packet(1),
		Active(true), ActiveN(3), ActiveN(2), IP(ip4), IfAddr(netip.MustParseAddr("127.0.0.2")),
		NoDelay(true), TTL(9), NoDelay(false), OnNetwork(idleNetwork()), TCPModule("kernel"),
	})
	if err != nil {
		t.Fatal(err)
	}
	spec := o.listenSpec()
	if spec.Local.String() != "127.0.0.2:2" || spec.Backlog != 64 || spec.HasFD {
		t.Errorf("spec = %+v", spec)
	}
	if o.mode != ModeList || o.packet != Packet1 || o.active != (activeState{activeCount, 2}) {
		t.Errorf("mode %v, packet %v, active %+v", o.mode, o.packet, o.active)
	}
	if want := []SockOptValue{{SockNoDelay, 0}, {SockTTL, 9}}; !slices.Equal(spec.Options, want) {
		t.Errorf("options = %v, want %v", spec.Options, want)
	}
	if o.network != nil || o.networkName != "kernel" {
		t.Errorf("network %v, name %q", o.network, o.networkName)
	}
}

// idleNetwork is a Network that is never called.
func idleNetwork() Network { return struct{ Network }{} }

func TestFirstOfInetAndInet6Decides(t *testing.T) {
	tests := []struct {
		opts  []Option
		inet6 bool
		addr  string
	}{
		{nil, false, "invalid IP"},
		{[]Option{Inet(), Inet6()}, false, "invalid IP"},
		{[]Option{Inet6(), Inet()}, true, "invalid IP"},
		{[]Option{IP(ip6)}, true, "::1"},
		{[]Option{IP(ip4)}, false, "127.0.0.1"},
		{[]Option{IPLoopback()}, false, "127.0.0.1"},
		{[]Option{IPLoopback(), Inet6()}, true, "::1"},
		{[]Option{IP(ip4), IPAny(), Inet6()}, true, "invalid IP"},
		{[]Option{{"ip", net.IPv4(127, 0, 0, 1)}}, false, "127.0.0.1"},
	}
	for _, tt := range tests {
		o, err := parseListen(0, tt.opts)
		if err != nil || o.inet6 != tt.inet6 || o.addr.String() != tt.addr {
			t.Errorf("%v: inet6 %v, addr %v, %v", tt.opts, o.inet6, o.addr, err)
		}
	}
}

func TestConnectTakesTheFamilyOfItsRemote(t *testing.T) {
	tests := []struct {
		remote string
		opts   []Option
		inet6  bool
		ok     bool
	}{
		{"127.0.0.1:80", nil, false, true},
		{"[::1]:80", nil, true, true},
		{"[::1]:80", []Option{Inet()}, false, false},
		{"127.0.0.1:80", []Option{Inet6()}, false, false},
		{"127.0.0.1:80", []Option{IP(ip6)}, false, false},
		{"[::ffff:127.0.0.1]:80", []Option{Inet6()}, true, true},
		{"[::ffff:127.0.0.1]:80", nil, false, true},
		{"127.0.0.1:0", nil, false, false},
		{"127.0.0.1:80", []Option{Backlog(3)}, false, false},
	}
	for _, tt := range tests {
		o, err := parseConnect(netip.MustParseAddrPort(tt.remote), tt.opts)
		if (err == nil) != tt.ok || (tt.ok && o.inet6 != tt.inet6) {
			t.Errorf("%s %v: inet6 %v, %v", tt.remote, tt.opts, o.inet6, err)
		}
		if err != nil && !errors.Is(err, ErrBadArg) {
			t.Errorf("%s %v: %v is not ErrBadArg", tt.remote, tt.opts, err)
		}
	}
	if _, err := parseConnect(netip.AddrPort{}, nil); !errors.Is(err, ErrBadArg) {
		t.Errorf("no remote: %v", err)
	}
}

func TestSetOptsRefusesWithEinvalAndAppliesNothing(t *testing.T) {
	cur := defaultSettings()
	for _, bad := range []Option{
		{"nosuch", 1}, {"active", Atom("sometimes")}, Backlog(5), IP(ip4), LocalPort(1), FD(1), Inet(),
		TCPModule("kernel"), {"keepalive", 5}, SendTimeout(-time.Millisecond), ActiveN(-32769),
		{"tos", Atom("low")}, {"recbuf", Atom("big")}, V6Only(true), TClass(1), {"raw", nil}, {"packet", 8},
		{"deliver", Atom("x")}, {"recvtos", true}, {"multicast_ttl", 3}, {"netns", "x"}, {"backlog", nil},
		HighWatermark(-1), Buffer(-1), {"ttl", int64(math.MaxInt64)}, {"bind_to_device", 3},
	} {
		next, c, err := parseSet(&cur, []Option{NoDelay(true), Packet(4), bad})
		if !errors.Is(err, syscall.EINVAL) || Reason(err) != "einval" {
			t.Errorf("%v: err = %v", bad, err)
		}
		if next.packet != PacketRaw || next.sock != nil || c.sock != nil {
			t.Errorf("%v: something was applied: %v %v", bad, next.packet, c.sock)
		}
	}
}

func TestSetOptsAppliesInOrder(t *testing.T) {
	cur := defaultSettings()
	next, c, err := parseSet(&cur, []Option{
		Packet(1), Packet(4), RecBuf(20000), Buffer(3000), {"sndbuf", uint32(7)}, ReuseAddr(true),
		Linger(true, 0), Priority(3), BindToDevice("eth0"), {"read_packets", 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	if next.packet != Packet4 || next.buffer != 3000 || next.linger != (LingerValue{true, 0}) || next.device != "eth0" {
		t.Errorf("next = %+v", next)
	}
	want := []SockOptValue{{SockRecvBuffer, 20000}, {SockSendBuffer, 7}, {SockReuseAddr, 1}, {SockPriority, 3}}
	if !slices.Equal(c.sock, want) || !c.device || c.active {
		t.Errorf("change = %+v", c)
	}
	if want := []SockOptValue{want[0], want[1], want[3]}; !slices.Equal(next.inherited().sock, want) {
		t.Errorf("inherited %v, want %v: reuseaddr is the listener's own", next.sock, want)
	}
	if cur.packet != PacketRaw || cur.sock != nil {
		t.Errorf("the present settings changed: %+v", cur)
	}
}

func TestRecBufRaisesBuffer(t *testing.T) {
	cur := defaultSettings()
	next, _, _ := parseSet(&cur, []Option{RecBuf(32)})
	if next.buffer != 1460 {
		t.Errorf("recbuf 32 set buffer to %d", next.buffer)
	}
	next, _, _ = parseSet(&next, []Option{Buffer(0), RecBuf(-1)})
	if next.buffer != 1 || next.sockValue(SockRecvBuffer) != 0 {
		t.Errorf("buffer %d, recbuf %d", next.buffer, next.sockValue(SockRecvBuffer))
	}
}

func TestWatermarksPullEachOther(t *testing.T) {
	s := defaultSettings()
	for _, tt := range []struct {
		opt       Option
		high, low int
	}{
		{HighWatermark(100), 100, 100}, {LowWatermark(5000), 5000, 5000}, {HighWatermark(0), 0, 0},
	} {
		s, _, _ = parseSet(&s, []Option{tt.opt})
		if s.highWatermark != tt.high || s.lowWatermark != tt.low {
			t.Errorf("%v: high %d, low %d", tt.opt, s.highWatermark, s.lowWatermark)
		}
	}
}

func TestSettingsShareNothing(t *testing.T) {
	a, _, _ := parseSet(new(settings), []Option{NoDelay(true)})
	b, _, _ := parseSet(&a, []Option{NoDelay(false), KeepAlive(true)})
	if a.sockValue(SockNoDelay) != 1 || len(a.sock) != 1 || b.sockValue(SockNoDelay) != 0 {
		t.Errorf("a %v, b %v", a.sock, b.sock)
	}
}
