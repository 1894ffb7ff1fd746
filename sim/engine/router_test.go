package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/seed-731cb71d/warren/sim/internal/checksum"
)

// chain is a client, three routers without routes in a row, and a server: the
// subnets are 10.0.0.0/24 (client, r1), 10.0.1.0/24 (r1, r2) and so on, with
// fd00::/64, fd00:0:0:1::/64 and so on beside them.
func chain(t *testing.T) (n *bed, client, server *Port) {
	n = newBed(t, Config{Path: PathConfig{Delay: ms}})
	address := func(subnet, host int) []string {
		return []string{fmt.Sprintf("10.0.%d.%d/24", subnet, host), fmt.Sprintf("fd00:0:0:%x::%x/64", subnet, host)}
	}
	for i := range 3 {
		r := fmt.Sprint("r", i+1)
		n.add(r+"/left", true, address(i, 1))
		n.add(r+"/right", true, address(i+1, 2))
	}
	return n, n.host("client", address(0, 9)...), n.host("server", address(3, 9)...)
}

// echo4 is an ICMP echo request with four bytes of data.
func echo4(src, dst string) *testPacket {
	b := make([]byte, 32)
	header4(b, 1, netip.MustParseAddr(src), netip.MustParseAddr(dst))
	b[20] = 8
	copy(b[24:], []byte{0, 7, 0, 1, 'p', 'i', 'n', 'g'})
	binary.BigEndian.PutUint16(b[22:], checksum.Of(0, b[20:]))
	return &testPacket{b: b, refs: 1}
}

func TestRoutersFindTheWay(t *testing.T) {
	n, client, server := chain(t)
	n.send(client, udp4("10.0.0.9:1", "10.0.3.9:2", 100, 1))
	n.send(server, udp4("10.0.3.9:2", "10.0.0.9:1", 100, 2))
	n.run()
	n.want("server 1@4ms", "client 2@4ms")
	n.send(client, udp6("fd00::9", "fd00:0:0:3::9", 100, 17))
	n.run()
	n.want("server 0@8ms")
}

// TestShortestWayIsTaken also when it comes later, and among equal ones that
// of the first name.
func TestShortestWayIsTaken(t *testing.T) {
	n, client, _ := chain(t)
	way := func() string {
		before := map[string]uint64{}
		for _, p := range n.Paths() {
			before[p.Name()] = p.Counters().Sent
		}
		n.send(client, udp4("10.0.0.9:1", "10.0.3.9:2", 100, 1))
		n.run()
		var used []string
		for _, p := range n.Paths() {
			if p.Counters().Sent > before[p.Name()] {
				used = append(used, p.Name())
			}
		}
		return strings.Join(used, " ")
	}
	for _, step := range []struct{ name, left, right, want string }{
		{"", "", "", "client/eth0>r1/left r1/right>r2/left r2/right>r3/left r3/right>server/eth0"},
		{"short", "10.0.0.5/24", "10.0.3.5/24", "client/eth0>short/left short/right>server/eth0"},
		{"brief", "10.0.0.6/24", "10.0.3.6/24", "brief/right>server/eth0 client/eth0>brief/left"},
	} {
		if step.name != "" {
			n.add(step.name+"/left", true, []string{step.left})
			n.add(step.name+"/right", true, []string{step.right})
		}
		if got := way(); got != step.want {
			t.Errorf("with %q\ngot  %s\nwant %s", step.name, got, step.want)
		}
	}
	route := Route{netip.MustParsePrefix("10.0.3.0/24"), netip.MustParseAddr("10.0.0.1")}
	if err := n.AddRoute("client", route); err != nil {
		t.Fatal(err)
	}
	if got := way(); !strings.Contains(got, "client/eth0>r1/left") {
		t.Errorf("with a route: %s", got)
	}
}

func TestRoutersAnswerEcho(t *testing.T) {
	n, client, _ := chain(t)
	var got [][]byte
	keep(client, &got)
	n.send(client, echo4("10.0.0.9", "10.0.0.1"))  // the near port of r1
	n.send(client, echo4("10.0.0.9", "10.0.3.2"))  // the far port of r3
	n.send(client, echo4("10.0.0.9", "10.0.2.77")) // nobody
	n.run()
	if len(got) != 2 || n.events.Now() != 6*ms {
		t.Fatalf("%d answers, at %v", len(got), n.events.Now())
	}
	for i, from := range []string{"10.0.0.1", "10.0.3.2"} {
		m, src := got[i], netip.MustParseAddr(from).As4()
		if !bytes.Equal(m[12:16], src[:]) || !bytes.Equal(m[16:20], []byte{10, 0, 0, 9}) || m[20] != 0 ||
			string(m[24:]) != "\x00\x07\x00\x01ping" || checksum.Of(0, m[:20]) != 0 || checksum.Of(0, m[20:]) != 0 {
			t.Errorf("the answer of %s is % x", from, m)
		}
	}
}

