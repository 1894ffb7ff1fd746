package netstack

import (
	"bytes"
	"fmt"
	"testing"
)

// timestampOption is what Linux puts before every segment's payload.
var timestampOption = []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}

// segments cuts p and returns copies of what comes out.
func segments(t testing.TB, p *Packet) [][]byte {
	t.Helper()
	var s segmenter
	if err := s.start(p); err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for s.size() > 0 {
		b := make([]byte, s.size()+3)
		n := s.next(b)
		if !bytes.Equal(b[n:], []byte{0, 0, 0}) {
			t.Fatal("a segment was written beyond its size")
		}
		out = append(out, b[:n])
	}
	if s.next(nil) != 0 {
		t.Fatal("a segment after the last")
	}
	return out
}

// checkSegments compares segments with the packet that they were cut from.
func checkSegments(out [][]byte, whole tcpSegment, mss int) error {
	want := max((len(whole.payload)+mss-1)/mss, 1)
	if len(out) != want {
		return fmt.Errorf("%d segments, want %d", len(out), want)
	}
	var payload []byte
	for i, b := range out {
		s, err := readSegment(b)
		if err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
		flags := whole.flags
		if i > 0 {
			flags &^= tcpCWR
		}
		if i < want-1 {
			flags &^= tcpFIN | tcpPSH
		}
		switch {
		case s.flow != whole.flow || s.shared != whole.shared || s.ack != whole.ack:
			return fmt.Errorf("segment %d: %+v differs from %+v", i, s, whole)
		case s.flags != flags:
			return fmt.Errorf("segment %d: flags %#x, want %#x", i, s.flags, flags)
		case s.seq != whole.seq+uint32(len(payload)):
			return fmt.Errorf("segment %d: sequence number %d, want %d", i, s.seq, whole.seq+uint32(len(payload)))
		case !s.v6 && s.id != whole.id+uint16(i):
			return fmt.Errorf("segment %d: ID %d, want %d", i, s.id, whole.id+uint16(i))
		case len(s.payload) != mss && i < want-1:
			return fmt.Errorf("segment %d: %d bytes, want %d", i, len(s.payload), mss)
		}
		payload = append(payload, s.payload...)
	}
	if !bytes.Equal(payload, whole.payload) {
		return fmt.Errorf("the segments' payloads are not the packet's")
	}
	return nil
}

func TestSegmenterCutsExactly(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, options := range [][]byte{nil, timestampOption, bytes.Repeat([]byte{1}, 40)} {
			for _, size := range []int{0, 1, 999, 1000, 1001, 1999, 2000, 65400} {
				for _, mss := range []int{1000, 1, 7, 65535} {
					spec := segmentSpec{
						v6: v6, tos: 0x28, ttl: 64, id: 65530, fragment: 0x4000, seq: 1<<32 - 1500, ack: 77,
						flags: tcpACK | tcpPSH | tcpFIN | tcpCWR, options: options, payload: pattern(size),
					}
					head := len(spec.bytes()) - size
					if mss == 1 && size > 5000 {
						continue
					}
					spec.payload = spec.payload[:min(size, 65535-head)]
					mss = min(mss, 65535-head)
					whole, err := readSegment(spec.bytes())
					if err != nil {
						t.Fatal(err)
					}
					p := spec.super(mss, 1+size%5)
					if err := checkSegments(segments(t, p), whole, mss); err != nil {
						t.Errorf("v6 %v, %d bytes of options, %d of payload by %d: %v", v6, len(options), size, mss, err)
					}
					p.Release()
				}
			}
		}
	}
}

func TestSegmenterLeavesThePacketAlone(t *testing.T) {
	p := segmentSpec{ttl: 64, flags: tcpACK, payload: pattern(5000)}.super(1000, 3)
	defer p.Release()
	before := packetBytes(p)
	segments(t, p)
	if !bytes.Equal(packetBytes(p), before) {
		t.Error("cutting a packet changed it")
	}
}

