package engine

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

func netipPort(i int) netip.AddrPort {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(i))
	return netip.AddrPortFrom(netip.AddrFrom4(b), 1)
}

func TestForwardOrdersWhatLeaves(t *testing.T) {
	n, a, b := pair(t, Config{})
	n.send(b, udp4(bUDP, aUDP, 100, 1))
	n.send(a, udp4("10.0.0.1:1001", bUDP, 100, 2))
	n.send(a, udp4(aUDP, bUDP, 100, 3))
	n.send(b, udp4(bUDP, "10.0.0.1:999", 100, 4))
	n.send(a, udp4(aUDP, bUDP, 100, 5))
	if !n.Waiting() {
		t.Error("nothing waits after Send")
	}
	n.run()
	n.want("b 3@0s", "b 5@0s", "b 2@0s", "a 4@0s", "a 1@0s")
	if n.Waiting() || n.Forward() != 0 {
		t.Error("something waits after Forward")
	}
}

// shuffledRun lets hosts and flows send in an order drawn from order, with
// each flow's own order kept, and returns the trace.
func shuffledRun(t *testing.T, seed, order uint64, concurrent, unordered bool) *bed {
	t.Helper()
	chaos := judgeFunc(func(p *fault.Packet) fault.Verdict {
		d := newDraws(seed, hashString(0, p.Path), uint64(p.Flow.Src.Port()), p.Index, 0)
		switch d.below(8) {
		case 0:
			return fault.Verdict{Drop: true}
		case 1:
			return fault.Verdict{Copies: 1}
		case 2:
			return fault.Verdict{Delay: time.Duration(d.below(uint64(5 * ms)))}
		case 3:
			return fault.Verdict{Hold: time.Duration(d.below(uint64(ms)))}
		case 4:
			return fault.Verdict{Behind: 2, Delay: 3 * ms}
		}
		return fault.Verdict{}
	})
	n := newBed(t, Config{Seed: seed, Judge: chaos, Unordered: unordered, Path: PathConfig{
		Delay: 3 * ms, Jitter: Jitter{JitterNormal, ms}, BitsPerSecond: 10_000_000, Queue: Queue{Packets: 5},
	}})
	const hosts, flows, packets, rounds = 5, 3, 4, 10
	var ports [hosts]*Port
	for h := range hosts {
		ports[h] = n.host(fmt.Sprint("h", h), fmt.Sprintf("10.0.0.%d/24", h+1))
	}
	draw := newDraws(order, 0, 0, 0, 0)
	burst := func(round int, from, flow int) {
		for i := range packets {
			src := fmt.Sprintf("10.0.0.%d:%d", from+1, 1000+flow)
			dst := fmt.Sprintf("10.0.0.%d:80", (from+1+flow)%hosts+1)
			n.Send(ports[from], udp4(src, dst, 100+i, byte(round)))
		}
	}
	for round := range rounds {
		n.events.At(time.Duration(round)*ms, func() {
			var wg sync.WaitGroup
			turns := make([]int, hosts*flows)
			for i := range turns {
				j := int(draw.below(uint64(i + 1)))
				turns[i], turns[j] = turns[j], i
			}
			for _, turn := range turns {
				if concurrent {
					wg.Go(func() { burst(round, turn/flows, turn%flows) })
				} else {
					burst(round, turn/flows, turn%flows)
				}
			}
			wg.Wait()
			n.Forward()
		})
	}
	runAll(t, n.events)
	return n
}

func TestOrderOfSendingDoesNotShow(t *testing.T) {
	for seed := range uint64(5) {
		first := shuffledRun(t, seed, 0, false, false)
		if first.trace.Len() < 1000 || len(first.got) < 300 {
			t.Fatalf("the world is too quiet: %d records, %d arrivals", first.trace.Len(), len(first.got))
		}
		for order := range uint64(10) {
			next := shuffledRun(t, seed, order, order%2 == 1, false)
			if next.trace.Sum() != first.trace.Sum() {
				d, err := FirstDifference(first.trace, next.trace)
				t.Fatalf("seed %d, order %d: %v, %v", seed, order, d, err)
			}
		}
		if other := shuffledRun(t, seed+100, 0, false, false); other.trace.Sum() == first.trace.Sum() {
			t.Errorf("seeds %d and %d have one trace", seed, seed+100)
		}
	}
}

