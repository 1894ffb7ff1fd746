package netstack

import (
	"net/netip"
	"runtime"
	"sync"
	"testing"
)

// TestSettleIsABarrier pins what Settle promises: when it returns, every
// segment delivered before has been answered, however many processors there
// are.
func TestSettleIsABarrier(t *testing.T) {
	for _, procs := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(procs)
		s, peer := newRawPeer(t, Config{})
		runtime.GOMAXPROCS(before)
		if s.processors != procs {
			t.Errorf("%d processors, want %d", s.processors, procs)
		}
		listenTCP(t, s, netip.MustParseAddrPort("192.0.2.1:80"), 20_000)
		for round := range 40 {
			const burst = 50
			batch := make([]*Packet, burst)
			for i := range batch {
				b := tcpPacket(segment{flags: flagSYN, local: 80, remote: uint16(1 + round*burst + i), seq: 7})
				batch[i] = NewPacket(len(b))
				fill(batch[i], b)
			}
			peer.receiver.Deliver(batch)
			s.Settle()
			if sent := peer.take(); len(sent) != burst {
				t.Fatalf("%d processors, round %d: %d of %d SYNs were answered when Settle returned", procs, round, len(sent), burst)
			}
		}
		s.Close()
	}
}

// TestSettleSeesWorkThatProcessorsGiveEachOther lets connections inside one
// stack talk: each segment makes one processor give work to another.
func TestSettleSeesWorkThatProcessorsGiveEachOther(t *testing.T) {
	before := runtime.GOMAXPROCS(4)
	s, err := New(Config{})
	runtime.GOMAXPROCS(before)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	to := netip.MustParseAddrPort("127.0.0.1:80")
	l := listenTCP(t, s, to, 4096)
	for round := range 60 {
		conns := make([]endpoint, 10)
		for i := range conns {
			conns[i] = dialTCP(t, s, to)
		}
		s.Settle()
		for range conns {
			accepted, _, err := l.Accept(nil)
			if err != nil {
				t.Fatalf("round %d: a handshake was not finished when Settle returned: %s", round, err)
			}
			accepted.Abort()
			accepted.Close()
		}
		for _, c := range conns {
			c.Abort()
			c.Close()
		}
	}
}

func TestSettleIsSerialisedAndEndsWithTheStack(t *testing.T) {
	a, _ := newPair(t, 1500)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				a.Settle()
			}
		})
	}
	wg.Go(func() { a.Close() })
	wg.Wait()
	a.Settle()
}
