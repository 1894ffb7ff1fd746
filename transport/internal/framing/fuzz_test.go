package framing

import (
	"testing"
)

// FuzzFraming checks that any split of any stream gives the same packets and
// ends in an error at the same packet, whatever the configuration.
func FuzzFraming(f *testing.F) {
	f.Add(uint8(Len4), uint16(0), uint16(0), byte(0), []byte("\x00\x00\x00\x01a\x80\x00\x00\x00"), []byte{1})
	f.Add(uint8(Line), uint16(0), uint16(4), byte('\n'), []byte("abcdef\n\ng\n"), []byte{3, 2})
	f.Add(uint8(Line), uint16(5), uint16(4), byte('\n'), []byte("abc\nabcdef\n"), []byte{1, 7})
	f.Add(uint8(ASN1), uint16(9), uint16(0), byte(0), []byte("\x1f\x81\x01\x02ab\x30\x80"), []byte{2})
	f.Add(uint8(CDR), uint16(0), uint16(0), byte(0), []byte("GIOP\x01\x00\x01\x00\x01\x00\x00\x00a"), []byte{5})
	f.Add(uint8(FCGI), uint16(0), uint16(0), byte(0), []byte("\x01\x05\x00\x01\x00\x03\x01\x00abc\x00"), []byte{9})
	f.Add(uint8(TPKT), uint16(0), uint16(0), byte(0), []byte("\x03\x00\x00\x07abc\x03\x00\x00\x03"), []byte{4})
	f.Fuzz(func(t *testing.T, typ uint8, limit, lineMax uint16, delimiter byte, stream, splits []byte) {
		cfg := Config{Type: Type(typ), Max: int(limit), LineMax: int(lineMax), Delimiter: delimiter}
		if cfg.Type == Raw {
			return // raw delivers the pieces as they come
		}
		sizes := make([]int, len(splits))
		for i, s := range splits {
			sizes[i] = int(s)
		}
		whole, wholeErr := feed(t, cfg, stream, nil)
		pieces, piecesErr := feed(t, cfg, stream, sizes)
		if (wholeErr == nil) != (piecesErr == nil) {
			t.Fatalf("at once: %v, in pieces: %v", wholeErr, piecesErr)
		}
		if len(whole) != len(pieces) {
			t.Fatalf("at once %d packets, in pieces %d", len(whole), len(pieces))
		}
		for i := range whole {
			if whole[i] != pieces[i] {
				t.Fatalf("packet %d: at once %q, in pieces %q", i, whole[i], pieces[i])
			}
		}
	})
}
