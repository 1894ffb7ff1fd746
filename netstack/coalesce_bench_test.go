package netstack

import (
	"math/rand/v2"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/stack/gro"
)

// coalesceLoads are batches as a device without offload delivers them.
func coalesceLoads() map[string][][]byte {
	bytesOf := func(specs []segmentSpec) (out [][]byte) {
		for _, s := range specs {
			out = append(out, s.bytes())
		}
		return out
	}
	var flows [8][]segmentSpec
	for f := range flows {
		base := plain4
		base.flow = byte(f)
		flows[f] = stream(base, 6, 1448)
	}
	var mixed, acks []segmentSpec
	for i := range 6 {
		for f := range flows {
			mixed = append(mixed, flows[f][i])
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 44 {
		ack := plain4
		ack.flow, ack.ack, ack.seq = byte(rng.Uint32()), rng.Uint32(), rng.Uint32()
		acks = append(acks, ack)
	}
	return map[string][][]byte{"one": bytesOf(stream(plain4, 44, 1448)), "eight": bytesOf(mixed), "acks": bytesOf(acks)}
}

// BenchmarkCoalesce measures a batch of 44 segments of one flow, of 48 of eight
// flows, and of 44 ACKs that cannot be joined. The packets have to be made anew
// for each batch; "none" is what that costs, and "gvisor" the same with gVisor's
// own engine.
func BenchmarkCoalesce(b *testing.B) {
	for _, name := range []string{"one", "eight", "acks"} {
		load := coalesceLoads()[name]
		pkts := make([]*Packet, 0, len(load))
		fresh := func() []*Packet {
			pkts = pkts[:0]
			for _, data := range load {
				p := NewPacket(len(data))
				copy(p.firstSegment(), data)
				pkts = append(pkts, p)
			}
			return pkts
		}
		run := func(what string, f func([]*Packet) []*Packet) {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					releaseAll(f(fresh()))
				}
			})
		}
		var c coalescer
		run("none", func(pkts []*Packet) []*Packet { return pkts })
		run("ours", c.coalesce)
		run("gvisor", newGVisorCoalescer().coalesce)
	}
}

// gvisorCoalescer is gVisor's engine behind our method.
type gvisorCoalescer struct {
	gro.GRO
	out int
}

func newGVisorCoalescer() *gvisorCoalescer {
	g := new(gvisorCoalescer)
	g.Init(true)
	g.Dispatcher = g
	return g
}

func (g *gvisorCoalescer) coalesce(pkts []*Packet) []*Packet {
	for _, p := range pkts {
		p.buf.NetworkProtocolNumber = header.IPv4ProtocolNumber
		p.buf.RXChecksumValidated = false
		g.Enqueue(p.buf)
	}
	g.Flush()
	return pkts
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (g *gvisorCoalescer) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {
	g.out++
}

// DeliverLinkPacket implements stack.NetworkDispatcher.
func (*gvisorCoalescer) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

func TestCoalescerAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector pools give back at random")
	}
	load := coalesceLoads()["eight"]
	pkts := make([]*Packet, 0, len(load))
	var c coalescer
	left := 0
	per := testing.AllocsPerRun(100, func() {
		pkts = pkts[:0]
		for _, data := range load {
			p := NewPacket(len(data))
			copy(p.firstSegment(), data)
			pkts = append(pkts, p)
		}
		out := c.coalesce(pkts)
		left = len(out)
		releaseAll(out)
	})
	if per >= 1 || left != 8 {
		t.Errorf("%v allocations per batch of 48 segments, joined to %d packets", per, left)
	}
}
