package fault

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// segment describes a TCP packet to build; the zero value goes from
// 10.0.0.1:1000 to 10.0.0.2:80.
type segment struct {
	from, to string // "client", "server" if empty
	src, dst string
	flags    Flags
	seq, ack uint32
	payload  string
	index    uint64
	now      time.Duration
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// tcp builds and decodes the packet, with right checksums.
func tcp(t testing.TB, s segment) *Packet {
	t.Helper()
	src := netip.MustParseAddrPort(orElse(s.src, "10.0.0.1:1000"))
	dst := netip.MustParseAddrPort(orElse(s.dst, "10.0.0.2:80"))
	b := ipHeader(TCP, src.Addr(), dst.Addr(), 20+len(s.payload))
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint32(b, s.seq)
	b = binary.BigEndian.AppendUint32(b, s.ack)
	b = append(b, 5<<4, byte(s.flags), 0xff, 0xff, 0, 0, 0, 0)
	b = append(b, s.payload...)
	fixChecksums(b)
	p := &Packet{Now: s.now, From: orElse(s.from, "client"), To: orElse(s.to, "server"), Index: s.index, Bytes: b}
	if err := p.Decode(); err != nil {
		t.Fatal(err)
	}
	return p
}

// ipHeader is an IPv4 or IPv6 header for a transport of some length.
func ipHeader(proto uint8, src, dst netip.Addr, length int) []byte {
	if src.Is4() {
		b := []byte{0x45, 0, 0, 0, 0, 7, 0, 0, 64, proto, 0, 0}
		binary.BigEndian.PutUint16(b[2:], uint16(20+length))
		return append(append(b, src.AsSlice()...), dst.AsSlice()...)
	}
	b := []byte{0x60, 0, 0, 0, 0, 0, proto, 64}
	binary.BigEndian.PutUint16(b[4:], uint16(length))
	return append(append(b, src.AsSlice()...), dst.AsSlice()...)
}

func TestDecodeTCP(t *testing.T) {
	for _, s := range []segment{
		{flags: SYN | ACK, seq: 7, ack: 1 << 31, payload: "hello"},
		{src: "[2001:db8::1]:1000", dst: "[2001:db8::2]:80", flags: SYN | ACK, seq: 7, ack: 1 << 31, payload: "hello"},
	} {
		p := tcp(t, s)
		want := Flow{netip.MustParseAddrPort(orElse(s.src, "10.0.0.1:1000")), netip.MustParseAddrPort(orElse(s.dst, "10.0.0.2:80")), TCP}
		if p.Flow != want || p.Flags != SYN|ACK || p.Seq != 7 || p.Ack != 1<<31 || string(p.Payload) != "hello" || p.Fragment {
			t.Errorf("decoded %+v", p)
		}
		for n := range len(p.Bytes) {
			short := Packet{Bytes: p.Bytes[:n]}
			if short.Decode() == nil {
				t.Errorf("%d of %d bytes are taken for the packet", n, len(p.Bytes))
			}
		}
		padded := Packet{Bytes: append(slices.Clone(p.Bytes), 1, 2, 3)}
		if err := padded.Decode(); err != nil || string(padded.Payload) != "hello" {
			t.Errorf("padded: %v, payload %q", err, padded.Payload)
		}
	}
}

func TestDecodeOthers(t *testing.T) {
	a4, b4 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	a6, b6 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	udp := []byte{0, 53, 1, 0, 0, 9, 0, 0, 'x'}
	fragment4 := append(ipHeader(TCP, a4, b4, 3), "abc"...)
	fragment4[7] = 1 // an offset of eight bytes
	first4 := append(ipHeader(UDP, a4, b4, 9), udp...)
	first4[6] = 0x20 // more fragments
	whole4 := append(ipHeader(UDP, a4, b4, 9), udp...)
	whole4[6] = 0x40 // do not fragment
	for _, test := range []struct {
		name, payload, flow string
		bytes               []byte
		fragment            bool
	}{
		{"udp", "x", "udp 10.0.0.1:53 > 10.0.0.2:256", append(ipHeader(UDP, a4, b4, 9), udp...), false},
		{"icmp", "yz", "icmp 10.0.0.1:0 > 10.0.0.2:0", append(ipHeader(ICMPv4, a4, b4, 10), 8, 0, 0, 0, 0, 1, 0, 2, 'y', 'z'), false},
		{"unknown", "??", "99 10.0.0.1:0 > 10.0.0.2:0", append(ipHeader(99, a4, b4, 2), "??"...), false},
		{"ipv4 fragment", "abc", "tcp 10.0.0.1:0 > 10.0.0.2:0", fragment4, true},
		{"ipv4 first fragment", string(udp), "udp 10.0.0.1:0 > 10.0.0.2:0", first4, true},
		{"ipv4 not to be fragmented", "x", "udp 10.0.0.1:53 > 10.0.0.2:256", whole4, false},
		{"ipv6 extensions", "x", "udp [2001:db8::1]:53 > [2001:db8::2]:256",
			append(append(ipHeader(0, a6, b6, 33), 60, 0, 1, 4, 0, 0, 0, 0, 17, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), udp...), false},
		{"ipv6 fragment", "rest", "udp [2001:db8::1]:0 > [2001:db8::2]:0",
			append(ipHeader(44, a6, b6, 12), 17, 0, 0, 9, 0, 0, 0, 1, 'r', 'e', 's', 't'), true},
		{"ipv6 first fragment", "rest", "udp [2001:db8::1]:0 > [2001:db8::2]:0",
			append(ipHeader(44, a6, b6, 12), 17, 0, 0, 1, 0, 0, 0, 1, 'r', 'e', 's', 't'), true},
		{"ipv6 atomic fragment, reserved bits set", "x", "udp [2001:db8::1]:53 > [2001:db8::2]:256",
			append(append(ipHeader(44, a6, b6, 17), 17, 0xff, 0, 6, 0, 0, 0, 1), udp...), false},
	} {
		p := Packet{Bytes: test.bytes}
		if err := p.Decode(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if p.Flow.String() != test.flow || string(p.Payload) != test.payload || p.Fragment != test.fragment {
			t.Errorf("%s: %s, payload %q, fragment %v", test.name, p.Flow, p.Payload, p.Fragment)
		}
	}
	for _, bytes := range [][]byte{nil, {0}, {0x50}, {0x45}} {
		p := Packet{Bytes: bytes}
		if p.Decode() == nil {
			t.Errorf("%x is taken for a packet", bytes)
		}
	}
}

// TestTransportEndsBeforePadding wants header and payload, without what fills
// the packet up, and nothing of what cannot be read.
func TestTransportEndsBeforePadding(t *testing.T) {
	p := tcp(t, segment{payload: "hello"})
	p.Bytes = append(p.Bytes, 0, 0, 0)
	if err := p.Decode(); err != nil {
		t.Fatal(err)
	}
	if got := p.Transport(); len(got) != 25 || string(got[20:]) != "hello" || binary.BigEndian.Uint16(got) != 1000 {
		t.Errorf("the transport's part is %x", got)
	}
	p.Bytes = p.Bytes[:19]
	if err := p.Decode(); err == nil || len(p.Transport()) != 0 {
		t.Errorf("%v, and %x of half a header", err, p.Transport())
	}
}

func TestFlowsHaveAnOrder(t *testing.T) {
	flows := []Flow{
		{netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:1"), TCP},
		{netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:1"), UDP},
		{netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:2"), TCP},
		{netip.MustParseAddrPort("10.0.0.1:81"), netip.MustParseAddrPort("10.0.0.2:1"), TCP},
		{netip.MustParseAddrPort("[::1]:1"), netip.MustParseAddrPort("[::1]:1"), TCP},
	}
	for i, a := range flows {
		for j, b := range flows {
			if got := a.Compare(b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%v compared with %v: %d", a, b, got)
			}
		}
		if a.Reverse().Reverse() != a || a.Reverse().Src != a.Dst {
			t.Errorf("%v reversed: %v", a, a.Reverse())
		}
	}
}

// FuzzDecode wants no panic, a payload within the packet, and flips that
// keep its length.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(tcp(f, segment{flags: SYN, payload: "x"}).Bytes)
	f.Add(tcp(f, segment{src: "[::1]:1", dst: "[::2]:2"}).Bytes)
	f.Fuzz(func(t *testing.T, b []byte) {
		p := Packet{Bytes: b}
		if err := p.Decode(); err == nil && string(p.Payload) != string(b[p.data:p.end]) {
			t.Errorf("payload %q is not at %d of %q", p.Payload, p.data, b)
		}
		corrupt := Corrupt{Chance: Always, Bits: 3, FixChecksum: true}
		v := corrupt.Judge(1, &p)
		if got := v.Flipped(b); len(got) != len(b) {
			t.Errorf("%d bytes became %d", len(b), len(got))
		}
	})
}
