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
