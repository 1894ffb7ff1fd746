package netstack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// stream makes count segments of one flow, in sequence, of size bytes each.
func stream(base segmentSpec, count, size int) []segmentSpec {
	out := make([]segmentSpec, count)
	for i := range out {
		out[i] = base
		out[i].seq += uint32(i * size)
		out[i].id += uint16(i)
		out[i].payload = pattern(i*size + size)[i*size:]
	}
	return out
}

var (
	plain4 = segmentSpec{ttl: 64, tos: 4, id: 65533, fragment: 0x4000, seq: 1<<32 - 2000, ack: 9, flags: tcpACK, options: timestampOption}
	plain6 = segmentSpec{v6: true, ttl: 64, tos: 4, seq: 1<<32 - 2000, ack: 9, flags: tcpACK, options: timestampOption}
)

// coalesced runs specs through a coalescer, checks that nothing is lost or
// changed, and returns the payload sizes of what comes out.
func coalesced(t *testing.T, specs []segmentSpec) []int {
	t.Helper()
	var in [][]byte
	for _, s := range specs {
		in = append(in, s.bytes())
	}
	var sizes []int
	for pieces := 1; pieces < 4; pieces += 2 {
		before := packetsLive.Load()
		out := coalesceBytes(new(coalescer), in, pieces)
		if err := checkCoalesced(in, out); err != nil {
			t.Error(err)
		}
		if live := packetsLive.Load() - before; live != int64(len(out)) {
			t.Errorf("%d packets live, %d came out", live, len(out))
		}
		sizes = sizes[:0]
		for _, p := range out {
			s, _, err := readSegmentUnsummed(packetBytes(p))
			if err != nil {
				t.Error(err)
			}
			sizes = append(sizes, len(s.payload))
			p.Release()
		}
	}
	return sizes
}

func TestCoalesceJoinsARun(t *testing.T) {
	for _, base := range []segmentSpec{plain4, plain6} {
		for _, size := range []int{1000, 1001, 256} {
			specs := stream(base, 20, size)
			if got := coalesced(t, specs); !slices.Equal(got, []int{20 * size}) {
				t.Errorf("v6 %v: 20 segments of %d bytes became %v", base.v6, size, got)
			}
			specs[19].payload = specs[19].payload[:1]
			if got := coalesced(t, specs); !slices.Equal(got, []int{19*size + 1}) {
				t.Errorf("v6 %v: the last with 1 byte: %v", base.v6, got)
			}
		}
		specs := stream(base, 6, 1000)
		specs[2].flags |= tcpPSH
		specs[5].flags |= tcpPSH
		if got := coalesced(t, specs); !slices.Equal(got, []int{3000, 3000}) {
			t.Errorf("v6 %v: PSH in the third and the sixth segment: %v", base.v6, got)
		}
		if got := coalesced(t, stream(base, 140, 1000)); len(got) != 3 || got[0] != 65000 || got[2] != 10_000 {
			t.Errorf("v6 %v: 140 segments of 1000 bytes: %v, want at most 65535 bytes each", base.v6, got)
		}
	}
	fixed := stream(plain4, 5, 1000)
	for i := range fixed {
		fixed[i].id = 0
	}
	if got := coalesced(t, fixed); !slices.Equal(got, []int{5000}) {
		t.Errorf("IDs that stay the same, with DF: %v", got)
	}
	counting := stream(plain4, 5, 1000)
	for i := range counting {
		counting[i].fragment = 0
	}
	if got := coalesced(t, counting); !slices.Equal(got, []int{5000}) {
		t.Errorf("IDs that count up, without DF: %v", got)
	}
}

func TestCoalesceInterleavedFlows(t *testing.T) {
	for flows, want := range map[int]int{2: 2, 8: 8, coalesceRunsMax: coalesceRunsMax, coalesceRunsMax + 1: 10 * (coalesceRunsMax + 1)} {
		var specs []segmentSpec
		for i := range 10 {
			for f := range flows {
				base := plain4
				if f%2 == 1 {
					base = plain6
				}
				base.flow = byte(f)
				specs = append(specs, stream(base, 10, 500)[i])
			}
		}
		if got := coalesced(t, specs); len(got) != want {
			t.Errorf("%d flows of 10 segments: %d packets, want %d", flows, len(got), want)
		}
	}
}

