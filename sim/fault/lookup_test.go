package fault

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestNamePatterns(t *testing.T) {
	for pattern, names := range map[string][2]string{ // those it matches, those it does not
		"db":        {"db", "db1 adb"},
		"*":         {"db a.b.c", ""},
		"db*":       {"db db1 db.x", "adb"},
		"*.example": {"a.example a.b.example", "example a.example.com"},
		"a*b*c":     {"abc axbxc abbc abcbc", "ab acb abcd"},
		"a*a":       {"aa aba", "a"},
		"*a*":       {"a bab", "b"},
		"**":        {"x", ""},
	} {
		for _, name := range strings.Fields(names[0]) {
			if !matches(pattern, name) {
				t.Errorf("%s does not match %s", pattern, name)
			}
		}
		for _, name := range strings.Fields(names[1]) {
			if matches(pattern, name) {
				t.Errorf("%s matches %s", pattern, name)
			}
		}
	}
}

func question(from, name string, r Record, now time.Duration) *Lookup {
	return &Lookup{Now: now, From: from, Name: name, Record: r}
}

func TestLookupsAreSelected(t *testing.T) {
	s := NewSet(1)
	f := DNS{Names: []string{"db*"}, From: []string{"web"}, Record: RecordA, Start: time.Second, End: 2 * time.Second, NotFound: true}
	h, err := s.Add(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []*Lookup{
		question("web", "cache", RecordA, time.Second),
		question("cli", "db1", RecordA, time.Second),
		question("web", "db1", RecordAAAA, time.Second),
		question("web", "db1", RecordA, 0),
		question("web", "db1", RecordA, 2*time.Second),
	} {
		if a := s.JudgeLookup(q); !a.Pass() {
			t.Errorf("%+v: %+v", *q, a)
		}
	}
	if a := s.JudgeLookup(question("web", "db1", RecordA, time.Second)); !a.NotFound || a.By != f.String() || h.Hits() != 1 {
		t.Errorf("%+v with %d hits", a, h.Hits())
	}
	h.Remove()
	if a := s.JudgeLookup(question("web", "db1", RecordA, time.Second)); !a.Pass() {
		t.Errorf("a fault that was removed answers %+v", a)
	}
}

// TestNthLookup counts for each host, name and record apart, and only what
// the fault is about.
func TestNthLookup(t *testing.T) {
	s := NewSet(1)
	if _, err := s.Add(DNS{Names: []string{"db"}, Start: time.Second, Nth: 2, Times: 2, Failed: true}); err != nil {
		t.Fatal(err)
	}
	s.JudgeLookup(question("web", "db", RecordA, 0))
	for _, from := range []string{"web", "cli"} {
		for _, r := range []Record{RecordA, RecordAAAA} {
			var got string
			for range 5 {
				s.JudgeLookup(question(from, "other", r, time.Second))
				a := s.JudgeLookup(question(from, "db", r, time.Second))
				got += map[bool]string{true: "f", false: "."}[a.Failed]
			}
			if got != ".ff.." {
				t.Errorf("%s %s: %s", from, r, got)
			}
		}
	}
}

// TestLookupFaultsAddUp holds for what is late; the first other answer counts.
func TestLookupFaultsAddUp(t *testing.T) {
	s := NewSet(1)
	forged := netip.MustParseAddr("10.0.0.66")
	handles, err := s.AddList(List{
		DNS{Late: time.Second}, DNS{Late: 2 * time.Second, Name: "more"},
		DNS{Answer: []netip.Addr{forged}}, DNS{Lost: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := s.JudgeLookup(question("web", "db", RecordA, 0))
	if a.Late != 3*time.Second || a.Lost || len(a.Forged) != 1 || a.Forged[0] != forged {
		t.Errorf("%+v", a)
	}
	if want := "dns late=1s; dns late=2s name=more; dns answer=10.0.0.66"; a.By != want {
		t.Errorf("by %s", a.By)
	}
	if handles[3].Hits() != 0 {
		t.Error("a fault that was not asked has a hit")
	}
}

// TestLookupsByChance draws from the question alone.
func TestLookupsByChance(t *testing.T) {
	lost := func(seed Seed) (picture string) {
		s := NewSet(seed)
		if _, err := s.Add(DNS{Lost: true, Chance: 300_000}); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			a := s.JudgeLookup(question("web", "db", RecordA, 0))
			picture += map[bool]string{true: "x", false: "."}[a.Lost]
		}
		return picture
	}
	one := lost(1)
	if n := strings.Count(one, "x"); n < 15 || n > 45 {
		t.Errorf("%d of 100 are lost: %s", n, one)
	}
	if one != lost(1) || one == lost(2) {
		t.Errorf("seed 1 twice and seed 2:\n%s\n%s\n%s", one, lost(1), lost(2))
	}
}
