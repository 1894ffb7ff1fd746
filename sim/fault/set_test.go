package fault

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func add(t testing.TB, s *Set, f Fault) *Handle {
	t.Helper()
	h, err := s.Add(f)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// mix is one of each random fault, so that packets meet several.
var mix = List{
	Loss{Chance: 100_000},
	Loss{Chance: 100_000},
	Burst{Enter: 50_000, Leave: 300_000, Bad: 700_000},
	Duplicate{Chance: 200_000, Copies: 1},
	Reorder{Chance: 200_000, Distance: 2, Delay: time.Millisecond, Spread: time.Millisecond},
	Delay{Chance: 200_000, Delay: time.Millisecond, Spread: time.Millisecond},
	Corrupt{Chance: 200_000, Bits: 2},
	Drop{Select{Nth: 7}},
}

// TestOrderDoesNotMatter judges the packets of ten flows in ten interleavings
// that keep the order within each flow: every packet gets the same verdict.
// As a control, verdicts drawn from one running stream differ.
func TestOrderDoesNotMatter(t *testing.T) {
	const flows, packets = 10, 100
	run := func(order []int, faults func() List) map[[2]int]Verdict {
		set, all := NewSet(42), map[[2]int]Verdict{}
		if _, err := set.AddList(faults()); err != nil {
			t.Fatal(err)
		}
		var next [flows]int
		for _, flow := range order {
			i := next[flow]
			next[flow]++
			p := tcp(t, segment{src: fmt.Sprint("10.0.0.1:", 1000+flow), payload: "abc", index: uint64(i)})
			all[[2]int{flow, i}] = set.Judge(p)
		}
		return all
	}
	order := make([]int, 0, flows*packets)
	for flow := range flows {
		order = append(order, slices.Repeat([]int{flow}, packets)...)
	}
	hashed := func() List { return mix }
	streamed := func() List {
		stream := rand.New(rand.NewPCG(3, 4))
		return List{Func{Verdict: func(Seed, *Packet) Verdict { return Verdict{Drop: stream.IntN(10) == 0} }}}
	}
	want, control := run(order, hashed), run(order, streamed)
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if got := run(order, hashed); !reflect.DeepEqual(got, want) {
			t.Fatal("the order of flows changed verdicts")
		}
		if got := run(order, streamed); reflect.DeepEqual(got, control) {
			t.Fatal("the order of flows did not change verdicts from a stream, so this test sees nothing")
		}
	}
}

// TestFaultsAreIndependent: what a fault draws does not change with the
// others, equal ones draw differently, and a name keeps the draws.
func TestFaultsAreIndependent(t *testing.T) {
	seeds := func(l List) []Seed {
		set := NewSet(1)
		handles, err := set.AddList(l)
		if err != nil {
			t.Fatal(err)
		}
		var seeds []Seed
		for _, h := range handles {
			seeds = append(seeds, h.seed)
		}
		return seeds
	}
	loss, other := Loss{Chance: 1000}, Loss{Chance: 2000}
	alone := seeds(List{loss})[0]
	both := seeds(List{other, loss, loss})
	if both[1] != alone {
		t.Error("another fault before it changed a fault's draws")
	}
	if both[0] == both[1] || both[1] == both[2] {
		t.Error("two faults of one set draw the same")
	}
	loss.Name, other.Name = "wan", "wan"
	if seeds(List{loss})[0] != seeds(List{other})[0] {
		t.Error("a named fault draws differently after a change of another field")
	}
	if seeds(List{loss})[0] == seeds(List{Drop{Select{Name: "wan"}}})[0] {
		t.Error("faults of different kinds share draws because of one name")
	}
}

