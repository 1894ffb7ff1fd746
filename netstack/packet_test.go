package netstack

import (
	"bytes"
	"slices"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// newPacketOf is a packet of several segments, each of a power of two bytes, at
// least 64: gVisor joins what fits into the chunk before.
func newPacketOf(segments ...[]byte) *Packet {
	var b buffer.Buffer
	for _, s := range segments {
		b.Append(buffer.NewViewWithData(s))
	}
	return wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: b}))
}

func fill(p *Packet, data []byte) {
	for s := range p.Segments {
		data = data[copy(s, data):]
	}
}

func packetBytes(p *Packet) []byte {
	b := make([]byte, p.Len())
	p.CopyTo(b)
	return b
}

func TestPacketHasOneReferencePerHolder(t *testing.T) {
	before := packetsLive.Load()
	p := NewPacket(100)
	p.Retain()
	p.Retain()
	for range 2 {
		p.Release()
	}
	if p.Len() != 100 {
		t.Errorf("Len %d while a reference is held, want 100", p.Len())
	}
	if got := packetsLive.Load() - before; got != 1 {
		t.Errorf("%d packets live, want 1", got)
	}
	p.Release()
	if got := packetsLive.Load() - before; got != 0 {
		t.Errorf("%d packets live after the last Release", got)
	}
}

func TestPacketOverReleasePanics(t *testing.T) {
	for name, misuse := range map[string]func(*Packet){"Release": (*Packet).Release, "Retain": (*Packet).Retain} {
		p := new(Packet) // not from the pool: nobody else may get it
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s of a released packet did not panic", name)
				}
			}()
			misuse(p)
		}()
	}
}

func TestNewPacketRefusesImpossibleSizes(t *testing.T) {
	for _, size := range []int{-1, 0, packetBytesMax + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewPacket(%d) did not panic", size)
				}
			}()
			NewPacket(size)
		}()
	}
}

func TestPacketSegmentsTruncateAndCopyTo(t *testing.T) {
	data := make([]byte, 256)
	for i := range data {
		data[i] = byte(0x60 + i)
	}
	p := newPacketOf(data[:64], data[64:192], data[192:])
	defer p.Release()
	if !p.IPv6() || p.Len() != 256 {
		t.Errorf("IPv6 %v, Len %d; want true, 256", p.IPv6(), p.Len())
	}
	var lengths []int
	for s := range p.Segments {
		lengths = append(lengths, len(s))
	}
	if !slices.Equal(lengths, []int{64, 128, 64}) {
		t.Errorf("segments of %v bytes, want 64, 128, 64", lengths)
	}
	short := make([]byte, 100)
	if n := p.CopyTo(short); n != 100 || !bytes.Equal(short, data[:100]) {
		t.Errorf("CopyTo 100 bytes: %d, %x", n, short)
	}
	for _, cut := range []int{1000, 256, 200, 64, 63, 0, -1} {
		want := packetBytes(p)[:min(max(cut, 0), p.Len())]
		p.Truncate(cut)
		if got := packetBytes(p); !bytes.Equal(got, want) {
			t.Errorf("Truncate(%d): %x, want %x", cut, got, want)
		}
	}
	if p.IPv6() {
		t.Error("an empty packet calls itself IPv6")
	}
}

func TestPacketFromThePoolRemembersNothing(t *testing.T) {
	p := NewPacket(10)
	p.SetGSO(GSO{SegmentBytes: 1, HeaderBytes: 2, IPv6: true})
	p.SetChecksum(Checksum{State: ChecksumPartial, Start: 20, Offset: 16})
	if p.GSO().SegmentBytes != 1 || p.Checksum().Offset != 16 {
		t.Errorf("set values are not kept: %+v %+v", p.GSO(), p.Checksum())
	}
	p.Release()
	for range 100 {
		q := NewPacket(10)
		if q.GSO() != (GSO{}) || q.Checksum() != (Checksum{}) {
			t.Fatal("a new packet has the settings of one before")
		}
		q.Release()
	}
}

func TestPacketAllocatesNothing(t *testing.T) {
	p := newPacketOf(make([]byte, 40), make([]byte, 1400))
	defer p.Release()
	into := make([]byte, 2000)
	total := 0
	per := testing.AllocsPerRun(1000, func() {
		p.Retain()
		for s := range p.Segments {
			total += len(s)
		}
		p.CopyTo(into)
		_ = p.IPv6()
		p.Release()
	})
	if per != 0 || total == 0 {
		t.Errorf("%v allocations per look at a packet", per)
	}
}
