package shrink

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// toy is a network as small as can be: messages are sent again, after longer
// and longer times, until they arrive. What it did is a text.
type toy struct {
	judge   Judge
	now     time.Duration
	pending []sending
	index   map[fault.Flow]uint64
	log, by strings.Builder
	arrived map[string]time.Duration // by message
}

type sending struct {
	at      time.Duration
	flow    fault.Flow
	message int
	try     int
}

// toyPath is between the hosts cli and srv.
const toyPath = "cli/eth0>srv/eth0"

// newToy is to send messages of so many flows, one each 10 ms.
func newToy(judge Judge, flows, messages int) *toy {
	n := &toy{judge: judge, index: map[fault.Flow]uint64{}, arrived: map[string]time.Duration{}}
	for f := range flows {
		src := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(1000+f))
		flow := fault.Flow{Src: src, Dst: netip.MustParseAddrPort("10.0.0.2:80"), Proto: fault.UDP}
		for m := range messages {
			n.pending = append(n.pending, sending{time.Duration(m) * 10 * time.Millisecond, flow, m, 0})
		}
	}
	return n
}

func (n *toy) run() {
	for len(n.pending) > 0 {
		slices.SortStableFunc(n.pending, func(a, b sending) int {
			return cmp.Or(cmp.Compare(a.at, b.at), a.flow.Compare(b.flow))
		})
		s := n.pending[0]
		n.pending = n.pending[1:]
		n.now = s.at
		p := &fault.Packet{
			Now: n.now, From: "cli", To: "srv", Path: toyPath, Flow: s.flow, Index: n.index[s.flow],
			Bytes: make([]byte, 100), Payload: fmt.Append(nil, "message ", s.message),
		}
		n.index[s.flow]++
		v := n.judge.Judge(p)
		fmt.Fprintf(&n.log, "%v %v #%d message %d: drop %v copies %d delay %v hold %v flips %v\n",
			n.now, s.flow, p.Index, s.message, v.Drop, v.Copies, v.Delay, v.Hold, v.Corrupt)
		n.by.WriteString(v.By + "\n")
		if v.Drop {
			if s.try < 8 {
				n.pending = append(n.pending, sending{n.now + 30*time.Millisecond<<s.try, s.flow, s.message, s.try + 1})
			}
			continue
		}
		name := fmt.Sprintf("%d/%d", s.flow.Src.Port(), s.message)
		if _, twice := n.arrived[name]; !twice {
			n.arrived[name] = n.now + v.Delay + v.Hold
		}
	}
}

// late reports whether a message arrives after one that was sent later.
func (n *toy) late(message, later string) bool {
	at, ok := n.arrived[message]
	than, arrived := n.arrived[later]
	return ok && arrived && at > than
}

// storm is everything that can go wrong.
const storm = `
	loss chance=10%
	burst enter=3% leave=30% bad=80%
	duplicate chance=5% copies=2
	reorder chance=5% delay=70ms spread=50ms
	corrupt chance=5% bits=3
	delay chance=5% delay=20ms spread=30ms
	flap up=200ms down=40ms
	clog every=300ms for=50ms chance=50%
	partition a=cli start=350ms end=420ms
	drop srcport=1001 start=100ms end=140ms
`

func stormSet(t *testing.T, seed uint64) *fault.Set {
	t.Helper()
	set := fault.NewSet(fault.Seed(seed))
	l, err := fault.ParseList(storm)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.AddList(l); err != nil {
		t.Fatal(err)
	}
	return set
}

// TestReplayIsTheSameRun replays what was recorded, as it is and packet by
// packet, through the lines that are written.
func TestReplayIsTheSameRun(t *testing.T) {
	outages := 0
	for seed := range uint64(8) {
		recorder := NewRecorder(stormSet(t, seed))
		first := newToy(recorder, 3, 50)
		first.run()
		events, err := recorder.Events()
		if err != nil {
			t.Fatal(err)
		}
		var packets []Event
		for _, e := range events {
			if e.Parts == nil {
				packets = append(packets, e)
			} else {
				packets = append(packets, e.Parts...)
				outages++
			}
		}
		for name, list := range map[string][]Event{"events": events, "packets": packets} {
			l, err := fault.ParseList(Faults(list).String())
			if err != nil {
				t.Fatal(err)
			}
			replayer, err := NewReplayer(99, fromFaults(t, l))
			if err != nil {
				t.Fatal(err)
			}
			again := newToy(replayer, 3, 50)
			again.run()
			if again.log.String() != first.log.String() {
				t.Errorf("seed %d: the replay of the %s is another run", seed, name)
			}
			if name == "packets" && again.by.String() != first.by.String() {
				t.Errorf("seed %d: the replay says of other faults that they made the verdicts", seed)
			}
			if met := Faults(replayer.Met()).String(); name == "packets" && met != l.String() {
				t.Errorf("seed %d: of %d faults others happened", seed, len(l))
			}
		}
		if len(packets) < 20 || len(events) >= len(packets) {
			t.Errorf("seed %d: %d events of %d packets, want fewer, and 20 packets at least", seed, len(events), len(packets))
		}
	}
	if outages < 16 {
		t.Errorf("%d outages in all, want more of them", outages)
	}
}

