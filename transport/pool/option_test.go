package pool_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/seed-731cb71d/warren/transport"
	"github.com/seed-731cb71d/warren/transport/pool"
)

func TestKeywords(t *testing.T) {
	keyword := func(name string, value any) transport.Option { return transport.Option{Name: name, Value: value} }
	for _, c := range []struct{ in, want []transport.Option }{
		{nil, nil},
		{[]transport.Option{keyword("binary", true)}, []transport.Option{transport.Binary()}},
		{[]transport.Option{keyword("binary", false)}, []transport.Option{transport.List()}},
		{[]transport.Option{keyword("list", true)}, []transport.Option{transport.List()}},
		{[]transport.Option{keyword("list", false)}, nil},
		{[]transport.Option{keyword("list", true), keyword("binary", true)}, []transport.Option{transport.Binary()}},
		{[]transport.Option{keyword("binary", false), keyword("list", true)}, []transport.Option{transport.List(), transport.List()}},
		{[]transport.Option{keyword("inet6", true), keyword("inet", false)}, []transport.Option{transport.Inet6()}},
		{[]transport.Option{keyword("ip", "192.0.2.1")}, []transport.Option{transport.IP(netip.MustParseAddr("192.0.2.1"))}},
		{[]transport.Option{keyword("ifaddr", "2001:db8::1")}, []transport.Option{transport.IfAddr(netip.MustParseAddr("2001:db8::1"))}},
		{[]transport.Option{transport.IPLoopback(), transport.KeepAlive(true), transport.Binary()}, []transport.Option{transport.IPLoopback(), transport.KeepAlive(true), transport.Binary()}},
	} {
		got, err := pool.Keywords(c.in)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, %v, want %v", c.in, got, err, c.want)
		}
	}
	if _, err := pool.Keywords([]transport.Option{keyword("ip", "192.0.2")}); !errors.Is(err, transport.ErrBadArg) {
		t.Errorf("bad address: %v, want ErrBadArg", err)
	}
}