func TestVerdictsAddUp(t *testing.T) {
	var set Set
	ms := time.Millisecond
	first := add(t, &set, Duplicate{Chance: Always, Copies: 1})
	add(t, &set, Duplicate{Chance: Always, Copies: 2})
	add(t, &set, Reorder{Chance: Always, Delay: ms, Distance: 5})
	add(t, &set, Reorder{Chance: Always, Delay: ms, Distance: 3})
	add(t, &set, Delay{Chance: Always, Delay: 2 * ms})
	add(t, &set, Delay{Chance: Always, Delay: ms})
	add(t, &set, Func{Name: "flip", Verdict: func(Seed, *Packet) Verdict {
		return Verdict{Corrupt: []Flip{9}, FixChecksum: true, Delay: -ms, Copies: -1}
	}})
	p := tcp(t, segment{})
	v := set.Judge(p)
	want := "duplicate chance=100% copies=1; duplicate chance=100% copies=2; reorder chance=100% distance=5 delay=1ms; " +
		"reorder chance=100% distance=3 delay=1ms; delay chance=100% delay=2ms; delay chance=100% delay=1ms; func name=flip"
	if !reflect.DeepEqual(v, Verdict{Copies: 3, Delay: 2 * ms, Behind: 5, Hold: 2 * ms, Corrupt: []Flip{9}, FixChecksum: true, By: want}) {
		t.Errorf("together: %+v", v)
	}
	drop := add(t, &set, Drop{})
	after := add(t, &set, Loss{Chance: Always})
	if v := set.Judge(p); !reflect.DeepEqual(v, Verdict{Drop: true, By: want + "; drop"}) {
		t.Errorf("dropped: %+v", v)
	}
	if first.Hits() != 2 || drop.Hits() != 1 || after.Hits() != 0 {
		t.Errorf("hits: %d, %d, %d", first.Hits(), drop.Hits(), after.Hits())
	}
	if !strings.HasSuffix(set.String(), "\ndrop: 1 hits\nloss chance=100%: 0 hits\n") {
		t.Errorf("the set prints as %s", set.String())
	}
	drop.Remove()
	drop.Remove()
	after.Remove()
	if v := set.Judge(p); v.Drop || drop.Hits() != 1 || len(set.Handles()) != 7 {
		t.Errorf("after the removal: %+v, %d hits", v, drop.Hits())
	}
	far := Verdict{Delay: math.MaxInt64 - 1}
	if far.add(&Verdict{Delay: 5}); far.Delay != math.MaxInt64 {
		t.Errorf("two long delays: %v", far.Delay)
	}
}

func TestNthIsCountedPerFlow(t *testing.T) {
	run := func(f Fault) string {
		var set Set
		h, got := add(t, &set, f), ""
		for i, src := range []string{"10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:1"} {
			set.Judge(tcp(t, segment{src: src, flags: ACK})) // not of the kind
			before := h.Hits()
			set.Judge(tcp(t, segment{src: src, flags: SYN, index: uint64(i)}))
			got += fmt.Sprint(h.Hits() - before)
		}
		return got
	}
	for _, test := range []struct {
		sel  Select
		want string
	}{
		{Select{Flags: SYN}, "11111"},
		{Select{Flags: SYN, Nth: 2}, "00110"},
		{Select{Flags: SYN, Nth: 2, Times: 2}, "00111"},
		{Select{Flags: SYN, Nth: 2, Across: true}, "01000"},
		{Select{Flags: SYN, Nth: 3, Times: 2, Across: true}, "00110"},
	} {
		if got := run(Drop{test.sel}); got != test.want {
			t.Errorf("%v hits %s, want %s", Drop{test.sel}, got, test.want)
		}
		if got := run(Duplicate{Select: test.sel, Chance: Always, Copies: 1}); got != test.want {
			t.Errorf("a duplicate of %v hits %s, want %s", Drop{test.sel}, got, test.want)
		}
	}
}

// TestNthIsCountedPerPath: a router sends on what came to it.
func TestNthIsCountedPerPath(t *testing.T) {
	var set Set
	h := add(t, &set, Drop{Select{Nth: 2}})
	for i, hop := range []segment{{to: "router"}, {from: "router"}, {to: "router"}} {
		if v := set.Judge(tcp(t, hop)); v.Drop != (i == 2) {
			t.Errorf("hop %d: dropped %v", i, v.Drop)
		}
	}
	if h.Hits() != 1 {
		t.Errorf("%d hits, want 1", h.Hits())
	}
}

func TestCounterForgetsTheFirstFlow(t *testing.T) {
	c := counter{Select: Select{Nth: 2}}
	count := func(port uint16) uint64 {
		return c.next(&Packet{Flow: Flow{Src: netip.AddrPortFrom(netip.IPv6Loopback(), port)}})
	}
	for port := range countsMax {
		count(uint16(port))
	}
	if a, b := count(0), count(1); a != 1 || b != 1 {
		t.Errorf("within the limit: %d and %d counted, want 1", a, b)
	}
	c.next(&Packet{From: "one more"})
	if first, second := count(1), count(0); first != 2 || second != 0 {
		t.Errorf("beyond the limit: %d and %d counted, want 2 and 0", first, second)
	}
	if len(c.counts.numbers) != countsMax || len(c.counts.order) != countsMax {
		t.Errorf("%d flows, %d in order, want %d", len(c.counts.numbers), len(c.counts.order), countsMax)
	}
}