// TestOrderOfSendingShowsWithoutOrdering is the control of the test above.
func TestOrderOfSendingShowsWithoutOrdering(t *testing.T) {
	a, b := shuffledRun(t, 0, 0, false, true), shuffledRun(t, 0, 1, false, true)
	d, err := FirstDifference(a.trace, b.trace)
	if err != nil || d == nil || a.trace.Sum() == b.trace.Sum() {
		t.Errorf("two orders of sending, one trace: the test above cannot fail (%v)", err)
	}
}

// TestCloseGivesPacketsBack closes a network that has packets in every place.
func TestCloseGivesPacketsBack(t *testing.T) {
	verdicts := judgeFunc(func(p *fault.Packet) fault.Verdict {
		switch p.Index {
		case 0:
			return fault.Verdict{Copies: 1}
		case 3:
			return fault.Verdict{Behind: 9, Delay: time.Hour}
		case 4:
			return fault.Verdict{Hold: time.Hour}
		}
		return fault.Verdict{}
	})
	n, a, _ := pair(t, Config{Judge: verdicts, Path: PathConfig{Delay: time.Hour, BitsPerSecond: 1_000_000}})
	timer := false
	n.events.At(time.Minute, func() { timer = true })
	for i := range byte(6) {
		n.send(a, udp4(aUDP, bUDP, 1000, i))
	}
	n.Forward()
	if _, err := n.events.Step(); err != nil { // one packet travels, one is sent, others wait
		t.Fatal(err)
	}
	n.send(a, udp4(aUDP, bUDP, 1000, 6)) // not forwarded
	n.Network.Close()
	n.Network.Close()
	n.send(a, udp4(aUDP, bUDP, 1000, 7))
	n.run() // checks the references
	n.want()
	if !timer || n.events.Pending() != 0 {
		t.Errorf("the timer happened: %v; %d events are left", timer, n.events.Pending())
	}
}

func TestNetworkRefusesNonsense(t *testing.T) {
	e := newTestEvents(t, Limits{})
	factory := func([]byte) Packet { return nil }
	for want, cfg := range map[string]Config{
		"Config.Events is nil":     {NewPacket: factory},
		"Config.NewPacket is nil":  {Events: e},
		"PathConfig.Delay is -1ns": {Events: e, NewPacket: factory, Path: PathConfig{Delay: -1}},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	n, a, b := pair(t, Config{})
	far := n.host("far", "10.9.0.1/24")
	if _, err := n.Path(a, far); err == nil || !strings.Contains(err.Error(), "no path from a/eth0 to far/eth0") {
		t.Errorf("got %v", err)
	}
	if _, err := n.Path(a, nil); err == nil {
		t.Error("a path to nil was made")
	}
	if err := n.path(a, b, PathConfig{}).Configure(PathConfig{MTU: -1}); err == nil {
		t.Error("an MTU of -1 was taken")
	}
}

// piecesPacket comes in as many pieces as there are slices.
type piecesPacket struct{ pieces [][]byte }

func (p *piecesPacket) Retain()  {}
func (p *piecesPacket) Release() {}
func (p *piecesPacket) Len() (n int) {
	for _, b := range p.pieces {
		n += len(b)
	}
	return n
}
func (p *piecesPacket) Segments(yield func([]byte) bool) {
	for _, b := range p.pieces {
		if !yield(b) {
			return
		}
	}
}

// TestPiecesDoNotShow sends packets in one piece and in four, by way of a
// router. The first has a copy, which is on its way for longer than the
// packet itself, while another packet is sent.
func TestPiecesDoNotShow(t *testing.T) {
	sum := func(cuts ...int) string {
		n, client := routed(t)
		n.judge = judgeFunc(func(p *fault.Packet) fault.Verdict {
			if p.Index == 0 && p.From == "client" {
				return fault.Verdict{Copies: 1}
			}
			return fault.Verdict{}
		})
		n.path(client, n.Port("r1", "a"), PathConfig{BitsPerSecond: 1_000_000})
		n.path(n.Port("r1", "c"), n.Port("other", "eth0"), PathConfig{})
		n.Port("other", "eth0").Receive(func(Packet) {})
		for i := range byte(3) {
			n.events.At(time.Duration(i)*ms, func() {
				b, p := udp4("10.1.0.2:1", "10.3.0.2:2", 100, i).b, &piecesPacket{}
				from := 0
				for _, cut := range append(cuts, len(b)) {
					p.pieces = append(p.pieces, b[from:cut])
					from = cut
				}
				n.Send(client, p)
				n.Forward()
			})
		}
		n.run()
		return n.trace.Sum()
	}
	if sum() != sum(10, 25, 60) {
		t.Error("the trace depends on the pieces of a packet")
	}
}