// TestCoalesceKeepsApart changes the third of four segments, and says what may
// still be joined.
func TestCoalesceKeepsApart(t *testing.T) {
	for name, test := range map[string]struct {
		v4, v6 bool
		change func(*segmentSpec)
		want   []int
	}{
		"acknowledgement": {true, true, func(s *segmentSpec) { s.ack++ }, []int{2000, 1000, 1000}},
		"sequence":        {true, true, func(s *segmentSpec) { s.seq++ }, []int{2000, 1000, 1000}},
		"a repetition":    {true, true, func(s *segmentSpec) { s.seq -= 1000 }, []int{2000, 1000, 1000}},
		"SYN":             {true, true, func(s *segmentSpec) { s.flags |= tcpSYN }, []int{2000, 1000, 1000}},
		"FIN":             {true, true, func(s *segmentSpec) { s.flags |= tcpFIN }, []int{2000, 1000, 1000}},
		"RST":             {true, true, func(s *segmentSpec) { s.flags |= tcpRST }, []int{2000, 1000, 1000}},
		"URG":             {true, true, func(s *segmentSpec) { s.flags |= tcpURG }, []int{2000, 1000, 1000}},
		"ECE":             {true, true, func(s *segmentSpec) { s.flags |= 0x40 }, []int{2000, 1000, 1000}},
		"CWR":             {true, true, func(s *segmentSpec) { s.flags |= tcpCWR }, []int{2000, 1000, 1000}},
		"no ACK":          {true, true, func(s *segmentSpec) { s.flags = 0 }, []int{2000, 1000, 1000}},
		"no payload":      {true, true, func(s *segmentSpec) { s.payload = nil }, []int{2000, 0, 1000}},
		"longer":          {true, true, func(s *segmentSpec) { s.payload = pattern(1001) }, []int{2000, 1001, 1000}},
		"timestamp":       {true, true, func(s *segmentSpec) { s.options = bytes.Repeat([]byte{1}, 12) }, []int{2000, 1000, 1000}},
		"no options":      {true, true, func(s *segmentSpec) { s.options = nil }, []int{2000, 1000, 1000}},
		"traffic class":   {true, true, func(s *segmentSpec) { s.tos = 7 }, []int{2000, 1000, 1000}},
		"time to live":    {true, true, func(s *segmentSpec) { s.ttl = 63 }, []int{2000, 1000, 1000}},
		"ID":              {true, false, func(s *segmentSpec) { s.id += 9 }, []int{2000, 1000, 1000}},
		"ID stays":        {true, false, func(s *segmentSpec) { s.id-- }, []int{2000, 1000, 1000}},
		"no DF":           {true, false, func(s *segmentSpec) { s.fragment = 0 }, []int{2000, 1000, 1000}},
		"first fragment":  {true, false, func(s *segmentSpec) { s.fragment = 0x2000 }, []int{2000, 1000, 1000}},
		"another flow":    {true, true, func(s *segmentSpec) { s.flow++ }, []int{2000, 1000, 1000}},
	} {
		for _, base := range []segmentSpec{plain4, plain6} {
			if base.v6 && !test.v6 || !base.v6 && !test.v4 {
				continue
			}
			specs := stream(base, 4, 1000)
			test.change(&specs[2])
			if got := coalesced(t, specs); !slices.Equal(got, test.want) {
				t.Errorf("%s, v6 %v: %v, want %v", name, base.v6, got, test.want)
			}
		}
	}
	for name, change := range map[string]func(*segmentSpec){
		"IDs that stay the same without DF": func(s *segmentSpec) { s.id, s.fragment = 0, 0 },
		"bits nobody knows":                 func(s *segmentSpec) { s.bits = 1 },
		"tiny segments":                     func(s *segmentSpec) { s.payload, s.seq = s.payload[:255], plain4.seq+255*uint32(s.id-plain4.id) },
	} {
		specs := stream(plain4, 4, 1000)
		for i := range specs {
			change(&specs[i])
		}
		if got := coalesced(t, specs); len(got) != 4 {
			t.Errorf("%s: %v, want them apart", name, got)
		}
	}
}

