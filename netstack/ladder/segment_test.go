package ladder

import (
	"slices"
	"testing"
)

// withOptions is a TCP segment with the given options, padded.
func withOptions(options ...byte) []byte {
	for len(options)%4 != 0 {
		options = append(options, 1)
	}
	tcp := segment(left4, right4, Segment{Flags: ACK}, "")[:20]
	tcp[12] = byte(5+len(options)/4) << 4
	return ipv4(left4, right4, TCP, append(tcp, options...))
}

func TestDecodeOptions(t *testing.T) {
	p, err := Decode(withOptions(2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2))
	if err != nil {
		t.Fatal(err)
	}
	want := Segment{Flags: ACK, MSS: 1460, Scale: 7, Scales: true, SACKPermitted: true, TSVal: 1, TSEcr: 2}
	if p.Segment != want {
		t.Errorf("read %+v, want %+v", p.Segment, want)
	}
	if p.Segment.SACK() != nil {
		t.Errorf("SACK blocks %v without the option", p.Segment.SACK())
	}
	p, err = Decode(withOptions(5, 18, 0, 0, 0, 9, 0, 0, 0, 11, 0, 0, 0, 5, 0, 0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Block{{9, 11}, {5, 7}}; !slices.Equal(p.Segment.SACK(), want) {
		t.Errorf("SACK blocks %v, want %v", p.Segment.SACK(), want)
	}
}

func TestDamagedOptionsEndTheReading(t *testing.T) {
	for _, options := range [][]byte{
		{4, 2, 2, 9},          // longer than what is left
		{4, 2, 3, 0},          // length 0
		{4, 2, 0, 2, 4, 5, 6}, // behind the end of the list
		{4, 2, 2, 3, 5},       // MSS of the wrong length
		{4, 2, 5, 3, 5},       // SACK of the wrong length
	} {
		p, err := Decode(withOptions(options...))
		if err != nil {
			t.Fatal(err)
		}
		if want := (Segment{Flags: ACK, SACKPermitted: true}); p.Segment != want {
			t.Errorf("options %v: read %+v, want %+v", options, p.Segment, want)
		}
	}
	p, err := Decode(withOptions(3, 3, 200))
	if err != nil || p.Segment.Scale != 14 {
		t.Errorf("window scale %d, %v; RFC 7323, section 2.3 allows at most 14", p.Segment.Scale, err)
	}
}
