package framing

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
)

// feed gives stream to a decoder in pieces of the given sizes (the last size
// repeats) and returns the packets and the error that ended it.
func feed(t testing.TB, cfg Config, stream []byte, sizes []int) (packets []string, err error) {
	t.Helper()
	var d Decoder
	d.Configure(cfg)
	var buf []byte
	need := 0
	for i := 0; len(stream) > 0; i++ {
		n := len(stream)
		if len(sizes) > 0 {
			n = min(n, max(1, sizes[min(i, len(sizes)-1)]))
		}
		buf, stream = append(buf, stream[:n]...), stream[n:]
		for {
			f, err := d.Next(buf)
			if err != nil {
				return packets, err
			}
			if f.Consumed == 0 {
				if f.Need <= len(buf) {
					t.Fatalf("%s: Need %d with %d bytes there", cfg.Type, f.Need, len(buf))
				}
				need = f.Need
				break
			}
			if len(buf) < need {
				t.Fatalf("%s: a packet from %d bytes, though %d were needed", cfg.Type, len(buf), need)
			}
			if f.Consumed > len(buf) || len(f.Packet) > f.Consumed {
				t.Fatalf("%s: consumed %d of %d, packet %d", cfg.Type, f.Consumed, len(buf), len(f.Packet))
			}
			need = 0
			packets = append(packets, string(f.Packet))
			buf = buf[f.Consumed:]
		}
	}
	return packets, nil
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecoderCutsEachType(t *testing.T) {
	tests := []struct {
		name, stream string // hex
		cfg          Config
		want         []string // hex, header kept or stripped
		fails        bool     // with EMSGSIZE after want
	}{
		{"1", "03616263 00 0164", Config{Type: Len1}, []string{"616263", "", "64"}, false},
		{"2", "0003616263 0000 000164", Config{Type: Len2}, []string{"616263", "", "64"}, false},
		{"4", "0000000361626300000000", Config{Type: Len4}, []string{"616263", ""}, false},
		{"4 top bit", "80000000", Config{Type: Len4, Max: bodyMax}, nil, true},
		{"4 above packet_size", "00000001610000000b", Config{Type: Len4, Max: 10}, []string{"61"}, true},
		{"4 at packet_size", "0000000a61616161616161616161", Config{Type: Len4, Max: 10}, []string{"61616161616161616161"}, false},
		{"4 above the default", "04000001", Config{Type: Len4}, nil, true},
		{"line", "6f6e650d0a0a74", Config{Type: Line, Delimiter: '\n', LineMax: 1460}, []string{"6f6e650d0a", "0a"}, false},
		{"line of LineMax", "6162630a", Config{Type: Line, Delimiter: '\n', LineMax: 4}, []string{"6162630a"}, false},
		{"line in pieces", "616263640a", Config{Type: Line, Delimiter: '\n', LineMax: 4}, []string{"61626364", "0a"}, false},
		{"line above packet_size", "610a 616263", Config{Type: Line, Delimiter: '\n', LineMax: 1, Max: 2}, []string{"610a"}, true},
		{"line delimiter", "613b620a633b", Config{Type: Line, Delimiter: ';', LineMax: 99}, []string{"613b", "620a633b"}, false},
		{"asn1", "0403616263 0500", Config{Type: ASN1}, []string{"0403616263", "0500"}, false},
		{"asn1 long length", "3081036162630500", Config{Type: ASN1}, []string{"308103616263", "0500"}, false},
		{"asn1 long tag", "1f8101026162", Config{Type: ASN1}, []string{"1f8101026162"}, false},
		{"asn1 indefinite", "308005000000", Config{Type: ASN1}, []string{"3080", "0500", "0000"}, false},
		{"asn1 length of 5 bytes", "30850000000000", Config{Type: ASN1}, nil, true},
		{"asn1 endless tag", "1fffffffffffffffffffff01", Config{Type: ASN1}, nil, true},
		{"asn1 longest tag", "1fffffffffffffffffff0100", Config{Type: ASN1}, []string{"1fffffffffffffffffff0100"}, false},
		{"sunrm", "800000036162630000000164", Config{Type: SunRM}, []string{"80000003616263", "0000000164"}, false},
		{"cdr little endian", "47494f50010001000400000061626364", Config{Type: CDR}, []string{"47494f50010001000400000061626364"}, false},
		{"cdr big endian", "47494f50010000000000000161", Config{Type: CDR}, []string{"47494f50010000000000000161"}, false},
		{"cdr magic", "58", Config{Type: CDR}, nil, true},
		{"fcgi", "010500010003010061626300 0105000100000000", Config{Type: FCGI}, []string{"0105000100030100616263", "0105000100000000"}, false},
		{"fcgi version", "02050001000301006162", Config{Type: FCGI}, nil, true},
		{"tpkt", "03000007616263 0300000564", Config{Type: TPKT}, []string{"03000007616263", "0300000564"}, false},
		{"tpkt version", "04000007616263", Config{Type: TPKT}, nil, true},
		{"tpkt short", "03000003", Config{Type: TPKT}, nil, true},
		{"no such type", "00", Config{Type: 99}, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stream := unhex(t, tt.stream)
			for _, sizes := range [][]int{nil, {1}, {2}, {3}} {
				got, err := feed(t, tt.cfg, stream, sizes)
				if tt.fails != errors.Is(err, syscall.EMSGSIZE) {
					t.Errorf("sizes %v: err = %v, want EMSGSIZE: %v", sizes, err, tt.fails)
				}
				if len(got) != len(tt.want) {
					t.Fatalf("sizes %v: %d packets %q, want %d", sizes, len(got), got, len(tt.want))
				}
				for i, want := range tt.want {
					if hex.EncodeToString([]byte(got[i])) != want {
						t.Errorf("sizes %v: packet %d = %x, want %s", sizes, i, got[i], want)
					}
				}
			}
		})
	}
}