// TestMatchedIsOfOneFault: who counts nothing is not shown another's count.
func TestMatchedIsOfOneFault(t *testing.T) {
	var set Set
	add(t, &set, Drop{Select{Nth: 100}})
	add(t, &set, Func{Verdict: func(_ Seed, p *Packet) Verdict { return Verdict{Copies: int(p.Matched)} }})
	p := tcp(t, segment{})
	for range 3 {
		if v := set.Judge(p); !v.Pass() {
			t.Errorf("a fault without a count saw %d", v.Copies)
		}
	}
}

// TestHandlesFromAnywhere removes and adds from a closure within Judge, and
// from other goroutines.
func TestHandlesFromAnywhere(t *testing.T) {
	var set Set
	var h *Handle
	h = add(t, &set, Func{Verdict: func(Seed, *Packet) Verdict {
		h.Remove()
		add(t, &set, Drop{})
		return Verdict{Copies: 1}
	}})
	p := tcp(t, segment{})
	if v := set.Judge(p); v.Copies != 1 || v.Drop {
		t.Errorf("the change held for the same packet: %+v", v)
	}
	if v := set.Judge(p); !v.Drop || h.Hits() != 1 {
		t.Errorf("the change did not hold for the next packet: %+v", v)
	}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 100 {
				h, err := set.Add(Loss{Chance: PerMillion(i + 1)})
				if err != nil {
					t.Error(err)
					return
				}
				h.Hits()
				h.Remove()
			}
		})
	}
	for range 100 {
		set.Judge(p)
	}
	all.Wait()
	if n := len(set.Handles()); n != 1 {
		t.Errorf("%d faults are left, want 1", n)
	}
}

func TestAddListIsAllOrNothing(t *testing.T) {
	var set Set
	if _, err := set.AddList(List{Drop{}, Loss{}}); err == nil || !strings.HasPrefix(err.Error(), "fault 2: fault: loss: chance is 0") {
		t.Errorf("AddList: %v", err)
	}
	if v := set.Judge(tcp(t, segment{})); !v.Pass() {
		t.Error("half of a list was added")
	}
}

// passing is a set of all kinds that lets this package's usual packet pass.
func passing(t testing.TB) *Set {
	set := NewSet(1)
	for _, f := range []Fault{
		Drop{Select{Payload: "not in it", Nth: 1}},
		Drop{Select{Nth: 1 << 40}},
		Drop{Select{Dst: allOther, BothWays: true}},
		Loss{Chance: 1},
		Burst{Enter: 500, Leave: 500, Bad: 1},
		Duplicate{Chance: 1, Copies: 1},
		Reorder{Chance: 1, Delay: 1},
		Corrupt{Chance: 1, Bits: 1},
		Delay{Chance: 1, Delay: 1},
		Partition{A: []string{"other"}},
		Flap{Up: time.Hour, Down: 1},
		Clog{Every: time.Hour, For: 1, Chance: 1},
		Func{Verdict: func(Seed, *Packet) Verdict { return Verdict{} }},
	} {
		add(t, set, f)
	}
	return set
}

var allOther = netip.MustParsePrefix("192.0.2.0/24")

func TestPassingAllocatesNothing(t *testing.T) {
	set := passing(t)
	p := tcp(t, segment{payload: strings.Repeat("x", 1400)})
	b := p.Bytes
	n := testing.AllocsPerRun(1000, func() {
		*p = Packet{From: "client", To: "server", Bytes: b, Index: p.Index + 1, Now: time.Second}
		if p.Decode() != nil {
			t.Error("the packet is not decoded")
		}
		if v := set.Judge(p); !v.Pass() {
			t.Errorf("the packet does not pass: %+v", v)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations for a packet that passes, want none", n)
	}
}

func BenchmarkSetPass(b *testing.B) {
	set := passing(b)
	p := tcp(b, segment{payload: strings.Repeat("x", 1400)})
	b.ReportAllocs()
	for b.Loop() {
		p.Index = (p.Index + 1) % 1000
		set.Judge(p)
	}
}

func BenchmarkLoss(b *testing.B) {
	set := NewSet(1)
	add(b, set, Loss{Chance: 1})
	p := tcp(b, segment{})
	b.ReportAllocs()
	for b.Loop() {
		p.Index++
		set.Judge(p)
	}
}
