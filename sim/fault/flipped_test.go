package fault

import (
	"bytes"
	"encoding/hex"
	"math/bits"
	"net/netip"
	"testing"
)

// sums checks a packet as a receiver does: all words of header, or of
// pseudo-header and segment, with the checksum add up to 0xffff.
func sums(t *testing.T, b []byte) bool {
	t.Helper()
	fold := func(parts ...[]byte) bool {
		total := 0
		for _, part := range parts {
			for i, x := range part {
				total += int(x) << (8 * (1 - i%2))
			}
		}
		return total != 0 && total%0xffff == 0
	}
	p := Packet{Bytes: b}
	if err := p.Decode(); err != nil {
		t.Fatal(err)
	}
	if b[0]>>4 == 4 && !fold(b[:20]) {
		return false
	}
	segment := b[p.segment:p.end]
	if p.Flow.Proto == ICMPv4 {
		return fold(segment)
	}
	length := []byte{0, p.Flow.Proto, byte(len(segment) >> 8), byte(len(segment))}
	return fold(p.Flow.Src.Addr().AsSlice(), p.Flow.Dst.Addr().AsSlice(), length, segment)
}

// TestChecksumOfAKnownHeader is an IPv4 header whose checksum is known from
// elsewhere: b861.
func TestChecksumOfAKnownHeader(t *testing.T) {
	b, err := hex.DecodeString("450000730000400040110000c0a80001c0a800c7")
	if err != nil {
		t.Fatal(err)
	}
	putChecksum(b, 10, 0)
	if b[10] != 0xb8 || b[11] != 0x61 {
		t.Errorf("the checksum is %x, want b861", b[10:12])
	}
}

// wholePackets are one of each transport and family, with right checksums.
func wholePackets(t *testing.T) map[string][]byte {
	t.Helper()
	a4, b4 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	a6, b6 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	udp := []byte{0, 53, 1, 0, 0, 11, 1, 1, 'x', 'y', 'z'}
	echo := []byte{8, 0, 0, 0, 0, 1, 0, 2, 'x', 'y', 'z'}
	all := map[string][]byte{
		"tcp":   tcp(t, segment{payload: "odd"}).Bytes,
		"tcp6":  tcp(t, segment{src: "[::1]:1", dst: "[::2]:2", payload: "odd"}).Bytes,
		"udp":   append(ipHeader(UDP, a4, b4, 11), udp...),
		"udp6":  append(ipHeader(UDP, a6, b6, 11), udp...),
		"icmp":  append(ipHeader(ICMPv4, a4, b4, 11), echo...),
		"icmp6": append(ipHeader(ICMPv6, a6, b6, 11), echo...),
	}
	for name, b := range all {
		fixChecksums(b)
		if !sums(t, b) {
			t.Errorf("%s: the checksums of %x are wrong", name, b)
		}
	}
	return all
}

func TestFlippedPayload(t *testing.T) {
	for name, b := range wholePackets(t) {
		p := &Packet{Bytes: b}
		if err := p.Decode(); err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(b)
		for index := range uint64(50) {
			p.Index = index
			v := Corrupt{Chance: Always, Bits: 5, PayloadOnly: true}.Judge(1, p)
			plain := v.Flipped(b)
			if n := differ(plain, b); n != 5 || differ(plain[:p.data], b[:p.data]) != 0 {
				t.Fatalf("%s: %d bits differ, want 5 of the payload", name, n)
			}
			v.FixChecksum = true
			if fixed := v.Flipped(b); !sums(t, fixed) || !bytes.Equal(fixed[p.data:], plain[p.data:]) {
				t.Fatalf("%s: the checksums of %x are wrong", name, fixed)
			}
		}
		if sums(t, (&Verdict{Corrupt: []Flip{Flip(p.data * 8)}}).Flipped(b)) {
			t.Errorf("%s: one flipped bit keeps the checksum", name)
		}
		if !bytes.Equal(before, b) {
			t.Errorf("%s: the original was changed", name)
		}
	}
}

// differ counts the bits in which two slices differ.
func differ(a, b []byte) int {
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n
}

func TestFlipsAreDifferentBits(t *testing.T) {
	p := tcp(t, segment{payload: "abc"})
	var touched [43 * 8]bool
	for index := range uint64(500) {
		p.Index = index
		v := Corrupt{Chance: Always, Bits: 64}.Judge(1, p)
		if n := differ(v.Flipped(p.Bytes), p.Bytes); n != 64 {
			t.Fatalf("%d bits differ, want 64", n)
		}
		for _, flip := range v.Corrupt {
			touched[flip] = true
		}
	}
	for bit, ok := range touched {
		if !ok {
			t.Errorf("bit %d was never inverted", bit)
		}
	}
	if v := (Corrupt{Chance: Always, Bits: 64, PayloadOnly: true}).Judge(1, p); len(v.Corrupt) != 24 {
		t.Errorf("%d bits of 3 bytes inverted, want all", len(v.Corrupt))
	}
	empty := tcp(t, segment{})
	if v := (Corrupt{Chance: Always, Bits: 1, PayloadOnly: true}).Judge(1, empty); !v.Pass() {
		t.Errorf("a packet without payload: %+v", v)
	}
	beyond := Verdict{Corrupt: []Flip{0, 8_000_000}}
	if got := beyond.Flipped([]byte{0x45}); !bytes.Equal(got, []byte{0xc5}) {
		t.Errorf("flipped %x, want c5", got)
	}
}

func TestUDPWithoutChecksumStaysWithout(t *testing.T) {
	b := bytes.Clone(wholePackets(t)["udp"])
	b[26], b[27] = 0, 0
	v := Verdict{Corrupt: []Flip{30 * 8}, FixChecksum: true}
	if got := v.Flipped(b); got[26] != 0 || got[27] != 0 {
		t.Errorf("the checksum is %x, want none", got[26:28])
	}
}

// TestUDPChecksumIsNeverZero goes through all values of the payload's last
// word: for one of them the sum is 0, which RFC 768 writes as ffff.
func TestUDPChecksumIsNeverZero(t *testing.T) {
	b := append(ipHeader(UDP, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), 10), 0, 53, 1, 0, 0, 10, 1, 1, 0, 0)
	full := 0
	for word := range 1 << 16 {
		b[26], b[27], b[28], b[29] = 1, 1, byte(word>>8), byte(word)
		fixChecksums(b)
		switch {
		case b[26] == 0 && b[27] == 0:
			t.Fatalf("payload %04x has the checksum 0, which means none", word)
		case b[26] == 0xff && b[27] == 0xff:
			full++
		}
	}
	if full == 0 {
		t.Error("no payload had the checksum ffff")
	}
}