func TestRawTakesWhatIsThere(t *testing.T) {
	var d Decoder
	if f, err := d.Next(nil); err != nil || f.Consumed != 0 || f.Need != 1 {
		t.Errorf("Next(nil) = %+v, %v; want to need 1 byte", f, err)
	}
	if f, err := d.Next([]byte("abc")); err != nil || string(f.Packet) != "abc" || f.Consumed != 3 {
		t.Errorf("Next(abc) = %+v, %v", f, err)
	}
}

func TestConfigureLooksAtBufferedBytesAnew(t *testing.T) {
	var d Decoder
	d.Configure(Config{Type: Line, Delimiter: '\n'})
	buf := []byte("\x00\x03a;b")
	if f, err := d.Next(buf); err != nil || f.Consumed != 0 {
		t.Fatalf("line: %+v, %v", f, err)
	}
	d.Configure(Config{Type: Line, Delimiter: ';'})
	if f, _ := d.Next(buf); string(f.Packet) != "\x00\x03a;" {
		t.Errorf("after a new delimiter: %q", f.Packet)
	}
	d.Configure(Config{Type: Len2})
	if f, _ := d.Next(buf); string(f.Packet) != "a;b" {
		t.Errorf("after packet 2: %q", f.Packet)
	}
}

func TestLineIsScannedOnce(t *testing.T) {
	var d Decoder
	d.Configure(Config{Type: Line, Delimiter: '\n', Max: 1 << 20})
	buf := bytes.Repeat([]byte("a"), 1<<20)
	if _, err := d.Next(buf[:1<<19]); err != nil || d.scanned != 1<<19 {
		t.Fatalf("scanned %d bytes, err %v", d.scanned, err)
	}
	buf[10] = '\n' // behind what was scanned: found only by a second scan
	if f, err := d.Next(buf); err != nil || f.Consumed != 0 {
		t.Errorf("the beginning was scanned again: %d, %v", f.Consumed, err)
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	var d Decoder
	buf := []byte("\x7f\x00\x00\x00abc") // a header that promises almost 2 GiB
	d.Configure(Config{Type: Len4, Max: bodyMax})
	if n := testing.AllocsPerRun(100, func() {
		if f, err := d.Next(buf); err != nil || f.Need != 0x7f000004 {
			t.Fatal(f, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a long header", n)
	}
	d.Configure(Config{Type: Len2})
	if n := testing.AllocsPerRun(100, func() { d.Next([]byte("\x00\x01a")) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func TestAnySplitGivesTheSamePackets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []Type{Len1, Len2, Len4, Line, ASN1, SunRM, CDR, FCGI, TPKT} {
		cfg := Config{Type: typ, Delimiter: '\n', LineMax: 40}
		for range 200 {
			var stream []byte
			var want []string
			for range rng.IntN(6) {
				wire, packet := sample(rng, typ)
				stream, want = append(stream, wire...), append(want, packet)
			}
			sizes := make([]int, 1+rng.IntN(8))
			for i := range sizes {
				sizes[i] = 1 + rng.IntN(20)
			}
			got, err := feed(t, cfg, stream, sizes)
			if err != nil {
				t.Fatalf("%s: %v", typ, err)
			}
			if strings.Join(got, "|") != strings.Join(want, "|") {
				t.Fatalf("%s, sizes %v: %q, want %q", typ, sizes, got, want)
			}
		}
	}
}

// sample makes a packet of type typ: the bytes sent and those delivered.
func sample(rng *rand.Rand, typ Type) (wire []byte, packet string) {
	body := bytes.Repeat([]byte{'a' + byte(rng.IntN(26))}, rng.IntN(30))
	n := byte(len(body))
	switch typ {
	case Line:
		wire = append(body, '\n')
	case ASN1:
		wire = append([]byte{4, n}, body...)
	case SunRM:
		wire = append([]byte{byte(rng.IntN(2)) << 7, 0, 0, n}, body...)
	case CDR:
		wire = append([]byte("GIOP\x01\x00\x00\x00\x00\x00\x00"), n)
		wire = append(wire, body...)
	case TPKT:
		wire = append([]byte{3, 0, 0, n + 4}, body...)
	case FCGI:
		padding := rng.IntN(8)
		wire = append([]byte{1, 5, 0, 1, 0, n, byte(padding), 0}, body...)
		return append(wire, make([]byte, padding)...), string(wire)
	default:
		wire, _ = AppendHeader(nil, typ, len(body))
		return append(wire, body...), string(body)
	}
	return wire, string(wire)
}
