package fq

import (
	"testing"
	"time"
)

// jain is the fairness index of shares: 1 if all are equal, 1/n if one has all.
func jain(shares []float64) float64 {
	var sum, squares float64
	for _, x := range shares {
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(shares)) * squares)
}

// TestThousandFlowsShareASlowLinkByBytes keeps a thousand flows with packets of
// 300 to 65000 bytes queued and lets the link send one packet after the other.
func TestThousandFlowsShareASlowLinkByBytes(t *testing.T) {
	const flows = 1000
	s := newStepped(t, Config{Queues: queuesMax, Target: -1, MemoryBytesMax: -1})
	sizes := [...]int{300, 500, 1000, 1500, 9000, 65000}
	size := func(flow int) int { return sizes[flow%len(sizes)] }
	for flow := range flows {
		for n := range 3 {
			s.put(flow, size(flow), n)
		}
	}
	shares := make([]float64, flows)
	for total := 0; total < flows*300_000; {
		p, bytes := s.dequeue(s.now)
		if p == nil {
			t.Fatal("the queues are empty while every flow has packets")
		}
		flow, _ := identity(p)
		s.enqueue(p, s.sort.queue(p), s.now)
		shares[flow] += float64(bytes)
		total += bytes
	}
	if j := jain(shares); j < 0.99 {
		t.Errorf("Jain's index of the bytes of %d flows is %.4f, want 0.99: flows with large packets must not have more than others", flows, j)
	}
}

// TestSparseFlowsPassGreedyOnes has twenty flows with full queues and ten that
// send a packet now and then. Those wait for each other and for a quantum of
// one greedy flow, not for a round of all.
func TestSparseFlowsPassGreedyOnes(t *testing.T) {
	s := newStepped(t, Config{Target: -1})
	const sparse, greedy = 10, 20
	for n := range 400 {
		for flow := range greedy {
			s.put(100+flow, 1500, n)
		}
	}
	for range 3 * greedy { // until none of them is new
		s.take()
	}
	for round := range 50 {
		for flow := range sparse {
			s.put(flow, 100, round)
		}
		greedyBytes := 0
		for seen := 0; seen < sparse; {
			flow, _, bytes, _ := s.take()
			if flow >= 100 {
				greedyBytes += bytes
			} else {
				seen++
			}
		}
		if greedyBytes > 2*quantumDefault {
			t.Fatalf("round %d: sparse flows waited for %d bytes of greedy ones, want no more than two quanta", round, greedyBytes)
		}
		for range 3 * greedy { // until the sparse ones have left the rounds
			s.take()
		}
	}
}

// TestAFlowThatIsAlwaysNewStarvesNobody has a flow that queues a packet
// whenever its queue is empty and another flow has had a turn: a queue that was
// new must wait among the old ones before it can be new again (RFC 8290,
// section 4.2), or this flow has half of the link.
func TestAFlowThatIsAlwaysNewStarvesNobody(t *testing.T) {
	s := newStepped(t, Config{Target: -1})
	const bulk, takes = 10, 1000
	for n := range takes / 5 {
		for flow := range bulk {
			s.put(100+flow, 1400, n)
		}
	}
	turns, queued := 0, false
	for n := range takes {
		flow, _, _, _ := s.take()
		if flow == 0 {
			turns++
			queued = false
		} else if !queued {
			s.put(0, 1400, n)
			queued = true
		}
	}
	if turns > takes/4 {
		t.Errorf("the flow had %d of %d turns besides %d others, want no more than a quarter", turns, takes, bulk)
	}
}

// TestOrderWithinAFlow sends eight flows through queues that they share.
func TestOrderWithinAFlow(t *testing.T) {
	s := newStepped(t, Config{Queues: 4, Target: -1})
	for n := range 200 {
		for flow := range 8 {
			s.put(flow, 100+37*flow, n)
		}
	}
	var next [8]int
	for flow, n, _, ok := s.take(); ok; flow, n, _, ok = s.take() {
		if n != next[flow] {
			t.Fatalf("flow %d: packet %d came when %d was next", flow, n, next[flow])
		}
		next[flow]++
	}
	for flow, n := range next {
		if n != 200 {
			t.Errorf("flow %d: %d packets came, want 200", flow, n)
		}
	}
}

