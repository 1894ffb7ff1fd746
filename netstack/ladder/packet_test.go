package ladder

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
)

var (
	left4  = netip.MustParseAddrPort("10.0.0.1:49152")
	right4 = netip.MustParseAddrPort("10.0.0.2:7000")
	left6  = netip.MustParseAddrPort("[fd00::1]:49152")
	right6 = netip.MustParseAddrPort("[fd00::2]:7000")
)

// segment makes a TCP header with the option MSS 1460, and a payload.
func segment(src, dst netip.AddrPort, s Segment, payload string) []byte {
	b := make([]byte, 24, 24+len(payload))
	binary.BigEndian.PutUint16(b, src.Port())
	binary.BigEndian.PutUint16(b[2:], dst.Port())
	binary.BigEndian.PutUint32(b[4:], s.Seq)
	binary.BigEndian.PutUint32(b[8:], s.Ack)
	b[12], b[13] = 6<<4, byte(s.Flags)
	binary.BigEndian.PutUint16(b[14:], s.Window)
	copy(b[20:], []byte{2, 4, 0x05, 0xb4})
	return append(b, payload...)
}

// ipv4 puts an IPv4 header before b.
func ipv4(src, dst netip.AddrPort, protocol Protocol, b []byte) []byte {
	h := make([]byte, 20, 20+len(b))
	h[0], h[8], h[9] = 0x45, 64, byte(protocol)
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(b)))
	copy(h[12:], src.Addr().AsSlice())
	copy(h[16:], dst.Addr().AsSlice())
	return append(h, b...)
}

// ipv6 puts an IPv6 header before b, whose first header is next.
func ipv6(src, dst netip.AddrPort, next byte, b []byte) []byte {
	h := make([]byte, 40, 40+len(b))
	h[0], h[6], h[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(h[4:], uint16(len(b)))
	copy(h[8:], src.Addr().AsSlice())
	copy(h[24:], dst.Addr().AsSlice())
	return append(h, b...)
}

func TestDecodeTCP(t *testing.T) {
	want := Segment{Flags: SYN | ACK, Seq: 7, Ack: 9, Window: 100, MSS: 1460}
	tcp4 := segment(left4, right4, want, "hi")
	tcp6 := segment(left6, right6, want, "hi")
	hopByHop := append([]byte{byte(TCP), 0, 1, 4, 0, 0, 0, 0}, tcp6...)
	for _, test := range []struct {
		name     string
		raw      []byte
		src, dst netip.AddrPort
	}{
		{"IPv4", ipv4(left4, right4, TCP, tcp4), left4, right4},
		{"IPv4 with padding", append(ipv4(left4, right4, TCP, tcp4), 0, 0), left4, right4},
		{"IPv6", ipv6(left6, right6, byte(TCP), tcp6), left6, right6},
		{"IPv6 with hop-by-hop options", ipv6(left6, right6, headerHopByHop, hopByHop), left6, right6},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := Decode(test.raw)
			if err != nil {
				t.Fatal(err)
			}
			if p.Src != test.src || p.Dst != test.dst || p.Protocol != TCP {
				t.Errorf("%v to %v, protocol %d; want %v to %v, TCP", p.Src, p.Dst, p.Protocol, test.src, test.dst)
			}
			if p.Segment != want || string(p.Payload) != "hi" {
				t.Errorf("segment %+v with %q, want %+v with %q", p.Segment, p.Payload, want, "hi")
			}
		})
	}
}

func TestDecodeOthers(t *testing.T) {
	udp := append([]byte{0xc0, 0, 0x1b, 0x58, 0, 10, 0, 0}, "hi"...)
	p, err := Decode(ipv4(left4, right4, UDP, udp))
	if err != nil || p.Src != left4 || p.Dst != right4 || string(p.Payload) != "hi" {
		t.Errorf("UDP: %+v, %v", p, err)
	}
	p, err = Decode(ipv6(left6, right6, byte(ICMPv6), []byte{128, 0, 0, 0, 1}))
	if err != nil || p.Type != 128 || p.Code != 0 || p.Src.Port() != 0 {
		t.Errorf("ICMPv6: %+v, %v", p, err)
	}
	later := ipv4(left4, right4, TCP, []byte("middle of a segment"))
	later[7] = 1
	p, err = Decode(later)
	if err != nil || !p.Fragment || p.Src.Port() != 0 {
		t.Errorf("later fragment: %+v, %v", p, err)
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	tcp := segment(left4, right4, Segment{}, "")
	badOffset := ipv4(left4, right4, TCP, tcp)
	badOffset[20+12] = 15 << 4
	for _, test := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"empty", nil, "empty packet"},
		{"version 5", []byte{0x50}, "IP version 5"},
		{"cut IPv4 header", []byte{0x45, 0}, "IPv4 header needs 20 bytes, there are 2"},
		{"cut IPv4 packet", ipv4(left4, right4, TCP, tcp)[:30], "of which 30 are there"},
		{"cut IPv6 header", []byte{0x60, 0}, "IPv6 header needs 40 bytes, there are 2"},
		{"cut IPv6 packet", ipv6(left6, right6, byte(TCP), tcp)[:50], "of which 50 are there"},
		{"cut extension", ipv6(left6, right6, headerRouting, []byte{6}), "extension header needs 8 bytes"},
		{"long extension", ipv6(left6, right6, headerRouting, []byte{6, 9, 0, 0, 0, 0, 0, 0}), "extension header needs 80 bytes"},
		{"cut TCP header", ipv4(left4, right4, TCP, tcp[:10]), "TCP header needs 20 bytes, there are 10"},
		{"TCP offset", badOffset, "TCP header of 60 bytes in a segment of 24"},
		{"cut UDP header", ipv4(left4, right4, UDP, tcp[:4]), "UDP header needs 8"},
		{"cut ICMP header", ipv4(left4, right4, ICMP, tcp[:3]), "ICMP header needs 4"},
	} {
		if _, err := Decode(test.raw); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error saying %q", test.name, err, test.want)
		}
	}
}

// FuzzDecode: no bytes make Decode or a Flow panic, and what is decoded lies
// inside the packet.
func FuzzDecode(f *testing.F) {
	tcp := segment(left6, right6, Segment{Flags: SYN}, "data")
	f.Add(ipv4(left4, right4, TCP, tcp))
	f.Add(ipv6(left6, right6, headerFragment, append([]byte{6, 0, 0, 0, 0, 0, 0, 0}, tcp...)))
	f.Add([]byte{0x45})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Decode(raw)
		if err != nil {
			return
		}
		if len(p.Payload) > len(raw) {
			t.Fatalf("payload of %d bytes in a packet of %d", len(p.Payload), len(raw))
		}
		var flow Flow
		flow.Next(Left, p)
		flow.Next(Right, p)
	})
}
