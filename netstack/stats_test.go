package netstack

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

func TestStatsCountWhatHappened(t *testing.T) {
	a, b := newPair(t, 1500)
	ln, err := b.ListenTCP(t.Context(), netip.MustParseAddrPort("192.0.2.2:80"), ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.DialContext(t.Context(), "tcp", "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	u, err := b.ListenPacket(t.Context(), "udp", "192.0.2.2:53")
	if err != nil {
		t.Fatal(err)
	}
	uc, err := a.DialContext(t.Context(), "udp", "192.0.2.2:53")
	if err != nil {
		t.Fatal(err)
	}
	uc.Write([]byte("hello"))
	u.ReadFrom(make([]byte, 10))
	if _, err := a.Ping(t.Context(), netip.MustParseAddr("2001:db8::2"), PingOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.DialContext(t.Context(), "tcp", "192.0.2.2:81"); err == nil {
		t.Fatal("dial to a closed port succeeded")
	}
	server.Write(make([]byte, 100_000))
	server.Close()
	bytesRead, _ := new(bytes.Buffer).ReadFrom(c)
	c.Close()

	sa, sb := a.Stats(), b.Stats()
	if bytesRead != 100_000 || sa.BytesIn < 100_000 || sa.PacketsIn == 0 || sa.PacketsOut == 0 || sb.BytesOut < 100_000 {
		t.Errorf("%d bytes read; a: %d/%d in, %d/%d out; b: %d out", bytesRead, sa.PacketsIn, sa.BytesIn, sa.PacketsOut, sa.BytesOut, sb.BytesOut)
	}
	if sa.TCP.ActiveOpens != 2 || sb.TCP.PassiveOpens != 1 || sb.TCP.ResetsOut == 0 || sa.TCP.ResetsIn == 0 {
		t.Errorf("TCP of a: %+v\nof b: %+v", sa.TCP, sb.TCP)
	}
	if sa.UDP.PacketsOut != 1 || sb.UDP.PacketsIn != 1 || sa.ICMP.EchoRequestsOut != 1 || sa.ICMP.EchoRepliesIn != 1 || sb.ICMP.EchoRequestsIn != 1 {
		t.Errorf("UDP and ICMP of a: %+v %+v\nof b: %+v %+v", sa.UDP, sa.ICMP, sb.UDP, sb.ICMP)
	}
	if sb.Sockets.Open != 2 || sb.Sockets.UDP != 1 || sb.Sockets.TCP["LISTEN"] != 1 {
		t.Errorf("sockets of b: %+v", sb.Sockets)
	}
	if names := []string{sa.Interfaces[0].Name, sa.Interfaces[1].Name}; names[0] != "lo" || names[1] != "eth0" || sa.Interfaces[1].PacketsOut != sa.PacketsOut {
		t.Errorf("interfaces of a: %+v", sa.Interfaces)
	}
	a.Close()
	if after := a.Stats(); after.PacketsIn < sa.PacketsIn || after.TCP.ActiveOpens != 2 || after.Sockets.Open != 0 {
		t.Errorf("after Close the counters are gone: %+v", after)
	}
}

func TestDropsHaveReasons(t *testing.T) {
	s, peer := newRawPeer(t, Config{})
	valid := tcpPacket(segment{flags: flagSYN, local: 80, remote: 9, seq: 1})
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(valid)
		f(b)
		clear(b[10:12])
		checksumInto(b[:20], 10)
		return b
	}
	for _, test := range []struct {
		name   string
		packet []byte
		count  func(DropStats) uint64
	}{
		{"not IP", append([]byte{0x70}, valid[1:]...), func(d DropStats) uint64 { return d.NotIP }},
		{"short", valid[:10], func(d DropStats) uint64 { return d.Malformed }},
		{"for another host", edit(func(b []byte) { b[19] = 9 }), func(d DropStats) uint64 { return d.WrongDestination }},
		{"from a multicast address", edit(func(b []byte) { b[12] = 224 }), func(d DropStats) uint64 { return d.WrongSource }},
		{"unknown transport", edit(func(b []byte) { b[9] = 250 }), func(d DropStats) uint64 { return d.UnknownTransport }},
		{"TCP header too short", edit(func(b []byte) { b[32] = 1 << 4 }), func(d DropStats) uint64 { return d.MalformedTransport }},
	} {
		before := test.count(s.Stats().Drops)
		pkt := NewPacket(len(test.packet))
		fill(pkt, test.packet)
		peer.receiver.Deliver([]*Packet{pkt})
		s.Settle()
		if n := test.count(s.Stats().Drops) - before; n != 1 {
			t.Errorf("%s: counted %d times: %+v", test.name, n, s.Stats().Drops)
		}
	}
}

func TestChecksumErrorsAreCounted(t *testing.T) {
	s, peer := newRawPeer(t, Config{})
	if _, err := s.ListenTCP(t.Context(), netip.MustParseAddrPort("192.0.2.1:80"), ListenOptions{}); err != nil {
		t.Fatal(err)
	}
	b := tcpPacket(segment{flags: flagSYN, local: 80, remote: 9, seq: 1})
	b[36]++
	pkt := NewPacket(len(b))
	fill(pkt, b)
	peer.receiver.Deliver([]*Packet{pkt})
	s.Settle()
	if d := s.Stats().Drops; d.Checksum != 1 || len(peer.take()) != 0 {
		t.Errorf("a SYN with a bad checksum: %+v", d)
	}
}

func TestSocketsAreASortedSnapshot(t *testing.T) {
	a, b := newPair(t, 1500)
	if _, err := b.Listen(t.Context(), "tcp", ":80"); err != nil { // both families
		t.Fatal(err)
	}
	if _, err := b.ListenPacket(t.Context(), "udp4", "192.0.2.2:53"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"[2001:db8::2]:80", "192.0.2.2:80", "192.0.2.2:80"} {
		if _, err := a.DialContext(t.Context(), "tcp", to); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() bool { return b.Stats().Sockets.TCP["ESTABLISHED"] == 3 }, "three connections wait at b")
	infos := b.Sockets()
	var lines []string
	for i, info := range infos {
		lines = append(lines, info.String())
		if i > 0 && infos[i-1].compare(info) > 0 {
			t.Errorf("not sorted: %v before %v", infos[i-1], info)
		}
	}
	text := strings.Join(lines, "\n")
	if len(infos) != 5 {
		t.Fatalf("want 5 sockets, the dual-stack listener once:\n%s", text)
	}
	for _, part := range []string{"tcp LISTEN", "[::]:80", "tcp ESTABLISHED", "192.0.2.2:80", "[2001:db8::2]:80", "rtt:", "rto:", "cwnd:", "udp UNCONN", "192.0.2.2:53"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	for _, info := range infos {
		if info.State == "LISTEN" && (info.TCP != nil || info.Remote.IsValid()) {
			t.Errorf("a listener is shown as a connection: %+v", info)
		}
	}
}
