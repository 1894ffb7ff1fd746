package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// The set of faults judges for a network.
var _ Judge = (*fault.Set)(nil)

func TestPathDelayAndRate(t *testing.T) {
	// 1000 bytes at 1 Mbit/s take 8 ms.
	n, a, b := pair(t, Config{Path: PathConfig{Delay: 5 * ms, BitsPerSecond: 1_000_000}})
	n.path(b, a, PathConfig{Delay: 7 * ms})
	for i := range byte(3) {
		n.send(a, udp4(aUDP, bUDP, 1000, i))
	}
	n.send(b, udp4(bUDP, aUDP, 1000, 9))
	n.run()
	n.want("a 9@7ms", "b 0@13ms", "b 1@21ms", "b 2@29ms")
	p, err := n.Path(a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := Counters{Sent: 3, Bytes: 3000, Delivered: 3, PacketsHigh: 2, BytesHigh: 2000}
	if p.Counters() != want {
		t.Errorf("counted %+v, want %+v", p.Counters(), want)
	}
}

func TestQueueDropsAtItsTail(t *testing.T) {
	for _, c := range []struct {
		queue Queue
		want  int // packets delivered of 5, the one being sent included
		high  [2]int
	}{
		{Queue{Packets: 2}, 3, [2]int{2, 2000}},
		{Queue{Bytes: 1999}, 2, [2]int{1, 1000}},
		{Queue{Bytes: 2000}, 3, [2]int{2, 2000}},
		{Queue{Packets: 1, Bytes: 2000}, 2, [2]int{1, 1000}},
		{Queue{}, 5, [2]int{4, 4000}},
	} {
		n, a, b := pair(t, Config{Path: PathConfig{BitsPerSecond: 1_000_000, Queue: c.queue}})
		for i := range byte(5) {
			n.send(a, udp4(aUDP, bUDP, 1000, i))
		}
		n.run()
		p, _ := n.Path(a, b)
		got := p.Counters()
		if len(n.got) != c.want || got.Dropped[DropQueue] != uint64(5-c.want) || got.PacketsHigh != c.high[0] || got.BytesHigh != c.high[1] {
			t.Errorf("%+v: arrived %v, counted %+v", c.queue, n.got, got)
		}
	}
}

// TestCoDelOnAPath overloads a path as TestCoDelSchedule overloads a queue.
// The transmitter holds one packet more, and a drop hands it the next.
func TestCoDelOnAPath(t *testing.T) {
	// 1000 bytes in 2 ms.
	n, a, b := pair(t, Config{Path: PathConfig{BitsPerSecond: 4_000_000, Queue: Queue{Packets: 10000, CoDel: true}}})
	for i := range 400 {
		n.events.At(time.Duration(i)*ms, func() {
			n.send(a, udp4(aUDP, bUDP, 1000, 0))
			n.Forward()
		})
	}
	n.run()
	p, _ := n.Path(a, b)
	count := p.Counters()
	if count.Dropped[DropCoDel] == 0 || count.Delivered+count.DroppedAll() != 400 {
		t.Errorf("counted %+v", count)
	}
	var drops []time.Duration
	records, _ := n.trace.All()
	for _, r := range records {
		if r.Kind == Dropped {
			drops = append(drops, r.At)
		}
	}
	// The packet of k ms leaves the queue at 2k ms, as there.
	want := []time.Duration{110 * ms, 210 * ms, 282 * ms, 340 * ms, 390 * ms}
	if len(drops) < 5 || !slices.Equal(drops[:5], want) {
		t.Errorf("drops at %v, want first %v", drops, want)
	}
}

// TestJitterKeepsOrder sends with jitter far above the packets' distance.
func TestJitterKeepsOrder(t *testing.T) {
	arrivals := func(seed uint64, kind JitterKind) []string {
		n, a, _ := pair(t, Config{Seed: seed, Path: PathConfig{Delay: 10 * ms, Jitter: Jitter{kind, 9 * ms}}})
		for i := range byte(100) {
			n.events.At(time.Duration(i)*ms, func() {
				n.send(a, udp4(aUDP, bUDP, 100, i))
				n.Forward()
			})
		}
		n.run()
		return n.got
	}
	for _, kind := range []JitterKind{JitterUniform, JitterNormal, JitterPareto} {
		got := arrivals(1, kind)
		if len(got) != 100 {
			t.Fatalf("%d packets arrived", len(got))
		}
		for i, s := range got {
			if !strings.HasPrefix(s, fmt.Sprintf("b %d@", i)) {
				t.Fatalf("kind %d: packet %d arrived as %s", kind, i, s)
			}
		}
		if !slices.Equal(got, arrivals(1, kind)) {
			t.Errorf("kind %d: one seed, two schedules", kind)
		}
		if slices.Equal(got, arrivals(2, kind)) {
			t.Errorf("kind %d: two seeds, one schedule", kind)
		}
	}
}

// TestJitterIsDrawnForEachPacket sends packets so far apart that none waits
// for the one before it, with a copy each: all delays differ.
func TestJitterIsDrawnForEachPacket(t *testing.T) {
	n, a, b := pair(t, Config{
		Judge: judgeFunc(func(*fault.Packet) fault.Verdict { return fault.Verdict{Copies: 1} }),
		Path:  PathConfig{Delay: 10 * ms, Jitter: Jitter{JitterUniform, 10 * ms}},
	})
	delays := map[time.Duration]bool{}
	b.Receive(func(p Packet) {
		delays[n.events.Now()%time.Second] = true
		p.Release()
	})
	for i := range 100 {
		n.events.At(time.Duration(i)*time.Second, func() {
			n.send(a, udp4(aUDP, bUDP, 100, 0))
			n.Forward()
		})
	}
	n.run()
	// Of a packet and its copy, half the time the second waits for the first.
	if len(delays) < 130 || len(delays) > 170 {
		t.Errorf("%d different delays, want about 150", len(delays))
	}
}

// TestDelayedPacketDoesNotOvertake delays a packet by almost nothing behind
// one that jitter has slowed down.
func TestDelayedPacketDoesNotOvertake(t *testing.T) {
	for seed := range uint64(50) {
		n, a, _ := pair(t, Config{
			Seed: seed, Judge: onIndex(1, fault.Verdict{Delay: 1}),
			Path: PathConfig{Delay: 10 * ms, Jitter: Jitter{JitterUniform, 10 * ms}},
		})
		n.send(a, udp4(aUDP, bUDP, 100, 0))
		n.send(a, udp4(aUDP, bUDP, 100, 1))
		n.run()
		if !strings.HasPrefix(n.got[0], "b 0@") {
			t.Fatalf("seed %d: %v", seed, n.got)
		}
	}
}

// judgeFunc is a Judge by a function of the packet's index.
type judgeFunc func(p *fault.Packet) fault.Verdict

func (f judgeFunc) Judge(p *fault.Packet) fault.Verdict { return f(p) }

// onIndex gives one packet of the flow a verdict.
func onIndex(i uint64, v fault.Verdict) judgeFunc {
	return func(p *fault.Packet) fault.Verdict {
		if p.Index == i {
			return v
		}
		return fault.Verdict{}
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name string
		v    fault.Verdict // of packet 1 of 0 to 3, sent a millisecond apart
		want []string
	}{
		{"drop", fault.Verdict{Drop: true, By: "x"}, []string{"b 0@10ms", "b 2@12ms", "b 3@13ms"}},
		{"copies", fault.Verdict{Copies: 2}, []string{"b 0@10ms", "b 1@11ms", "b 1@11ms", "b 1@11ms", "b 2@12ms", "b 3@13ms"}},
		{"delay", fault.Verdict{Delay: 1500 * time.Microsecond}, []string{"b 0@10ms", "b 2@12ms", "b 1@12.5ms", "b 3@13ms"}},
		{"hold", fault.Verdict{Hold: 1500 * time.Microsecond}, []string{"b 0@10ms", "b 1@12.5ms", "b 2@12.5ms", "b 3@13ms"}},
		{"behind one", fault.Verdict{Behind: 1, Delay: time.Second}, []string{"b 0@10ms", "b 2@12ms", "b 1@12ms", "b 3@13ms"}},
		{"behind two", fault.Verdict{Behind: 2, Delay: time.Second}, []string{"b 0@10ms", "b 2@12ms", "b 3@13ms", "b 1@13ms"}},
		{"behind none that comes", fault.Verdict{Behind: 3, Delay: 20 * ms}, []string{"b 0@10ms", "b 2@12ms", "b 3@13ms", "b 1@31ms"}},
		{"corrupt", fault.Verdict{Corrupt: []fault.Flip{28*8 + 0}}, []string{"b 0@10ms", "b 129@11ms", "b 2@12ms", "b 3@13ms"}},
		{"corrupt copies", fault.Verdict{Copies: 1, Corrupt: []fault.Flip{28*8 + 1}}, []string{"b 0@10ms", "b 65@11ms", "b 65@11ms", "b 2@12ms", "b 3@13ms"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, a, b := pair(t, Config{Judge: onIndex(1, c.v), Path: PathConfig{Delay: 10 * ms}})
			for i := range byte(4) {
				n.events.At(time.Duration(i)*ms, func() {
					p := udp4(aUDP, bUDP, 100, i)
					p.piece = int(i) * 13
					n.send(a, p)
					n.Forward()
				})
			}
			n.run()
			n.want(c.want...)
			p, _ := n.Path(a, b)
			got := p.Counters()
			if got.Sent != 4 || got.Copied != uint64(c.v.Copies) || got.Delivered != uint64(len(c.want)) {
				t.Errorf("counted %+v", got)
			}
			if c.v.Drop && got.Dropped[DropFault] != 1 {
				t.Errorf("counted %+v", got)
			}
		})
	}
}

func TestHoldLastsForPacketsOfItsEnd(t *testing.T) {
	n, a, _ := pair(t, Config{Judge: onIndex(0, fault.Verdict{Hold: 2 * ms})})
	// This event is set first, so it happens before what is held is let go.
	n.events.At(2*ms, func() {
		n.send(a, udp4(aUDP, bUDP, 100, 1))
		n.Forward()
	})
	n.send(a, udp4(aUDP, bUDP, 100, 0))
	n.run()
	n.want("b 0@2ms", "b 1@2ms")
}

func TestPathForgetsFlows(t *testing.T) {
	n, a, b := pair(t, Config{})
	p := n.path(a, b, PathConfig{})
	first := p.flowOf(fault.Flow{Proto: 1})
	for i := range flowsMax {
		p.flowOf(fault.Flow{Proto: 2, Src: netipPort(i)})
	}
	again := p.flowOf(fault.Flow{Proto: 1})
	if len(p.flows) > flowsMax || first == again || again.index != 1<<40 || first.key != again.key {
		t.Errorf("%d flows, index %d", len(p.flows), again.index)
	}
}

func TestPathConfigRefusesNonsense(t *testing.T) {
	for want, cfg := range map[string]PathConfig{
		"PathConfig.Delay is -1ns":         {Delay: -1},
		"PathConfig.Delay is 25h0m0s":      {Delay: 25 * time.Hour},
		"PathConfig.MTU is 67":             {MTU: 67},
		"PathConfig.Queue is set":          {Queue: Queue{Packets: 1}},
		"PathConfig.BitsPerSecond is 2000": {BitsPerSecond: 2e12},
		"Jitter.Spread is -1ns":            {Jitter: Jitter{JitterUniform, -1}},
		"Jitter.Spread is 1ns without":     {Jitter: Jitter{Spread: 1}},
		"Jitter.Kind is 9":                 {Jitter: Jitter{Kind: 9}},
		"Queue.Packets is -1":              {BitsPerSecond: 1, Queue: Queue{Packets: -1}},
		"Queue.Bytes is -1":                {BitsPerSecond: 1, Queue: Queue{Bytes: -1}},
		"Queue.Target is -1ns":             {BitsPerSecond: 1, Queue: Queue{CoDel: true, Target: -1}},
		"Queue.Interval is 2h0m0s":         {BitsPerSecond: 1, Queue: Queue{CoDel: true, Interval: 2 * time.Hour}},
		"Queue.Target is 1ns and":          {BitsPerSecond: 1, Queue: Queue{Target: 1}},
	} {
		if err := cfg.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// TestFaultsOfASetJudge joins a set of faults and a network.
func TestFaultsOfASetJudge(t *testing.T) {
	set := fault.NewSet(1)
	loss, err := set.Add(fault.Loss{Chance: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	n, a, b := pair(t, Config{Judge: set})
	for range 1000 {
		n.send(a, udp4(aUDP, bUDP, 100, 0))
	}
	n.run()
	p, _ := n.Path(a, b)
	c := p.Counters()
	if c.Dropped[DropFault] != loss.Hits() || loss.Hits() < 70 || loss.Hits() > 130 || c.Delivered != 1000-loss.Hits() {
		t.Errorf("counted %+v, the fault %d hits", c, loss.Hits())
	}
	loss.Remove()
	n.send(a, udp4(aUDP, bUDP, 100, 0))
	n.run()
	if got := p.Counters().Delivered; got != c.Delivered+1 {
		t.Errorf("%d delivered after the fault was lifted, want %d", got, c.Delivered+1)
	}
}
