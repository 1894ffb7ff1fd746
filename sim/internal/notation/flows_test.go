package notation

import (
	"net/netip"
	"testing"
)

func TestFlowsCountFromTheFirst(t *testing.T) {
	var flows Flows // the client's numbers wrap
	for _, step := range []struct {
		fromServer bool
		text, want string
	}{
		{false, "S 4294967000:4294967000(0) win 1 <TS val 500 ecr 0>", "S 0:0(0) win 1 <TS val 0 ecr 0>"},
		{true, "S. 77:77(0) ack 4294967001 win 1 <TS val 9000 ecr 500>", "S. 0:0(0) ack 1 win 1 <TS val 0 ecr 0>"},
		{false, ". 4294967001:4294967001(0) ack 78 win 1 <TS val 510 ecr 9000>", ". 1:1(0) ack 1 win 1 <TS val 10 ecr 0>"},
		{false, "P. 4294967001:705(1000) ack 78 win 1", "P. 1:1001(1000) ack 1 win 1"},
		{true, ". 78:78(0) ack 4294967001 win 1 <sack 205:705>", ". 1:1(0) ack 1 win 1 <sack 501:1001>"},
	} {
		src, dst := client4, server4
		if step.fromServer {
			src, dst = dst, src
		}
		p := packetOf(t, src, dst, step.text)
		flow := flows.See(&p)
		s := flow.Relative(&p)
		s.Payload = p.TCP.Payload
		if got := s.Text(Full); flow.Number != 1 || len(p.TCP.Payload) == 0 && got != step.want {
			t.Errorf("flow %d: %s, want %s", flow.Number, got, step.want)
		}
		if back, err := flow.Absolute(s, src); err != nil || back.Text(Full) != p.TCP.Text(Full) {
			t.Errorf("%s becomes %s, %v", step.want, back.Text(Full), err)
		}
	}
	if next, ok := flows.Find(server4, client4).Next(client4); !ok || next != 1001 {
		t.Errorf("the client's next number is %d, %v", next, ok)
	}
}

func TestFlowsTellConnectionsApart(t *testing.T) {
	var flows Flows
	see := func(src, dst netip.AddrPort, text string) int {
		p := packetOf(t, src, dst, text)
		return flows.See(&p).Number
	}
	if n := see(client4, server4, "S 5:5(0)"); n != 1 {
		t.Errorf("the first flow is %d", n)
	}
	if n := see(client4, server4, "S 5:5(0)"); n != 1 {
		t.Errorf("a repeated SYN begins flow %d", n)
	}
	if n := see(client6, server6, "S 5:5(0)"); n != 2 {
		t.Errorf("other addresses are flow %d", n)
	}
	if n := see(client4, server4, "S 9:9(0)"); n != 3 {
		t.Errorf("a new SYN on the same ends is flow %d", n)
	}
	if n := see(server4, client4, "S. 1:1(0) ack 10"); n != 3 {
		t.Errorf("its answer is flow %d", n)
	}
	// Both ends open at once: one connection, RFC 9293 figure 7.
	a, b := netip.MustParseAddrPort("10.0.0.1:7"), netip.MustParseAddrPort("10.0.0.2:7")
	if n, m := see(a, b, "S 1:1(0)"), see(b, a, "S 2:2(0)"); n != 4 || m != 4 {
		t.Errorf("a simultaneous open is flow %d and %d", n, m)
	}
}

func TestFlowsOfHandmadePackets(t *testing.T) {
	var flows Flows
	flow := flows.Begin(client4, server4, 100)
	s, err := ParseSegment("S 0:0(0)")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = flow.Absolute(s, client4); err != nil || s.Seq != 100 {
		t.Errorf("seq %d, %v", s.Seq, err)
	}
	if s, err = ParseSegment(". 1:1(0) ack 1"); err != nil {
		t.Fatal(err)
	}
	if _, err = flow.Absolute(s, client4); err == nil {
		t.Error("an acknowledgement of nothing has a number")
	}
}

func TestFlowsWithPlainClocks(t *testing.T) {
	flows := Flows{PlainClock: func(a netip.Addr) bool { return a == client4.Addr() }}
	p := packetOf(t, client4, server4, "S 0:0(0) win 1 <TS val 500 ecr 0>")
	flow := flows.See(&p)
	if s := flow.Relative(&p); s.Text(Full) != p.TCP.Text(Full) {
		t.Errorf("%s is shown as %s", p.TCP.Text(Full), s.Text(Full))
	}
	p = packetOf(t, server4, client4, "S. 9:9(0) ack 1 win 1 <TS val 700 ecr 500>")
	flow = flows.See(&p)
	if s := flow.Relative(&p); s.Text(Full) != "S. 0:0(0) ack 1 win 1 <TS val 0 ecr 500>" {
		t.Errorf("the answer is shown as %s", s.Text(Full))
	}
}

// TestFlowsKnowStrays keeps forged packets within the connection that they are
// meant to disturb.
func TestFlowsKnowStrays(t *testing.T) {
	var flows Flows
	for _, step := range []struct {
		fromServer bool
		text       string
		number     int
	}{
		{false, "S 100:100(0)", 1},
		{true, "S. 900:900(0) ack 101", 1},
		{false, ". 101:101(0) ack 901", 1},
		{true, "R 1000:1000(0)", 1},              // in the window, and so ignored
		{true, "S 1000:1000(0)", 1},              // RFC 5961 section 4
		{false, "S 2000000000:2000000000(0)", 2}, // a client that has forgotten everything
		{false, "R 2000000001:2000000001(0)", 2},
		{false, "S 2000000002:2000000002(0)", 3}, // the one before was reset
	} {
		src, dst := client4, server4
		if step.fromServer {
			src, dst = dst, src
		}
		p := packetOf(t, src, dst, step.text)
		if flow := flows.See(&p); flow.Number != step.number {
			t.Errorf("%s is of flow %d, want %d", step.text, flow.Number, step.number)
		}
	}
}
