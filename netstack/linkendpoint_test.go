package netstack

import (
	"bytes"
	"net"
	"sync/atomic"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// sinkLink is a Link that counts what it is sent and drops it.
type sinkLink struct {
	offload  Offload
	mtu      int
	refuse   int // take all but that many of each batch
	err      error
	packets  atomic.Int64
	receiver Receiver
	look     func(*Packet)
}

func (l *sinkLink) MTU() int                { return l.mtu }
func (l *sinkLink) Offload() Offload        { return l.offload }
func (l *sinkLink) Attach(r Receiver) error { l.receiver = r; return nil }
func (l *sinkLink) Close() error            { return nil }

func (l *sinkLink) Send(pkts []*Packet) (int, error) {
	for _, p := range pkts {
		if l.look != nil {
			l.look(p)
		}
		p.Release()
	}
	n := max(len(pkts)-l.refuse, 0)
	l.packets.Add(int64(n))
	return n, l.err
}

// countingLink is a decorator that looks at every packet both ways.
type countingLink struct {
	Link
	receiver Receiver
	bytes    int
}

func (l *countingLink) Attach(r Receiver) error {
	l.receiver = r
	return l.Link.Attach(l)
}

func (l *countingLink) Send(pkts []*Packet) (int, error) {
	l.look(pkts)
	return l.Link.Send(pkts)
}

func (l *countingLink) Deliver(pkts []*Packet) {
	l.look(pkts)
	l.receiver.Deliver(pkts)
}

func (l *countingLink) LinkDown(err error) { l.receiver.LinkDown(err) }

func (l *countingLink) look(pkts []*Packet) {
	for _, p := range pkts {
		for s := range p.Segments {
			l.bytes += len(s)
		}
	}
}

// devNull is a dispatcher that takes every packet.
type devNull struct {
	stack.NetworkDispatcher
	packets, bytes int
}

func (d *devNull) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pb *stack.PacketBuffer) {
	d.packets++
	d.bytes += pb.Size()
}

// outgoingBuffer is a packet as TCP makes it: reserved headers, pushed, and
// data.
func outgoingBuffer(headers, data []byte) *stack.PacketBuffer {
	pb := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: len(headers) + 4,
		Payload:            buffer.MakeWithData(data),
	})
	copy(pb.TransportHeader().Push(len(headers)-20), headers[20:])
	copy(pb.NetworkHeader().Push(20), headers)
	return pb
}

func header4(size int) []byte {
	b := bytes.Repeat([]byte{7}, size)
	b[0] = 0x45
	return b
}

func TestSendAndDeliverThroughTwoDecoratorsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops at random under the race detector")
	}
	bothWays(t, func(round func()) {
		if per := testing.AllocsPerRun(2000, round); per != 0 {
			t.Errorf("%v allocations per batch of %d packets each way, want 0", per, batchTested)
		}
	})
}

func BenchmarkTwoDecorators(b *testing.B) {
	bothWays(b, func(round func()) {
		b.ReportAllocs()
		for b.Loop() {
			round()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*batchTested*b.N), "ns/packet")
	})
}

const batchTested = 8

// bothWays gives run a function that sends a batch through two decorators into
// a sink and delivers one through them to a dispatcher.
func bothWays(t testing.TB, run func(round func())) {
	sink := &sinkLink{mtu: 1500}
	outer := &countingLink{Link: &countingLink{Link: sink}}
	e := newLinkEndpoint(outer, nil)
	null := &devNull{}
	e.Attach(null)
	if err := outer.Attach(e); err != nil {
		t.Fatal(err)
	}
	var list stack.PacketBufferList
	for range batchTested {
		list.PushBack(outgoingBuffer(header4(40), make([]byte, 1400)))
	}
	defer list.Reset()
	arrived := make([]*Packet, batchTested)
	head := header4(40)
	rounds := 0
	run(func() {
		rounds++
		if n, err := e.WritePackets(list); n != batchTested || err != nil {
			t.Fatalf("WritePackets: %d, %v", n, err)
		}
		for i := range arrived {
			arrived[i] = NewPacket(1440)
			fill(arrived[i], head)
		}
		sink.receiver.Deliver(arrived)
	})
	if want := rounds * batchTested; sink.packets.Load() != int64(want) || null.packets != want || outer.bytes != 2*want*1440 {
		t.Errorf("%d sent, %d delivered, %d bytes seen; want %d packets each way", sink.packets.Load(), null.packets, outer.bytes, want)
	}
}

