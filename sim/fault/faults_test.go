package fault

import (
	"testing"
	"time"
)

// verdicts judges the first n packets of one flow.
func verdicts(t testing.TB, f Fault, seed Seed, s segment, n int) []Verdict {
	t.Helper()
	p := tcp(t, s)
	all := make([]Verdict, n)
	for i := range n {
		p.Index = uint64(i)
		all[i] = f.Judge(seed, p)
	}
	return all
}

func count(all []Verdict, what func(Verdict) bool) int {
	n := 0
	for _, v := range all {
		if what(v) {
			n++
		}
	}
	return n
}

func dropped(v Verdict) bool { return v.Drop }

// TestRates pins how many of 100000 packets each random fault hits: the
// counts are exact, and near the mean.
func TestRates(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct {
		fault  Fault
		hit    func(Verdict) bool
		want   int
		mean   int
		within int // four standard deviations
	}{
		{Drop{}, dropped, 100_000, 100_000, 0},
		{Loss{Chance: Always}, dropped, 100_000, 100_000, 0},
		{Loss{Chance: 10_000}, dropped, 1021, 1000, 126},
		{Loss{Chance: 500_000}, dropped, 49_891, 50_000, 632},
		{Loss{Chance: 1}, dropped, 1, 0, 2},
		{Duplicate{Chance: 20_000, Copies: 2}, func(v Verdict) bool { return v.Copies == 2 }, 1980, 2000, 177},
		{Delay{Chance: 20_000, Delay: ms}, func(v Verdict) bool { return v.Hold == ms && v.Delay == 0 }, 1980, 2000, 177},
		{Reorder{Chance: 20_000, Delay: ms, Distance: 3}, func(v Verdict) bool { return v.Delay == ms && v.Behind == 3 && v.Hold == 0 }, 1980, 2000, 177},
		{Corrupt{Chance: 20_000, Bits: 2}, func(v Verdict) bool { return len(v.Corrupt) == 2 }, 1980, 2000, 177},
	} {
		all := verdicts(t, test.fault, 1, segment{payload: "abc"}, 100_000)
		got := count(all, test.hit)
		if got != test.want {
			t.Errorf("%v: %d of 100000, want exactly %d", test.fault, got, test.want)
		}
		if got < test.mean-test.within || got > test.mean+test.within {
			t.Errorf("%v: %d of 100000 is far from %d", test.fault, got, test.mean)
		}
		if other := count(all, func(v Verdict) bool { return !v.Pass() }); other != got {
			t.Errorf("%v: %d verdicts that do not pass, %d as meant", test.fault, other, got)
		}
	}
}

// TestRaisingALossKeepsWhatWasLost: of two chances the larger one loses what
// the smaller one loses, and more.
func TestRaisingALossKeepsWhatWasLost(t *testing.T) {
	few := verdicts(t, Loss{Chance: 50_000}, 1, segment{}, 10_000)
	many := verdicts(t, Loss{Chance: 100_000}, 1, segment{}, 10_000)
	for i := range few {
		if few[i].Drop && !many[i].Drop {
			t.Fatalf("packet %d is lost at 5%% and not at 10%%", i)
		}
	}
}

// chain computes a burst's states the ordinary way, one packet after another.
func chain(f Burst, key uint64, n int) []bool {
	states, bad := make([]bool, n), false
	for i := range n {
		u := PerMillion(below(draw(key, uint64(i), drawState), uint64(Always)))
		if bad {
			bad = u < Always-f.Leave
		} else {
			bad = u < f.Enter
		}
		states[i] = bad
	}
	return states
}

func TestBurstIsTheChain(t *testing.T) {
	key := flowKey(5, tcp(t, segment{}))
	for _, f := range []Burst{
		{Enter: 10_000, Leave: 200_000, Bad: Always},
		{Enter: 500, Leave: 500, Bad: Always},
		{Enter: 500_000, Leave: 500_000, Bad: Always},
		{Enter: 900_000, Leave: 700_000, Bad: Always},
		{Enter: Always, Leave: 999_000, Bad: Always},
	} {
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
		for i, want := range chain(f, key, 3000) {
			if got := f.bad(key, uint64(i)); got != want {
				t.Fatalf("%v: packet %d: bad is %v, want %v", f, i, got, want)
			}
		}
	}
}

// TestBurstLength: 1 % of packets begin a burst and a burst lasts 5 packets
// on average, so 0.01/(0.01+0.2) = 4.76 % of packets are lost.
func TestBurstLength(t *testing.T) {
	f := Burst{Enter: 10_000, Leave: 200_000, Bad: Always}
	lost, bursts, before := 0, 0, false
	for _, v := range verdicts(t, f, 3, segment{}, 100_000) {
		if v.Drop {
			lost++
		}
		if v.Drop && !before {
			bursts++
		}
		before = v.Drop
	}
	if lost != 5005 || bursts != 966 {
		t.Errorf("%d lost in %d bursts, want exactly 5005 in 966", lost, bursts)
	}
	good := count(verdicts(t, Burst{Enter: 10_000, Leave: 200_000, Bad: 500_000, Good: 1000}, 3, segment{}, 100_000), dropped)
	if good != 2597 {
		t.Errorf("%d lost at half in bursts and a thousandth beside, want exactly 2597", good)
	}
}