// TestPacketLimitTakesFromTheFattest floods from one flow while others have a
// few packets: all drops are the flood's, and its oldest packets.
func TestPacketLimitTakesFromTheFattest(t *testing.T) {
	s := newStepped(t, Config{PacketsMax: 1000, Target: -1})
	for flow := 1; flow <= 100; flow++ {
		s.put(flow, 100, 0)
	}
	for n := range 5000 {
		s.put(0, 1500, n)
		if s.stats.PacketsQueued > 1000 {
			t.Fatalf("%d packets are queued, over the limit of 1000", s.stats.PacketsQueued)
		}
	}
	dropped := int(s.stats.DropsLimit)
	if want := 5000 - 900; dropped < want || dropped > want+dropBatchMax {
		t.Errorf("%d packets dropped, want %d and at most one batch of %d more", dropped, want, dropBatchMax)
	}
	first, others := -1, 0
	for flow, n, _, ok := s.take(); ok; flow, n, _, ok = s.take() {
		switch {
		case flow != 0:
			others++
		case first < 0:
			first = n
		}
	}
	if others != 100 {
		t.Errorf("%d packets of the small flows are left, want all 100", others)
	}
	if first != dropped {
		t.Errorf("the flood's first packet left is number %d, want %d: the head is dropped, not the tail", first, dropped)
	}
}

// TestMemoryLimitCountsBytes fills the memory with large packets, and a flow
// of many small ones must not pay for them.
func TestMemoryLimitCountsBytes(t *testing.T) {
	s := newStepped(t, Config{MemoryBytesMax: 1 << 20, Target: -1})
	for n := range 100 {
		s.put(1, 100, n)
	}
	for n := range 100 {
		s.put(0, 60000, n)
		if got := s.memoryBytes(); got > 1<<20 {
			t.Fatalf("%d bytes of memory are queued, over the limit of %d", got, 1<<20)
		}
	}
	if s.stats.DropsLimit == 0 {
		t.Error("nothing was dropped, so the test saw no limit")
	}
	small := 0
	for flow, _, _, ok := s.take(); ok; flow, _, _, ok = s.take() {
		if flow == 1 {
			small++
		}
	}
	if small != 100 {
		t.Errorf("%d packets of the small flow are left, want 100", small)
	}
}

// TestAPacketLargerThanTheLimitIsDropped and leaves nothing behind.
func TestAPacketLargerThanTheLimitIsDropped(t *testing.T) {
	s := newStepped(t, Config{MemoryBytesMax: 1000})
	s.put(0, 1500, 0)
	if s.stats.DropsLimit != 1 || s.stats.PacketsQueued != 0 || s.stats.BytesQueued != 0 || s.stats.FlowsActive != 0 {
		t.Errorf("stats %+v, want one drop and nothing queued", s.stats)
	}
	if _, _, _, ok := s.take(); ok {
		t.Error("a packet came out")
	}
}

// TestStatsAddUp asks after each of many steps whether no packet is counted
// twice or not at all.
func TestStatsAddUp(t *testing.T) {
	s := newStepped(t, Config{Queues: 16, PacketsMax: 200})
	sent := uint64(0)
	for n := range 20_000 {
		s.now += 300 * time.Microsecond
		s.put(n%23, 100+n%1400, n)
		if n%3 != 0 {
			if _, _, _, ok := s.take(); ok {
				sent++
			}
		}
		st := s.stats
		if st.Accepted != sent+st.DropsCoDel+st.DropsLimit+uint64(st.PacketsQueued) {
			t.Fatalf("step %d: %d sent, stats %+v: the sum is not what was accepted", n, sent, st)
		}
	}
	if s.stats.DropsCoDel == 0 || s.stats.DropsLimit == 0 {
		t.Errorf("stats %+v, want drops of both kinds, or the test shows nothing", s.stats)
	}
	for _, _, _, ok := s.take(); ok; _, _, _, ok = s.take() {
	}
	if s.stats.PacketsQueued != 0 || s.stats.BytesQueued != 0 || s.stats.FlowsActive != 0 {
		t.Errorf("stats %+v after the last packet, want nothing queued", s.stats)
	}
}
