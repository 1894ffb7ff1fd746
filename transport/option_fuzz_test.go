package transport

import (
	"errors"
	"net"
	"net/netip"
	"sort"
	"syscall"
	"testing"
	"time"
)

// FuzzOptions gives every option values of every shape: parsing never panics,
// refuses with the right error, and keeps what the sockets rely on.
func FuzzOptions(f *testing.F) {
	names := make([]string, 0, len(optionTable)+1)
	for name := range optionTable {
		names = append(names, name)
	}
	sort.Strings(names)
	names = append(names, "nosuch")
	for i := range names {
		f.Add([]byte{byte(i), 0, 1, byte(i), 5, 200, byte(i), 3, 4}, "once")
	}
	f.Fuzz(func(t *testing.T, program []byte, text string) {
		program, text = program[:min(len(program), 300)], text[:min(len(text), 300)]
		var opts []Option
		for ; len(program) >= 3; program = program[3:] {
			name := names[int(program[0])%len(names)]
			opts = append(opts, Option{name, fuzzValue(program[1], program[2], text)})
		}
		o, err := parseListen(0, opts)
		if err != nil && !errors.Is(err, ErrBadArg) {
			t.Fatalf("listen: %v", err)
		}
		if err == nil {
			checkSettings(t, &o.settings)
			if spec := o.listenSpec(); spec.Local.Addr().IsValid() && spec.Local.Addr().Is6() != spec.Inet6 {
				t.Fatalf("family of %v", spec)
			}
		}
		if _, err := parseConnect(netip.AddrPortFrom(ip4, 80), opts); err != nil && !errors.Is(err, ErrBadArg) {
			t.Fatalf("connect: %v", err)
		}
		cur := defaultSettings()
		for i := range opts {
			next, _, err := parseSet(&cur, opts[i:i+1])
			if err != nil && (!errors.Is(err, syscall.EINVAL) || err.Error() == "") {
				t.Fatalf("set: %v", err)
			}
			checkSettings(t, &next)
			cur = next
		}
	})
}

// fuzzValue makes a value of one of the kinds that a caller may give.
func fuzzValue(kind, n byte, text string) any {
	values := []any{
		nil, n&1 == 0, int(n), -int(n), int(n) << 8, uint64(1)<<63 + uint64(n), float64(n),
		Atom(text), text, PacketType(n), Mode(n), time.Duration(n) - 9, Infinity,
		LingerValue{n&1 == 0, int(n) - 9}, netip.AddrFrom4([4]byte{127, 0, 0, n}),
		netip.IPv6Loopback(), net.IP(text), []any{n, text}, struct{ Network }{}, map[string]int{text: 1},
		Atom("once"), Atom("any"), Atom("loopback"), Atom("infinity"), Atom("line"), []byte(text),
	}
	return values[int(kind)%len(values)]
}

// checkSettings checks what holds for all settings.
func checkSettings(t *testing.T, s *settings) {
	t.Helper()
	if s.buffer < 1 || s.lowWatermark > s.highWatermark || s.lowWatermark < 0 || s.header < 0 || s.packetSize < 0 {
		t.Fatalf("sizes: %+v", s)
	}
	if !s.packet.valid() || (s.sendTimeout < 0 && s.sendTimeout != Infinity) {
		t.Fatalf("packet or send_timeout: %+v", s)
	}
	if (s.active.mode == activeCount) != (s.active.count > 0) || s.active.count > activeCountMax {
		t.Fatalf("active: %+v", s.active)
	}
	if len(s.sock) > int(SockDontRoute) {
		t.Fatalf("%d network options", len(s.sock))
	}
}