func TestSpreadStaysWithin(t *testing.T) {
	ms := time.Millisecond
	var low, high int
	for _, v := range verdicts(t, Delay{Chance: Always, Delay: 10 * ms, Spread: 10 * ms}, 1, segment{}, 10_000) {
		if v.Hold < 10*ms || v.Hold > 20*ms {
			t.Fatalf("held %v, want 10 to 20 ms", v.Hold)
		}
		if v.Hold < 11*ms {
			low++
		}
		if v.Hold > 19*ms {
			high++
		}
	}
	if low < 880 || low > 1120 || high < 880 || high > 1120 {
		t.Errorf("the outer tenths have %d and %d of 10000, want about 1000", low, high)
	}
	for _, v := range verdicts(t, Reorder{Chance: Always, Delay: 1, Spread: 1}, 1, segment{}, 100) {
		if v.Delay != 1 && v.Delay != 2 {
			t.Fatalf("delayed %v, want 1 or 2 ns", v.Delay)
		}
	}
}

func TestPartition(t *testing.T) {
	s := time.Second
	two := Partition{A: []string{"a", "b"}, B: []string{"c"}}
	oneWay := Partition{A: []string{"a", "b"}, B: []string{"c"}, OneWay: true}
	rest := Partition{A: []string{"a", "b"}, Start: 5 * s, End: 6 * s}
	for _, test := range []struct {
		fault    Partition
		from, to string
		now      time.Duration
		want     bool
	}{
		{two, "a", "c", 0, true}, {two, "c", "b", 0, true}, {two, "a", "b", 0, false}, {two, "a", "d", 0, false}, {two, "c", "d", 9 * s, false},
		{oneWay, "b", "c", 0, true}, {oneWay, "c", "b", 0, false},
		{rest, "a", "c", 5 * s, true}, {rest, "x", "a", 6*s - 1, true}, {rest, "a", "b", 5 * s, false}, {rest, "c", "d", 5 * s, false},
		{rest, "a", "c", 5*s - 1, false}, {rest, "a", "c", 6 * s, false},
	} {
		if v := test.fault.Judge(0, tcp(t, segment{from: test.from, to: test.to, now: test.now})); v.Drop != test.want {
			t.Errorf("%v: %s to %s at %v: dropped %v, want %v", test.fault, test.from, test.to, test.now, v.Drop, test.want)
		}
	}
}

func TestFlap(t *testing.T) {
	ms := time.Millisecond
	plain := Flap{Up: 600 * ms, Down: 300 * ms, Select: Select{Start: 100 * ms}}
	phase := Flap{Up: 600 * ms, Down: 300 * ms, Phase: 600 * ms}
	for _, test := range []struct {
		fault Flap
		now   time.Duration
		want  bool
	}{
		{plain, 0, false}, {plain, 99 * ms, false}, {plain, 100 * ms, false}, {plain, 700*ms - 1, false}, {plain, 700 * ms, true},
		{plain, 1000*ms - 1, true}, {plain, 1000 * ms, false}, {plain, 1600 * ms, true}, {plain, 1900 * ms, false},
		{phase, 0, true}, {phase, 300*ms - 1, true}, {phase, 300 * ms, false}, {phase, 900 * ms, true},
	} {
		if v := test.fault.Judge(0, tcp(t, segment{now: test.now})); v.Drop != test.want {
			t.Errorf("%v at %v: down is %v, want %v", test.fault, test.now, v.Drop, test.want)
		}
	}
}

func TestClog(t *testing.T) {
	ms := time.Millisecond
	once := Clog{Select: Select{From: []string{"a"}, Start: 10 * ms, End: 30 * ms}}
	for now, want := range map[time.Duration]time.Duration{9 * ms: 0, 10 * ms: 20 * ms, 29 * ms: ms, 30*ms - 1: 1, 30 * ms: 0} {
		if v := once.Judge(0, tcp(t, segment{from: "a", now: now})); v.Hold != want || v.Drop || v.Delay != 0 {
			t.Errorf("at %v: held %v, want %v", now, v.Hold, want)
		}
	}
	if v := once.Judge(0, tcp(t, segment{from: "b", now: 15 * ms})); !v.Pass() {
		t.Errorf("another host's packet: %+v", v)
	}

	again := Clog{Every: 100 * ms, For: 40 * ms, Chance: 500_000}
	clogged := map[string]int{}
	for _, host := range []string{"a", "b"} {
		for piece := range time.Duration(100) {
			start := again.Judge(1, tcp(t, segment{from: host, now: piece * 100 * ms, index: 1}))
			late := again.Judge(1, tcp(t, segment{from: host, now: piece*100*ms + 39*ms, index: 7, src: "10.0.0.9:9"}))
			free := again.Judge(1, tcp(t, segment{from: host, now: piece*100*ms + 40*ms}))
			if (start.Hold == 40*ms) != (late.Hold == ms) || start.Hold != 0 && start.Hold != 40*ms || !free.Pass() {
				t.Fatalf("piece %d of %s: held %v, %v, %v", piece, host, start.Hold, late.Hold, free.Hold)
			}
			if start.Hold != 0 {
				clogged[host]++
			}
		}
	}
	if clogged["a"] < 30 || clogged["a"] > 70 || clogged["b"] < 30 || clogged["b"] > 70 {
		t.Errorf("pieces clogged of 100: %v, want about half", clogged)
	}
	cut := Clog{Every: 100 * ms, For: 100 * ms, Chance: Always, Select: Select{Start: ms, End: 51 * ms}}
	if v := cut.Judge(1, tcp(t, segment{now: 11 * ms})); v.Hold != 40*ms {
		t.Errorf("held %v beyond the end, want 40ms", v.Hold)
	}
}
