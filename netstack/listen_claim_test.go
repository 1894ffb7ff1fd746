package netstack

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"testing"
)

func TestListenersShareNoPort(t *testing.T) {
	stack, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Close()
	const port = 4000
	type listener struct {
		addr   string
		v6Only bool
	}
	for _, c := range []struct {
		first, second listener
		together      bool
	}{
		{listener{addr: "127.0.0.1"}, listener{addr: "127.0.0.1"}, false},
		{listener{addr: "127.0.0.1"}, listener{addr: "127.0.0.2"}, true},
		{listener{addr: "127.0.0.1"}, listener{addr: "0.0.0.0"}, false},
		{listener{addr: "127.0.0.1"}, listener{addr: "::"}, false},
		{listener{addr: "127.0.0.1"}, listener{"::", true}, true},
		{listener{addr: "127.0.0.1"}, listener{addr: "::1"}, true},
		{listener{addr: "0.0.0.0"}, listener{addr: "::"}, false},
		{listener{addr: "0.0.0.0"}, listener{"::", true}, true},
		{listener{addr: "0.0.0.0"}, listener{addr: "::1"}, true},
		{listener{addr: "::"}, listener{addr: "::"}, false},
		{listener{addr: "::1"}, listener{"::", true}, false},
	} {
		for _, order := range [][2]listener{{c.first, c.second}, {c.second, c.first}} {
			listen := func(l listener) (*Listener, error) {
				local := netip.AddrPortFrom(netip.MustParseAddr(l.addr), port)
				return stack.ListenTCP(context.Background(), local, ListenOptions{ReuseAddr: true, V6Only: l.v6Only})
			}
			first, err := listen(order[0])
			if err != nil {
				t.Fatalf("%v alone: %v", order[0], err)
			}
			second, err := listen(order[1])
			if c.together != (err == nil) || err != nil && !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("%v beside %v: %v, want them together: %v", order[1], order[0], err, c.together)
			}
			if second != nil {
				second.Close()
			}
			first.Close()
		}
	}
}
