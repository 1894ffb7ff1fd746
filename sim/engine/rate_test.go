package engine

import (
	"math/big"
	"testing"
	"time"
)

// TestTransmitterIsExact keeps a transmitter busy with a million packets: the
// end of each is the exact sum of all bits so far, rounded down once.
func TestTransmitterIsExact(t *testing.T) {
	for _, rate := range []uint64{9600, 1_000_003, 999_999_937, 1e12} {
		var x transmitter
		draw := newDraws(rate, 0, 0, 0, 0)
		var bits uint64
		check := func(end time.Duration) {
			want := new(big.Int).Mul(new(big.Int).SetUint64(bits), big.NewInt(1e9))
			want.Div(want, new(big.Int).SetUint64(rate))
			if want.Cmp(big.NewInt(int64(end))) != 0 {
				t.Fatalf("rate %d: %d bits end at %d ns, want %v", rate, bits, end, want)
			}
		}
		for i := range 1_000_000 {
			size := int(20 + draw.below(1481))
			bits += uint64(size) * 8
			end := x.send(0, size, rate)
			if i%1000 == 999 {
				check(end)
			}
		}
	}
}

func TestTransmitterStartsAnewAfterIdleness(t *testing.T) {
	var x transmitter
	const rate = 3_000_000_000 // 8 bits take 2 ns and two thirds
	for i, want := range []time.Duration{2, 5, 8} {
		if end := x.send(0, 1, rate); end != want {
			t.Errorf("byte %d ends at %d, want %d", i, end, want)
		}
	}
	if end := x.send(100, 1, rate); end != 102 {
		t.Errorf("after idleness a byte ends at %d, want 102", end)
	}
	if end := x.send(100, 1, 0); end != 100 {
		t.Errorf("without a rate a byte ends at %d, want 100", end)
	}
}
