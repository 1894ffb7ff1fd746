package engine

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/sim/internal/checksum"
)

// udp6 is an IPv6 packet of a protocol with size bytes.
func udp6(src, dst string, size int, proto byte) *testPacket {
	b := make([]byte, size)
	b[0], b[6], b[7] = 0x60, proto, 64
	binary.BigEndian.PutUint16(b[4:], uint16(size-40))
	s, d := netip.MustParseAddr(src).As16(), netip.MustParseAddr(dst).As16()
	copy(b[8:], s[:])
	copy(b[24:], d[:])
	return &testPacket{b: b, refs: 1}
}

// keep makes a port keep what arrives.
func keep(p *Port, into *[][]byte) {
	p.Receive(func(pkt Packet) {
		*into = append(*into, pkt.(*testPacket).b)
		pkt.Release()
	})
}

func TestTooBigIPv4(t *testing.T) {
	n, a, b := pair(t, Config{})
	p := n.path(a, b, PathConfig{MTU: 1000, Delay: 10 * ms})
	var got [][]byte
	keep(a, &got)
	big := udp4(aUDP, bUDP, 1001, 7)
	n.send(a, big)
	n.run()
	if len(got) != 1 || n.events.Now() != 10*ms {
		t.Fatalf("%d answers, at %v", len(got), n.events.Now())
	}
	n.send(a, udp4(aUDP, bUDP, 1000, 8))
	n.run()
	n.want("b 8@20ms")
	m := got[0]
	// Type 3, code 4, next-hop MTU 1000 (RFC 1191 section 4), then the start
	// of the packet, 576 bytes in all.
	if len(m) != 576 || !bytes.Equal(m[20:22], []byte{3, 4}) || !bytes.Equal(m[24:28], []byte{0, 0, 0x03, 0xe8}) || !bytes.Equal(m[28:], big.b[:548]) {
		t.Errorf("the answer is % x", m[:60])
	}
	if !bytes.Equal(m[12:16], []byte{10, 0, 0, 2}) || !bytes.Equal(m[16:20], []byte{10, 0, 0, 1}) {
		t.Errorf("it goes from %v to %v", m[12:16], m[16:20])
	}
	if checksum.Of(0, m[:20]) != 0 || checksum.Of(0, m[20:]) != 0 {
		t.Error("a checksum is wrong")
	}
	if c := p.Counters(); c.Dropped[DropMTU] != 1 || c.Delivered != 1 {
		t.Errorf("counted %+v", c)
	}
}

func TestTooBigIPv6(t *testing.T) {
	n, a, b := pair(t, Config{})
	n.path(a, b, PathConfig{MTU: 1400, TooBigFrom: netip.MustParseAddr("fd00::99")})
	var got [][]byte
	keep(a, &got)
	big := udp6("fd00::1", "fd00::2", 1401, 17)
	n.send(a, big)
	n.run()
	if len(got) != 1 {
		t.Fatalf("%d answers", len(got))
	}
	m := got[0]
	// Type 2, code 0, MTU 1400 (RFC 4443 section 3.2), 1280 bytes in all.
	if len(m) != 1280 || m[40] != 2 || m[41] != 0 || binary.BigEndian.Uint32(m[44:]) != 1400 || !bytes.Equal(m[48:], big.b[:1232]) {
		t.Errorf("the answer is % x", m[:60])
	}
	if from := netip.AddrFrom16([16]byte(m[8:24])); from != netip.MustParseAddr("fd00::99") {
		t.Errorf("it comes from %v", from)
	}
	// RFC 8200 section 8.1: the sum over the pseudo-header and the message,
	// written out byte by byte.
	pseudo := append(append([]byte{}, m[8:40]...), 0, 0, 0, 0, 0, 0, 0, 58)
	binary.BigEndian.PutUint32(pseudo[32:], uint32(len(m)-40))
	if checksum.Of(0, append(pseudo, m[40:]...)) != 0 {
		t.Error("the checksum is wrong")
	}
}

func TestTooBigFromARouter(t *testing.T) {
	n, client := routed(t)
	n.path(n.Port("r1", "b"), n.Port("r2", "a"), PathConfig{MTU: 500, Delay: ms})
	var got [][]byte
	keep(client, &got)
	n.send(client, udp4("10.1.0.2:1", "10.2.0.2:2", 501, 1))
	n.run()
	if len(got) != 1 || n.events.Now() != 2*ms {
		t.Fatalf("%d answers, at %v", len(got), n.events.Now())
	}
	if !bytes.Equal(got[0][12:16], []byte{10, 0, 0, 1}) {
		t.Errorf("the answer comes from %v, want the router's port 10.0.0.1", got[0][12:16])
	}
}

func TestTooBigIsNotSaid(t *testing.T) {
	fragment := udp4(aUDP, bUDP, 1001, 0)
	fragment.b[7] = 1
	mayFragment := udp4(aUDP, bUDP, 1001, 0)
	mayFragment.b[6] = 0
	icmpError := udp4(aUDP, bUDP, 1001, 0)
	icmpError.b[9], icmpError.b[20] = 1, 3
	for name, p := range map[string]*testPacket{
		"fragment": fragment, "without don't fragment": mayFragment, "ICMP error": icmpError,
		"ICMPv6 error": udp6("fd00::1", "fd00::2", 1001, 58),
	} {
		n, a, b := pair(t, Config{})
		n.path(a, b, PathConfig{MTU: 1000})
		n.send(a, p)
		n.run()
		if len(n.got) != 0 {
			t.Errorf("%s was answered", name)
		}
	}
	n, a, b := pair(t, Config{})
	n.path(a, b, PathConfig{MTU: 1000, NoTooBig: true})
	n.send(a, udp4(aUDP, bUDP, 1001, 0))
	n.run()
	n.want()
}