// TestCoalescePassesWhatItMayNotTouch puts a packet into the middle of a run: the
// second segment once more, harmed, held or described. What could be of the
// flow must stay where it is.
func TestCoalescePassesWhatItMayNotTouch(t *testing.T) {
	var in [][]byte
	for _, s := range stream(plain4, 4, 1000) {
		in = append(in, s.bytes())
	}
	for name, test := range map[string]struct {
		harm func(p *Packet, b []byte)
		want int
	}{
		"wrong TCP sum":         {func(p *Packet, b []byte) { b[500]++ }, 3},
		"wrong IPv4 sum":        {func(p *Packet, b []byte) { b[10]++ }, 3},
		"bits nobody knows":     {func(p *Packet, b []byte) { b[32] |= 1; b[36]-- }, 3},
		"IP length":             {func(p *Packet, b []byte) { b[3]++ }, 3},
		"short":                 {func(p *Packet, b []byte) { p.Truncate(30) }, 3},
		"shorter":               {func(p *Packet, b []byte) { p.Truncate(10) }, 3},
		"IP options":            {func(p *Packet, b []byte) { b[0]++ }, 3},
		"later fragment":        {func(p *Packet, b []byte) { b[7] = 5 }, 3},
		"an extension":          {func(p *Packet, b []byte) { b[0], b[6] = 0x60, 60 }, 3},
		"held by somebody else": {func(p *Packet, b []byte) { p.Retain() }, 3},
		"joined before":         {func(p *Packet, b []byte) { p.SetGSO(GSO{SegmentBytes: 100, HeaderBytes: 52}) }, 3},
		"partial sum":           {func(p *Packet, b []byte) { p.SetChecksum(Checksum{State: ChecksumPartial, Start: 20, Offset: 16}) }, 3},
		"UDP":                   {func(p *Packet, b []byte) { b[9] = 17 }, 2},
		"another version":       {func(p *Packet, b []byte) { b[0] = 0x55 }, 2},
		"empty":                 {func(p *Packet, b []byte) { p.Truncate(0) }, 2},
	} {
		middle := cut(in[1], 1)
		test.harm(middle, middle.firstSegment())
		was := packetBytes(middle)
		out := new(coalescer).coalesce([]*Packet{cut(in[0], 1), cut(in[1], 1), middle, cut(in[2], 1), cut(in[3], 1)})
		if len(out) != test.want {
			t.Errorf("%s: %d packets, want %d", name, len(out), test.want)
		} else if out[1] != middle || !bytes.Equal(packetBytes(middle), was) {
			t.Errorf("%s: the packet was touched", name)
		}
		if middle.refs.Load() == 2 {
			middle.Release()
		}
		releaseAll(out)
	}
}

// TestCoalescePassesHeadersInPieces leaves packets alone whose headers are not in
// one piece.
func TestCoalescePassesHeadersInPieces(t *testing.T) {
	var pkts []*Packet
	var in [][]byte
	for i, s := range stream(plain6, 4, 1000) {
		b := s.bytes() // 72 bytes of headers
		in = append(in, b)
		if i == 2 {
			pkts = append(pkts, newPacketOf(b[:64], b[64:]))
		} else {
			pkts = append(pkts, cut(b, 1))
		}
	}
	out := new(coalescer).coalesce(pkts)
	if err := checkCoalesced(in, out); err != nil || len(out) != 3 {
		t.Errorf("%d packets, %v; want two joined, and the others as they are", len(out), err)
	}
	releaseAll(out)
}

// TestCoalesceTakesWhatIsVouchedFor joins packets whose checksum field is empty.
func TestCoalesceTakesWhatIsVouchedFor(t *testing.T) {
	var pkts []*Packet
	for _, s := range stream(plain4, 4, 1000) {
		b := s.bytes()
		b[36], b[37] = 0, 0
		p := cut(b, 1)
		p.SetChecksum(Checksum{State: ChecksumValid})
		pkts = append(pkts, p)
	}
	out := new(coalescer).coalesce(pkts)
	if len(out) != 1 || out[0].Len() != 4052 || out[0].GSO() != (GSO{SegmentBytes: 1000, HeaderBytes: 52}) {
		t.Errorf("%d packets, the first with %+v", len(out), out[0].GSO())
	}
	releaseAll(out)
}

// TestCoalesceFillsTheFieldOnlyWhereItCan joins what was verified to what was
// not, whichever comes first.
func TestCoalesceFillsTheFieldOnlyWhereItCan(t *testing.T) {
	for vouched := range 4 {
		var pkts []*Packet
		for i, s := range stream(plain4, 3, 1000) {
			p := cut(s.bytes(), 1)
			if i == vouched {
				p.SetChecksum(Checksum{State: ChecksumValid})
			}
			pkts = append(pkts, p)
		}
		field := bytes.Clone(pkts[0].firstSegment()[36:38])
		out := new(coalescer).coalesce(pkts)
		b := packetBytes(out[0])
		_, err := readSegment(b)
		if vouched == 3 && err != nil {
			t.Errorf("all verified: %v", err)
		}
		if vouched < 3 && !bytes.Equal(b[36:38], field) {
			t.Errorf("segment %d was not summed, and yet the field was written: %v", vouched, err)
		}
		releaseAll(out)
	}
}