// fromFaults are the events of faults that were read.
func fromFaults(t *testing.T, l fault.List) []Event {
	t.Helper()
	events, err := FromFaults(l)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// TestFailureIsReduced wants one or two events that make a message late.
func TestFailureIsReduced(t *testing.T) {
	for _, seed := range []uint64{116, 121, 162, 184} { // those that fail among the first 200
		recorder := NewRecorder(stormSet(t, seed))
		first := newToy(recorder, 2, 40)
		first.run()
		if !first.late("1000/12", "1000/20") {
			t.Errorf("seed %d does not fail: look for another one", seed)
			continue
		}
		events, err := recorder.Events()
		if err != nil {
			t.Fatal(err)
		}
		var replayer *Replayer
		fails := func(some []Event) (bool, error) {
			var err error
			if replayer, err = NewReplayer(fault.Seed(seed), some); err != nil {
				return false, err
			}
			n := newToy(replayer, 2, 40)
			n.run()
			return n.late("1000/12", "1000/20"), nil
		}
		result, err := Minimize(events, fails, Budget{})
		if err != nil || !result.Minimal || len(result.Events) == 0 || len(result.Events) > 2 {
			t.Errorf("seed %d: %d events become %v, minimal %v, %v", seed, len(events), result.Events, result.Minimal, err)
		}
		if failed, err := fails(result.Events); !failed || err != nil {
			t.Errorf("seed %d: %v does not fail again, %v", seed, result.Events, err)
		}
		l, err := fault.ParseList(Faults(replayer.Met()).String())
		if err != nil || len(l) != len(result.Events) {
			t.Errorf("seed %d: of %v\nthere happened %v, %v", seed, result.Events, l, err)
		}
		if failed, err := fails(fromFaults(t, l)); !failed || err != nil {
			t.Errorf("seed %d: %v, by their numbers, do not fail, %v", seed, l, err)
		}
	}
}

// TestOutagesThatAreTakenAway lifts a fault within its time and puts it back,
// so that packets pass between two outages, once at the very instant of one.
func TestOutagesThatAreTakenAway(t *testing.T) {
	for _, instant := range []bool{false, true} {
		set := fault.NewSet(1)
		recorder := NewRecorder(set)
		var handle *fault.Handle
		var trace []bool
		p := fault.Packet{From: "a", To: "b", Path: "a>b"}
		send := func(judge Judge) {
			v := judge.Judge(&p)
			trace = append(trace, v.Drop)
			p.Index++
		}
		script := func(judge Judge, change func(up bool)) {
			p.Index, p.Now = 0, 0
			for _, up := range []bool{true, false, true, false} {
				for range 3 {
					p.Now++
					send(judge)
				}
				change(up)
				if !instant {
					p.Now++
				}
				send(judge)
			}
		}
		script(recorder, func(up bool) {
			if !up {
				handle.Remove()
				return
			}
			var err error
			if handle, err = set.Add(fault.Partition{A: []string{"a"}}); err != nil {
				t.Fatal(err)
			}
		})
		first := trace
		events, err := recorder.Events()
		if err != nil {
			t.Fatal(err)
		}
		if outages := slices.ContainsFunc(events, func(e Event) bool { return e.Parts != nil }); outages == instant {
			t.Errorf("lifted and put back within an instant: %v; events %v", instant, events)
		}
		replayer, err := NewReplayer(1, events)
		if err != nil {
			t.Fatal(err)
		}
		trace = nil
		script(replayer, func(bool) {})
		if !slices.Equal(trace, first) {
			t.Errorf("at an instant %v: verdicts\n%v become\n%v", instant, first, trace)
		}
	}
}