func TestRoutersAnswerEcho6(t *testing.T) {
	n, client, _ := chain(t)
	var got [][]byte
	keep(client, &got)
	ping := udp6("fd00::9", "fd00:0:0:1::2", 52, 58)
	ping.b[40] = 128
	copy(ping.b[44:], "\x00\x07\x00\x01ping")
	sum6(ping.b)
	n.send(client, ping)
	n.run()
	if len(got) != 1 {
		t.Fatalf("%d answers", len(got))
	}
	m := got[0]
	want := sumOver6(m)
	if m[40] != 129 || want != 0 || string(m[44:]) != "\x00\x07\x00\x01ping" || netip.AddrFrom16([16]byte(m[8:24])) != netip.MustParseAddr("fd00:0:0:1::2") {
		t.Errorf("the answer is % x", m)
	}
}

// sumOver6 is 0 for an ICMPv6 packet whose checksum is right.
func sumOver6(m []byte) uint16 {
	pseudo := append(append([]byte{}, m[8:40]...), 0, 0, 0, 0, 0, 0, 0, 58)
	binary.BigEndian.PutUint32(pseudo[32:], uint32(len(m)-40))
	return checksum.Of(0, append(pseudo, m[40:]...))
}

// TestRoutersSayWhatTheyDrop: a traceroute sees one router after the other.
func TestRoutersSayWhatTheyDrop(t *testing.T) {
	n, client, _ := chain(t)
	var got [][]byte
	keep(client, &got)
	for hops := byte(1); hops <= 3; hops++ {
		p := udp4("10.0.0.9:1", "10.0.3.9:2", 100, 0)
		p.b[8] = hops
		n.send(client, p)
		q := udp6("fd00::9", "fd00:0:0:3::9", 100, 17)
		q.b[7] = hops
		n.send(client, q)
	}
	n.send(client, udp4("10.0.0.9:1", "192.0.2.1:2", 100, 0))
	n.run()
	var froms []string
	for _, m := range got {
		if m[0]>>4 == 6 {
			froms = append(froms, fmt.Sprint(netip.AddrFrom16([16]byte(m[8:24])), " ", m[40], "/", m[41]))
			if sumOver6(m) != 0 || !bytes.Equal(m[48:48+40], append([]byte{0x60}, m[49:48+40]...)) {
				t.Errorf("the message is % x", m)
			}
			continue
		}
		froms = append(froms, fmt.Sprint(netip.AddrFrom4([4]byte(m[12:16])), " ", m[20], "/", m[21]))
		if checksum.Of(0, m[:20]) != 0 || checksum.Of(0, m[20:]) != 0 || m[28] != 0x45 {
			t.Errorf("the message is % x", m)
		}
	}
	want := "10.0.0.1 11/0, 10.0.0.1 3/0, fd00::1 3/0, 10.0.1.1 11/0, fd00:0:0:1::1 3/0, 10.0.2.1 11/0, fd00:0:0:2::1 3/0"
	if s := strings.Join(froms, ", "); s != want {
		t.Errorf("\ngot  %s\nwant %s", s, want)
	}
}

func TestSilentRouters(t *testing.T) {
	n := newBed(t, Config{})
	client := n.host("client", "10.0.0.9/24")
	for _, cfg := range []PortConfig{
		{Host: "r", Interface: "left", Router: true, Silent: true, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}},
		{Host: "r", Interface: "right", Router: true, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.1.1/24")}},
	} {
		if _, err := n.AddPort(cfg); err != nil {
			t.Fatal(err)
		}
	}
	server := n.host("server", "10.0.1.9/24")
	n.path(n.Port("r", "right"), server, PathConfig{MTU: 500})
	short := udp4("10.0.0.9:1", "10.0.1.9:2", 100, 0)
	short.b[8] = 1
	n.send(client, short)
	n.send(client, udp4("10.0.0.9:1", "10.0.1.9:2", 501, 0))
	n.send(client, udp4("10.0.0.9:1", "192.0.2.1:2", 100, 0))
	n.send(client, echo4("10.0.0.9", "10.0.1.1"))
	n.run()
	n.want()
}

// TestNoMessageAboutMessages: RFC 1122, section 3.2.2.
func TestNoMessageAboutMessages(t *testing.T) {
	n, client, _ := chain(t)
	failed := echo4("10.0.0.9", "192.0.2.1")
	failed.b[20] = 3
	fragment := udp4("10.0.0.9:1", "192.0.2.1:2", 100, 0)
	fragment.b[7] = 1
	for _, p := range []*testPacket{failed, fragment, udp6("fd00::9", "2001:db8::1", 100, 58)} {
		n.send(client, p)
	}
	n.run()
	n.want()
	if lost := n.Port("r1", "left").Lost[DropNoRoute]; lost != 3 {
		t.Errorf("%d packets found no route, want 3", lost)
	}
}
