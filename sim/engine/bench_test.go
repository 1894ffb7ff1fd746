package engine

import (
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/fault"
)

// stillPacket is a packet that is sent again and again.
type stillPacket struct{ testPacket }

func (p *stillPacket) Retain()  {}
func (p *stillPacket) Release() {}

func BenchmarkEvents(b *testing.B) {
	e := newTestEvents(b, Limits{})
	var again func()
	again = func() { e.After(time.Millisecond, again) }
	for i := range 1000 {
		e.At(time.Duration(i)*time.Microsecond, again)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Step(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// packetWorld returns a function that moves one packet of 1500 bytes, in two
// pieces, from a to b.
func packetWorld(t testing.TB, trace *Trace) (move func()) {
	e := newTestEvents(t, Limits{})
	n, err := New(Config{
		Events: e, Trace: trace, Judge: fault.NewSet(1),
		Path:      PathConfig{Delay: time.Millisecond, BitsPerSecond: 1e9, Jitter: Jitter{JitterNormal, time.Microsecond}},
		NewPacket: func([]byte) Packet { t.Error("a packet was made"); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	bed := &bed{Network: n, t: t}
	a, b := bed.host("a", "10.0.0.1/24"), bed.host("b", "10.0.0.2/24")
	arrived := 0
	b.Receive(func(Packet) { arrived++ })
	p := &stillPacket{*udp4(aUDP, bUDP, 1500, 0)}
	p.piece = 40
	return func() {
		n.Send(a, p)
		n.Forward()
		for range 2 { // it is sent, it arrives
			if _, err := e.Step(); err != nil {
				t.Fatal(err)
			}
		}
		if arrived == 0 {
			t.Fatal("nothing arrived")
		}
		arrived = 0
	}
}

func BenchmarkPackets(b *testing.B) {
	for _, c := range []struct {
		name  string
		trace *Trace
	}{{"hash", NewTrace(TraceConfig{})}, {"no hash", NewTrace(TraceConfig{NoHash: true})}, {"no trace", nil}} {
		b.Run(c.name, func(b *testing.B) {
			move := packetWorld(b, c.trace)
			b.ReportAllocs()
			for b.Loop() {
				move()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s")
		})
	}
}

func TestPacketsAllocateNothing(t *testing.T) {
	move := packetWorld(t, NewTrace(TraceConfig{}))
	for range 100 {
		move()
	}
	if n := testing.AllocsPerRun(1000, move); n != 0 {
		t.Errorf("a packet takes %v allocations, want 0", n)
	}
}
