package netstack

import (
	"context"
	"net/netip"
	"testing"
)

func TestPingOwnAddresses(t *testing.T) {
	a, _ := newPair(t, 1500)
	for _, own := range []string{"127.0.0.1", "127.0.0.2", "192.0.2.1", "::1", "2001:db8::1"} {
		addr := netip.MustParseAddr(own)
		reply, err := a.Ping(context.Background(), addr, PingOptions{PayloadBytes: 3000})
		if err != nil || reply.From != addr {
			t.Errorf("ping %s: %+v, %v", own, reply, err)
		}
	}
	if st := a.Stats(); st.PacketsOut != 0 {
		t.Errorf("%d packets to own addresses left the stack", st.PacketsOut)
	} else if st.ICMP.EchoRequestsIn != 5 || st.ICMP.EchoRepliesIn != 5 {
		t.Errorf("5 pings were counted as %+v", st.ICMP)
	}
}

func TestLoopbackAnswersForOwnAddressesAlone(t *testing.T) {
	prefix := netip.MustParsePrefix("10.0.0.0/8")
	s := mustNew(t, Config{Routes: []Route{{Destination: prefix, Interface: "lo"}}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		reply, err := s.Ping(ctx, netip.MustParseAddr("10.1.2.3"), PingOptions{})
		if err == nil {
			t.Errorf("somebody answered as 10.1.2.3: %+v", reply)
		}
		done <- err
	}()
	eventually(t, func() bool { return len(done) > 0 || s.Stats().Drops.WrongDestination > 0 }, "the request came back to the stack, which is not 10.1.2.3")
	cancel()
	<-done
}
