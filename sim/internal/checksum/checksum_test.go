package checksum

import (
	"encoding/hex"
	"net/netip"
	"testing"
)

// TestOfKnownBytes compares with the example of RFC 1071 section 3, and with
// a last byte that counts as the upper half of a word.
func TestOfKnownBytes(t *testing.T) {
	for text, want := range map[string]uint16{
		"0001f203f4f5f6f7": ^uint16(0xddf2),
		"ff":               0x00ff,
		"":                 0xffff,
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Of(0, b); got != want {
			t.Errorf("%s: %04x, want %04x", text, got, want)
		}
	}
}

// TestPseudoOfBothFamilies adds up words by hand; an IPv4 address counts as
// such also where it is written as one of IPv6.
func TestPseudoOfBothFamilies(t *testing.T) {
	for _, c := range []struct {
		src, dst string
		want     uint64
	}{
		{"10.0.0.1", "10.0.0.2", 0x0a00 + 1 + 0x0a00 + 2 + 6 + 20},
		{"::ffff:10.0.0.1", "10.0.0.2", 0x0a00 + 1 + 0x0a00 + 2 + 6 + 20},
		{"fd00::1", "fd00::2", 0xfd00 + 1 + 0xfd00 + 2 + 6 + 20},
	} {
		if got := Pseudo(netip.MustParseAddr(c.src), netip.MustParseAddr(c.dst), 6, 20); got != c.want {
			t.Errorf("%s, %s: %x, want %x", c.src, c.dst, got, c.want)
		}
	}
}
