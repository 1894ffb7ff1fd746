package sim

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
)

// segmentSink is a Link that counts what the stack sends, by TCP flags.
type segmentSink struct {
	receiver netstack.Receiver
	synAcks  atomic.Int64
}

func (*segmentSink) MTU() int                           { return 1500 }
func (*segmentSink) Offload() netstack.Offload          { return netstack.Offload{} }
func (l *segmentSink) Attach(r netstack.Receiver) error { l.receiver = r; return nil }
func (*segmentSink) Close() error                       { return nil }

func (l *segmentSink) Send(pkts []*netstack.Packet) (int, error) {
	for _, p := range pkts {
		var b []byte
		for s := range p.Segments {
			b = append(b, s...)
		}
		if len(b) >= 40 && b[33] == 0x12 {
			l.synAcks.Add(1)
		}
		p.Release()
	}
	return len(pkts), nil
}

// synFrom is a SYN from a port of 10.0.0.9 to 10.0.0.1:7.
func synFrom(port uint16) []byte {
	b := make([]byte, 40)
	b[0], b[3], b[8], b[9] = 0x45, 40, 64, 6
	copy(b[12:], []byte{10, 0, 0, 9, 10, 0, 0, 1})
	binary.BigEndian.PutUint16(b[20:], port)
	b[23], b[32], b[33], b[34] = 7, 0x50, 2, 0x10
	pseudo := uint32(6 + 20)
	for i := 12; i < 20; i += 2 {
		pseudo += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	binary.BigEndian.PutUint16(b[10:], onesSum(b[:20], 0))
	binary.BigEndian.PutUint16(b[36:], onesSum(b[20:], pseudo))
	return b
}

// onesSum is the checksum of RFC 1071.
func onesSum(b []byte, sum uint32) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// TestSettleLeavesNoWork pins the barrier that all determinism stands on, so
// that a new version of the stack below cannot break it unnoticed: bursts for
// many connections are delivered, which the stack spreads over its processors,
// and when Settle returns every segment has been answered.
func TestSettleLeavesNoWork(t *testing.T) {
	const bursts, burst = 200, 60
	link, events := &segmentSink{}, Must(engine.NewEvents(engine.Limits{}))
	var s *netstack.Stack
	var err error
	outside(func() {
		// Time stands still, so nothing is sent twice.
		s, err = netstack.New(netstack.Config{Clock: Must(events.Clock(engine.ClockConfig{Rank: 1})), Interfaces: []netstack.Interface{{
			Link: link, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")},
		}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.ListenTCP(t.Context(), netip.MustParseAddrPort("10.0.0.1:7"), netstack.ListenOptions{Backlog: 30_000}); err != nil {
		t.Fatal(err)
	}
	early := 0 // bursts that were not answered before Settle
	for i := range bursts {
		list := make([]*netstack.Packet, burst)
		for k := range list {
			list[k] = newPacket(synFrom(uint16(1000 + i*burst + k))).(*netstack.Packet)
		}
		link.receiver.Deliver(list)
		want := int64((i + 1) * burst)
		if link.synAcks.Load() < want {
			early++
		}
		s.Settle()
		if got := link.synAcks.Load(); got != want {
			t.Fatalf("burst %d: %d answers after Settle, want %d", i, got, want)
		}
	}
	if early == 0 {
		t.Error("every burst was answered before Settle: the test shows nothing")
	}
	t.Logf("%d of %d bursts were not answered before Settle", early, bursts)
}
