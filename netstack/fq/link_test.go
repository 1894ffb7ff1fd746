package fq

import (
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/wait"
)

// attached is a Link around a slow one.
func attached(t testing.TB, cfg Config) (*Link, *slowLink) {
	t.Helper()
	inner := newSlowLink()
	l, err := New(inner, setting(cfg))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Attach(nobody{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, inner
}

// send sends one packet of flow.
func send(t testing.TB, l *Link, flow, size, number int) {
	t.Helper()
	if n, err := l.Send([]*netstack.Packet{packet(udp(flow, size, number))}); n != 1 || err != nil {
		t.Fatalf("Send: %d, %v, want 1 and no error", n, err)
	}
}

// TestSendNeverBlocks sends more than the queues hold to a link that takes
// nothing.
func TestSendNeverBlocks(t *testing.T) {
	l, inner := attached(t, Config{PacketsMax: 100})
	for n := range 1000 {
		send(t, l, n%10, 1000, n)
	}
	wait.Until(t, inner.stuck, "the inner link has a packet and waits")
	st := l.Stats()
	if st.Accepted != 1000 || st.PacketsQueued > 100 || st.DropsLimit < 800 {
		t.Errorf("stats %+v, want 1000 accepted, 100 of them queued and the others dropped", st)
	}
	inner.allow(-1)
	wait.Until(t, func() bool { return l.Stats().PacketsQueued == 0 }, "the queues are empty")
}

// TestSparseFlowWaitsForOneBatchOnly has a greedy flow fill the queue, and then
// a sparse one come in.
func TestSparseFlowWaitsForOneBatchOnly(t *testing.T) {
	l, inner := attached(t, Config{})
	var order []int
	inner.seen = func(p *netstack.Packet) {
		flow, _ := identity(p)
		order = append(order, flow)
	}
	for n := range 500 {
		send(t, l, 0, 1514, n)
	}
	wait.Until(t, inner.stuck, "the inner link has a batch and waits")
	send(t, l, 1, 100, 0)
	inner.allow(-1)
	wait.Until(t, func() bool { return l.Stats().Sent == 501 }, "all are sent")
	place := 0
	for place < len(order) && order[place] != 1 {
		place++
	}
	if place > 2*batchQuantaDefault {
		t.Errorf("the sparse flow's packet came after %d of the greedy one's, want no more than two batches of %d", place, batchQuantaDefault)
	}
}

// TestWhatTheInnerLinkDropsIsLost and counted.
func TestWhatTheInnerLinkDropsIsLost(t *testing.T) {
	l, inner := attached(t, Config{BatchBytes: -1})
	inner.refuse = 1
	inner.allow(-1)
	for n := range 10 {
		send(t, l, 0, 100, n)
	}
	wait.Until(t, func() bool { return l.Stats().DropsInner == 10 }, "all are lost")
	if st := l.Stats(); st.Sent != 0 || st.Accepted != 10 {
		t.Errorf("stats %+v, want 10 accepted and none sent", st)
	}
}

// TestErrorOfTheInnerLinkEndsTheLink as netstack.Link says: it has died.
func TestErrorOfTheInnerLinkEndsTheLink(t *testing.T) {
	l, inner := attached(t, Config{})
	cause := errors.New("cable cut")
	inner.mu.Lock()
	inner.failure = cause
	inner.mu.Unlock()
	send(t, l, 0, 100, 0)
	inner.allow(-1)
	wait.Until(t, func() bool {
		p := packet(udp(0, 100, 1))
		_, err := l.Send([]*netstack.Packet{p})
		return errors.Is(err, cause)
	}, "Send returns the cause")
	if err := l.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := l.Send(nil); err != nil {
		t.Errorf("Send of nothing: %v", err)
	}
	if n, err := l.Send([]*netstack.Packet{packet(udp(0, 100, 2))}); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after Close: %d, %v, want 0 and net.ErrClosed", n, err)
	}
}

func TestPassesThrough(t *testing.T) {
	l, inner := attached(t, Config{})
	inner.offload.Cut = 7
	if l.MTU() != 1400 || l.Offload() != inner.Offload() || l.OffloadStats() != inner.offload {
		t.Errorf("MTU %d, Offload %+v, OffloadStats %+v: want those of the inner link", l.MTU(), l.Offload(), l.OffloadStats())
	}
	if _, ok := inner.receiver.(nobody); !ok {
		t.Errorf("the inner link delivers to %T, want the receiver itself", inner.receiver)
	}
}

func TestAttachIsForOneStack(t *testing.T) {
	l, _ := attached(t, Config{})
	if err := l.Attach(nobody{}); err == nil {
		t.Error("a second Attach passed")
	}
	_ = l.Close()
	if err := l.Attach(nobody{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Attach after Close: %v, want net.ErrClosed", err)
	}
}

// TestAttachErrorIsTheInnerLinks and leaves no goroutine: Close would wait for
// it.
func TestAttachErrorIsTheInnerLinks(t *testing.T) {
	inner := newSlowLink()
	inner.failure = errors.New("no such device")
	l, err := New(inner, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Attach(nobody{}); !errors.Is(err, inner.failure) {
		t.Errorf("Attach: %v, want %v", err, inner.failure)
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// TestCloseAtAnyMoment closes while several goroutines send and the inner link
// blocks, and holds one reference of each packet to see that the Link gave
// back its own.
func TestCloseAtAnyMoment(t *testing.T) {
	for round := range 50 {
		l, inner := attached(t, Config{PacketsMax: 50})
		inner.allow(round * 3)
		var kept sync.Map
		var sent atomic.Int64
		var senders sync.WaitGroup
		for flow := range 4 {
			senders.Go(func() {
				for n := 0; ; n++ {
					p := packet(udp(flow, 500, n))
					p.Retain()
					kept.Store(p, nil)
					sent.Add(1)
					if _, err := l.Send([]*netstack.Packet{p}); err != nil {
						return
					}
				}
			})
		}
		wait.Until(t, func() bool { return sent.Load() > int64(20*round) }, "packets were sent")
		if err := l.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Fatalf("second Close: %v", err)
		}
		senders.Wait()
		kept.Range(func(p, _ any) bool {
			onlyHolder(t, p.(*netstack.Packet))
			return true
		})
		st := l.Stats()
		if sum := st.Sent + st.DropsCoDel + st.DropsLimit + st.DropsInner + st.DropsClosed; sum != st.Accepted || st.PacketsQueued != 0 {
			t.Fatalf("round %d: stats %+v: sent and dropped make %d, want all that was accepted", round, st, sum)
		}
	}
}

// onlyHolder gives back the test's reference of p; there must be no other, and
// another Release is then one too many, which panics.
func onlyHolder(t *testing.T, p *netstack.Packet) {
	t.Helper()
	p.Release()
	defer func() {
		if recover() == nil {
			t.Error("a packet has a holder after Close: the Link did not release it")
		}
	}()
	p.Release()
}

// TestQueueingAllocatesNothing sends the same packets again and again.
func TestQueueingAllocatesNothing(t *testing.T) {
	l, inner := attached(t, Config{Target: -1})
	inner.allow(-1)
	pkts := make([]*netstack.Packet, 100)
	for i := range pkts {
		pkts[i] = packet(udp(i, 1000, 0))
		defer pkts[i].Release()
	}
	cycle := func() {
		want := l.Stats().Accepted + uint64(len(pkts))
		for _, p := range pkts {
			p.Retain()
		}
		_, _ = l.Send(pkts)
		for l.Stats().Sent < want {
			runtime.Gosched()
		}
	}
	cycle()
	if n := testing.AllocsPerRun(100, cycle); n >= 1 {
		t.Errorf("%v allocations for 100 packets, want none", n)
	}
}