func TestSentPacketKeepsItsHeaders(t *testing.T) {
	var kept *Packet
	sink := &sinkLink{mtu: 1500, look: func(p *Packet) { p.Retain(); kept = p }}
	e := newLinkEndpoint(sink, nil)
	head, data := header4(40), bytes.Repeat([]byte{9}, 100)
	pb := outgoingBuffer(head, data)
	var list stack.PacketBufferList
	list.PushBack(pb)
	e.WritePackets(list)
	clear(pb.NetworkHeader().Slice()) // as TCP does before it sends the segment again
	if want := append(head, data...); !bytes.Equal(packetBytes(kept), want) {
		t.Errorf("a packet that a link holds changed:\n%x\nwant\n%x", packetBytes(kept), want)
	}
	kept.Release()
	list.Reset()
}

func TestSegmentationAndChecksumStateOfSentPackets(t *testing.T) {
	partial := Checksum{State: ChecksumPartial, Start: 20, Offset: 16}
	for _, test := range []struct {
		name string
		gso  stack.GSO
		tx   bool
		want GSO
		sum  Checksum
	}{
		{"plain", stack.GSO{}, false, GSO{}, Checksum{}},
		{"plain on a link that needs no checksums", stack.GSO{}, true, GSO{}, Checksum{State: ChecksumValid}},
		{"one segment", stack.GSO{Type: stack.GSOTCPv4, MSS: 1460, NeedsCsum: true, CsumOffset: 16, L3HdrLen: 20}, true, GSO{}, partial},
		{"three segments", stack.GSO{Type: stack.GSOTCPv4, MSS: 500, NeedsCsum: true, CsumOffset: 16, L3HdrLen: 20}, false, GSO{SegmentBytes: 500, HeaderBytes: 40}, partial},
		{"IPv6", stack.GSO{Type: stack.GSOTCPv6, MSS: 500, NeedsCsum: true, CsumOffset: 16, L3HdrLen: 40}, false, GSO{SegmentBytes: 500, HeaderBytes: 40, IPv6: true}, Checksum{State: ChecksumPartial, Start: 40, Offset: 16}},
	} {
		e := newLinkEndpoint(&sinkLink{mtu: 1500, offload: Offload{TxChecksum: test.tx}}, nil)
		pb := outgoingBuffer(header4(40), make([]byte, 1400))
		pb.GSOOptions = test.gso
		p := e.outgoing(pb)
		if p.GSO() != test.want || p.Checksum() != test.sum {
			t.Errorf("%s: %+v %+v, want %+v %+v", test.name, p.GSO(), p.Checksum(), test.want, test.sum)
		}
		p.Release()
		pb.DecRef()
	}
}

func TestDropsAreCounted(t *testing.T) {
	sink := &sinkLink{mtu: 1500, refuse: 1}
	e := newLinkEndpoint(sink, nil)
	var list stack.PacketBufferList
	for range 3 {
		list.PushBack(outgoingBuffer(header4(40), nil))
	}
	defer list.Reset()
	if n, err := e.WritePackets(list); n != 3 || err != nil || e.drops.send.Load() != 1 {
		t.Errorf("one of three dropped: %d, %v, counted %d", n, err, e.drops.send.Load())
	}
	sink.refuse, sink.err = 3, net.ErrClosed
	_, err := e.WritePackets(list)
	if _, ok := err.(*tcpip.ErrClosedForSend); !ok || e.drops.send.Load() != 4 {
		t.Errorf("closed link: %v, counted %d", err, e.drops.send.Load())
	}
	e.Deliver([]*Packet{NewPacket(20)})
	if e.drops.deliver.Load() != 1 {
		t.Errorf("delivered before Attach: counted %d", e.drops.deliver.Load())
	}
	null := &devNull{}
	e.Attach(null)
	odd := NewPacket(20)
	fill(odd, []byte{0x50})
	e.Deliver([]*Packet{odd})
	if e.drops.version.Load() != 1 || null.packets != 0 {
		t.Errorf("neither IPv4 nor IPv6: counted %d, delivered %d", e.drops.version.Load(), null.packets)
	}
}

func TestHeldPacketIsNotChangedByTheStack(t *testing.T) {
	a, _ := newPair(t, 1500)
	p := newPacketOf(header4(64), make([]byte, 64))
	want := packetBytes(p)
	p.Retain()
	a.nics[1].link.Deliver([]*Packet{p})
	a.Settle()
	if got := packetBytes(p); !bytes.Equal(got, want) {
		t.Errorf("delivered packet changed under its holder:\n%x\nwant\n%x", got, want)
	}
	p.Release()
}