// sharing is a packet of its own in the memory of p.
func sharing(p *Packet) *Packet {
	return wrapPacket(stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: p.buf.ToBuffer()}))
}

// TestCoalesceWritesIntoNothingShared joins packets whose memory, though not the
// packet, is held elsewhere.
func TestCoalesceWritesIntoNothingShared(t *testing.T) {
	var pkts, twins []*Packet
	var was [][]byte
	for _, s := range stream(plain4, 4, 1000) {
		p := cut(s.bytes(), 1)
		twins = append(twins, p)
		pkts = append(pkts, sharing(p))
		was = append(was, packetBytes(p))
	}
	out := new(coalescer).coalesce(pkts)
	if err := checkCoalesced(was, out); err != nil || len(out) != 1 {
		t.Errorf("%d packets, %v", len(out), err)
	}
	for i, p := range twins {
		if !bytes.Equal(packetBytes(p), was[i]) {
			t.Errorf("packet %d has changed for its other holder", i)
		}
	}
	releaseAll(out)
	releaseAll(twins)
}

func TestCoalesceKnowsWhatWasVerified(t *testing.T) {
	bad := plain4.bytes()
	long := stream(plain4, 1, 1000)[0]
	long.flow = 1
	bad = append(bad, 1)
	binary.BigEndian.PutUint16(bad[2:], uint16(len(bad)))
	checksumInto(bad[:20:20], 10)
	for i, test := range []struct {
		packet []byte
		want   ChecksumState
	}{{long.bytes(), ChecksumValid}, {bad, ChecksumUnknown}, {echoRequest(10), ChecksumUnknown}} {
		out := coalesceBytes(new(coalescer), [][]byte{test.packet}, 1)
		if out[0].Checksum().State != test.want {
			t.Errorf("packet %d: state %d, want %d", i, out[0].Checksum().State, test.want)
		}
		releaseAll(out)
	}
}

// TestCoalesceAnyBatch joins batches of segments that are drawn by lot, most of
// them good, and cuts the outcome again.
func TestCoalesceAnyBatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 6))
	var c coalescer
	joined := 0
	for range 300 {
		recipe := make([]byte, 4*(1+rng.IntN(100)))
		flows, sizes := 1+rng.IntN(8), 1+rng.IntN(8)
		for i := 0; i < len(recipe); i += 4 {
			recipe[i] = byte(rng.IntN(flows))
			recipe[i+1] = byte(rng.IntN(sizes))
			if rng.IntN(20) == 0 {
				recipe[i], recipe[i+1] = byte(rng.Uint32()), byte(rng.Uint32())
				recipe[i+2], recipe[i+3] = byte(rng.IntN(100)), 1<<rng.IntN(8)
			}
		}
		in := fuzzSegments(recipe)
		out := coalesceBytes(&c, in, 1+rng.IntN(3))
		if err := checkCoalesced(in, out); err != nil {
			t.Fatalf("recipe %x: %v", recipe, err)
		}
		joined += len(in) - len(out)
		releaseAll(out)
	}
	if joined < 3000 {
		t.Errorf("%d packets were joined to others, want many", joined)
	}
}

func TestCoalesceOfNothing(t *testing.T) {
	var c coalescer
	if out := c.coalesce(nil); len(out) != 0 {
		t.Error(out)
	}
	empty := NewPacket(1)
	empty.Truncate(0)
	if out := c.coalesce([]*Packet{empty}); len(out) != 1 {
		t.Error(out)
	}
	empty.Release()
}

// TestCoalescerKeepsNoPacket looks for what a batch leaves behind.
func TestCoalescerKeepsNoPacket(t *testing.T) {
	var c coalescer
	var in [][]byte
	for f := range 2 * coalesceRunsMax {
		base := plain4
		base.flow = byte(f)
		in = append(in, stream(base, 1, 1000)[0].bytes())
	}
	pkts := make([]*Packet, 0, len(in)+3)
	for _, s := range stream(plain4, 4, 1000) {
		pkts = append(pkts, cut(s.bytes(), 1))
	}
	whole := pkts
	pkts = c.coalesce(pkts)
	if len(pkts) != 1 || whole[1] != nil || whole[3] != nil {
		t.Errorf("packets that were joined are still in the slice: %v", whole)
	}
	releaseAll(pkts)
	releaseAll(coalesceBytes(&c, in, 1))
	for i, r := range c.runs {
		if r.first != nil || r.headers.ip != nil || c.open != 0 {
			t.Errorf("run %d is still open: %s", i, fmt.Sprint(r))
		}
	}
}
