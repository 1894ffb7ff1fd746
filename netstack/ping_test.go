package netstack

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"
)

func TestPingBothFamilies(t *testing.T) {
	a, _ := newPair(t, 1500)
	for _, to := range []string{"192.0.2.2", "2001:db8::2", "127.0.0.1", "127.9.9.9", "::1", "192.0.2.1", "2001:db8::1"} {
		addr := netip.MustParseAddr(to)
		for _, size := range []int{0, -1, 3000} {
			reply, err := a.Ping(testContext(t), addr, PingOptions{Sequence: 7, PayloadBytes: size})
			if err != nil {
				t.Errorf("ping %s with %d bytes: %v", to, size, err)
				continue
			}
			want := max(size, 0)
			if size == 0 {
				want = 56
			}
			if reply.From != addr || reply.Sequence != 7 || reply.PayloadBytes != want || reply.TTL != 64 || reply.RTT <= 0 {
				t.Errorf("ping %s with %d bytes: %+v", to, size, reply)
			}
		}
	}
	if n := a.limit.open.Load(); n != 0 {
		t.Errorf("%d sockets are counted after all pings ended", n)
	}
}

func TestPingEndsWithItsContext(t *testing.T) {
	a, _ := newPair(t, 1500)
	ctx, cancel := context.WithTimeout(context.Background(), 1)
	defer cancel()
	if _, err := a.Ping(ctx, netip.MustParseAddr("192.0.2.77"), PingOptions{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("unanswered ping: %v, want a timeout", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	cancel()
	if _, err := a.Ping(ctx, netip.MustParseAddr("192.0.2.77"), PingOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled ping: %v", err)
	}
}

func TestPingRefusesBadOptions(t *testing.T) {
	a, _ := newPair(t, 1500)
	host := netip.MustParseAddr("192.0.2.2")
	for _, test := range []struct {
		to   netip.Addr
		opts PingOptions
		want error
	}{
		{host, PingOptions{PayloadBytes: 65508}, syscall.EMSGSIZE},
		{host, PingOptions{TTL: 256}, syscall.EINVAL},
		{netip.MustParseAddr("fe80::1%eth0"), PingOptions{}, nil},
		{netip.Addr{}, PingOptions{}, nil},
	} {
		_, err := a.Ping(testContext(t), test.to, test.opts)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("ping %s %+v: got %v, want %v", test.to, test.opts, err, test.want)
		}
	}
}

func TestPingIDInUse(t *testing.T) {
	a, _ := newPair(t, 1500)
	p, err := a.openPing(netip.MustParseAddr("192.0.2.2"), PingOptions{ID: 9})
	if err != nil {
		t.Fatal(err)
	}
	defer p.h.close(os.ErrClosed, false)
	if _, err := a.Ping(testContext(t), netip.MustParseAddr("192.0.2.2"), PingOptions{ID: 9}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want EADDRINUSE", err)
	}
}
