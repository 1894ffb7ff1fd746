package fault

import (
	"testing"
)

// TestHashIsPinned holds the numbers that verdicts come from: if they change,
// every recorded run changes.
func TestHashIsPinned(t *testing.T) {
	p := tcp(t, segment{index: 3})
	for _, test := range []struct {
		name      string
		got, want uint64
	}{
		{"absorb, as SplitMix64 from 0", absorb(0, 0), 0xe220a8397b1dcdaf},
		{"string", absorbString(0, "client"), 0x7e9ccd9161b1f1c1},
		{"long string", absorbString(0, "a name of several words"), 0xa17676bbfc77c2e9},
		{"seed for a name", uint64(Seed(1).For("loss", 0)), 0xd4ed94f0d823f254},
		{"seed for the next", uint64(Seed(1).For("loss", 1)), 0x3020f7dd0a1c4af6},
		{"flow", flowKey(1, p), 0xf2ab2ba242ff76ea},
		{"draw", draw(flowKey(1, p), p.Index, drawChance), 0x7624b8ad2b8e6121},
	} {
		if test.got != test.want {
			t.Errorf("%s: %#x, want %#x", test.name, test.got, test.want)
		}
	}
}

// TestDrawsDiffer wants each part of the input to change the draw.
func TestDrawsDiffer(t *testing.T) {
	base := segment{}
	seen := map[uint64]string{}
	add := func(name string, seed Seed, p *Packet) {
		d := draw(flowKey(seed, p), p.Index, drawChance)
		if other, ok := seen[d]; ok {
			t.Errorf("%s draws the same as %s", name, other)
		}
		seen[d] = name
	}
	add("base", 1, tcp(t, base))
	add("seed", 2, tcp(t, base))
	add("from", 1, tcp(t, segment{from: "other"}))
	add("to", 1, tcp(t, segment{to: "other"}))
	add("from and to cut elsewhere", 1, tcp(t, segment{from: "clients", to: "erver"}))
	add("source", 1, tcp(t, segment{src: "10.0.0.3:1000"}))
	add("port", 1, tcp(t, segment{src: "10.0.0.1:1001"}))
	add("destination", 1, tcp(t, segment{dst: "10.0.0.2:81"}))
	add("reverse", 1, tcp(t, segment{src: "10.0.0.2:80", dst: "10.0.0.1:1000"}))
	add("index", 1, tcp(t, segment{index: 1}))
	path := tcp(t, base)
	path.Path = "wan"
	add("path", 1, path)
	proto := tcp(t, base)
	proto.Flow.Proto = UDP
	add("protocol", 1, proto)
	if draw(1, 2, drawChance) == draw(1, 2, drawSpread) {
		t.Error("two purposes draw the same")
	}
}

// TestDrawsAreEven counts the draws of consecutive indexes, which differ in a
// few bits only: each of 16 classes gets a 16th of 160000. The counts are
// exact because the hash is; the bound is four standard deviations (97).
func TestDrawsAreEven(t *testing.T) {
	for _, seed := range []Seed{0, 1, 1 << 63} {
		var low, high [16]int
		key := flowKey(seed, tcp(t, segment{}))
		for i := range uint64(160_000) {
			d := draw(key, i, drawChance)
			low[d%16]++
			high[below(d, 16)]++
		}
		for class := range 16 {
			for _, n := range []int{low[class], high[class]} {
				if n < 10_000-388 || n > 10_000+388 {
					t.Errorf("seed %d: class %d has %d of 160000, want about 10000", seed, class, n)
				}
			}
		}
	}
}

func TestChancesPrintExactly(t *testing.T) {
	for chance, want := range map[PerMillion]string{
		0: "0%", 1: "0.0001%", 2500: "0.25%", 10_000: "1%", 15_000: "1.5%", 999_999: "99.9999%", Always: "100%",
	} {
		if got := chance.String(); got != want {
			t.Errorf("%d is %s, want %s", uint32(chance), got, want)
		}
		if back, err := parseChance(want); err != nil || back != chance {
			t.Errorf("%s is %d, %v", want, uint32(back), err)
		}
	}
	for _, text := range []string{"", "%", "1.5", "-1", "-1%", "+1%", "101%", "1000001", "1.%", ".5%", "0.00001%", "1e3", "1.-5%", "4294967296%", "0x10"} {
		if got, err := parseChance(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
	for text, want := range map[string]PerMillion{"1000": 1000, "01%": 10_000, "1.50%": 15_000} {
		if got, err := parseChance(text); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
}