func TestSegmenterRefusesWhatDoesNotFit(t *testing.T) {
	v4 := segmentSpec{ttl: 64, fragment: 0x4000, flags: tcpACK, payload: pattern(3000)}
	v6 := segmentSpec{v6: true, ttl: 64, flags: tcpACK, payload: pattern(3000)}
	edit := func(at int, x byte) func(*Packet) {
		return func(p *Packet) {
			for b := range p.Segments {
				b[at] = x
				return
			}
		}
	}
	gso := func(g GSO) func(*Packet) { return func(p *Packet) { p.SetGSO(g) } }
	for _, test := range []struct {
		spec segmentSpec
		harm func(*Packet)
		want packetFault
	}{
		{v4, gso(GSO{}), faultNotGSO},
		{v4, gso(GSO{SegmentBytes: 1000, HeaderBytes: 44}), faultHeaderBytes},
		{v4, gso(GSO{SegmentBytes: 1000, HeaderBytes: 40, IPv6: true}), faultGSOVersion},
		{v4, gso(GSO{SegmentBytes: -1, HeaderBytes: 40}), faultSegmentBytes},
		{v4, gso(GSO{SegmentBytes: 65500, HeaderBytes: 40}), faultSegmentBytes},
		{v4, func(p *Packet) { p.SetChecksum(Checksum{}) }, faultUnverified},
		{v4, edit(0, 0x46), faultOptions},
		{v4, edit(0, 0x55), faultVersion},
		{v4, edit(9, 17), faultProtocol},
		{v4, edit(6, 0x20), faultFragment},
		{v4, edit(7, 1), faultFragment},
		{v4, edit(2, 1), faultLength},
		{v4, edit(32, 0x40), faultDataOffset},
		{segmentSpec{ttl: 64, payload: pattern(3)}, edit(32, 0xf0), faultDataOffset},
		{v4, edit(33, tcpACK|tcpSYN), faultFlags},
		{v4, edit(33, tcpACK|tcpRST), faultFlags},
		{v4, edit(33, tcpACK|tcpURG), faultFlags},
		{v4, func(p *Packet) { p.Truncate(39) }, faultShort},
		{v4, func(p *Packet) { p.Truncate(0) }, faultShort},
		{v4, func(p *Packet) { p.Truncate(2000) }, faultLength},
		{v6, edit(6, 0), faultProtocol},
		{v6, edit(4, 1), faultLength},
		{v6, edit(52, 0x10), faultDataOffset},
		{v6, func(p *Packet) { p.Truncate(50) }, faultLength},
		{v6, func(p *Packet) { edit(4, 0)(p); edit(5, 10)(p); p.Truncate(50) }, faultShort},
	} {
		p := test.spec.super(1000, 1)
		test.harm(p)
		s := segmenter{bytes: 40, segmentBytes: 9, left: 5, unsent: true} // from a packet before
		if err := s.start(p); err != test.want {
			t.Errorf("start: %v, want %v", err, test.want)
		}
		if s.size() != 0 || s.next(nil) != 0 {
			t.Errorf("%v: there is still something to cut", test.want)
		}
		p.Release()
	}
}

func TestSegmenterAllocatesNothing(t *testing.T) {
	p := segmentSpec{ttl: 64, flags: tcpACK, payload: pattern(60_000)}.super(1460, 2)
	defer p.Release()
	var s segmenter
	scratch := make([]byte, 1500)
	total := 0
	per := testing.AllocsPerRun(100, func() {
		if err := s.start(p); err != nil {
			t.Fatal(err)
		}
		for s.size() > 0 {
			total += s.next(scratch)
		}
	})
	if per != 0 || total == 0 {
		t.Errorf("%v allocations per packet cut", per)
	}
}

func BenchmarkSegmenter(b *testing.B) {
	for _, mss := range []int{1460, 536} {
		b.Run(fmt.Sprint("mss", mss), func(b *testing.B) {
			p := segmentSpec{ttl: 64, flags: tcpACK, payload: pattern(65495)}.super(mss, 1)
			defer p.Release()
			var s segmenter
			scratch := make([]byte, 1500)
			b.ReportAllocs()
			b.SetBytes(65495)
			for b.Loop() {
				if err := s.start(p); err != nil {
					b.Fatal(err)
				}
				for s.size() > 0 {
					s.next(scratch)
				}
			}
		})
	}
}
