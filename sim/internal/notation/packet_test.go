package notation

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"testing"

	"github.com/seed-731cb71d/warren/sim/fault"
)

var (
	client4 = netip.MustParseAddrPort("10.0.0.1:1000")
	server4 = netip.MustParseAddrPort("10.0.0.2:80")
	client6 = netip.MustParseAddrPort("[fd00::1]:1000")
	server6 = netip.MustParseAddrPort("[fd00::2]:80")
)

// packetOf makes a packet of a segment's text.
func packetOf(t *testing.T, src, dst netip.AddrPort, text string) Packet {
	t.Helper()
	s, err := ParseSegment(text)
	if err != nil {
		t.Fatal(err)
	}
	return Packet{Src: src, Dst: dst, Proto: fault.TCP, TCP: s}
}

func TestPacketsReadAsTheyAreWritten(t *testing.T) {
	for _, ends := range [][2]netip.AddrPort{{client4, server4}, {client6, server6}} {
		for _, text := range segmentTexts {
			p := packetOf(t, ends[0], ends[1], text)
			b, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(b)
			if err != nil || got.BadSum || got.Src != ends[0] || got.Dst != ends[1] || got.TTL != 64 {
				t.Fatalf("%s: %+v, %v", text, got, err)
			}
			// What follows eol is padding and is not read back.
			if want := p.TCP.Text(Brief); got.TCP.Text(Brief) != want || !bytes.Equal(got.Payload, p.TCP.Payload) {
				t.Errorf("%s is read as %s", want, got.TCP.Text(Brief))
			}
			b[len(b)-1] ^= 1
			if got, err := Decode(b); err != nil || !got.BadSum {
				t.Errorf("%s: an inverted bit is not seen: %v", text, err)
			}
		}
	}
}

// TestEncodeKnownPacket compares with a packet whose checksums were added up
// by hand: the sums of its words are 0xffff.
func TestEncodeKnownPacket(t *testing.T) {
	p := packetOf(t, client4, server4, "S 0:0(0) win 65535 <mss 1460>")
	got, err := p.Encode()
	const want = "4500002c000040004006" + "26ca" + "0a0000010a000002" +
		"03e80050000000000000000060" + "02ffff" + "7fec" + "0000" + "020405b4"
	if hex.EncodeToString(got) != want || err != nil {
		t.Errorf("%x, %v\nwant %s", got, err, want)
	}
}

func TestEncodeWantsOneFamily(t *testing.T) {
	p := packetOf(t, client4, server6, "S 0:0(0)")
	if b, err := p.Encode(); err == nil {
		t.Errorf("%x", b)
	}
}

func TestDecodeRefusesWhatIsNoPacket(t *testing.T) {
	p := packetOf(t, client4, server4, `P. 1:3(2) ack 1 "hi"`)
	whole, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if got, err := Decode(whole[:n]); err == nil {
			t.Errorf("%d bytes of %d: %+v", n, len(whole), got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range segmentTexts {
		s, err := ParseSegment(text)
		if err != nil {
			f.Fatal(err)
		}
		p := Packet{Src: client6, Dst: server6, TCP: s}
		b, err := p.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err == nil {
			_ = p.TCP.Text(Full)
		}
		var flows Flows
		if flow := flows.See(&p); flow != nil {
			_ = flow.Relative(&p)
		}
	})
}
