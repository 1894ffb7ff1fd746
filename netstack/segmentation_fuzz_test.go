package netstack

import (
	"bytes"
	"testing"
)

// FuzzSegmenter cuts any bytes as any GSO describes them. Whatever comes, it
// does not panic, writes nothing beyond a segment's size, and where it cuts at
// all, every segment is right in itself and together they are the packet.
func FuzzSegmenter(f *testing.F) {
	seed := func(s segmentSpec, mss int) {
		head := len(s.bytes()) - len(s.payload)
		f.Add(s.bytes(), uint16(mss), uint8(head), s.v6, uint8(1))
	}
	seed(segmentSpec{ttl: 64, id: 9, fragment: 0x4000, seq: 1<<32 - 5, flags: tcpACK | tcpPSH | tcpCWR, payload: pattern(300)}, 100)
	seed(segmentSpec{v6: true, ttl: 64, flags: tcpACK | tcpFIN, options: timestampOption, payload: pattern(301)}, 1)
	seed(segmentSpec{ttl: 64, flags: tcpACK}, 1)
	f.Add(echoRequest(100), uint16(10), uint8(28), false, uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, mss uint16, head uint8, v6 bool, pieces uint8) {
		if len(b) == 0 || len(b) > 4000 {
			return
		}
		p := cut(b, int(pieces%4)+1)
		defer p.Release()
		p.SetGSO(GSO{SegmentBytes: int(mss), HeaderBytes: int(head), IPv6: v6})
		p.SetChecksum(Checksum{State: ChecksumPartial})
		var s segmenter
		if s.start(p) != nil {
			if s.size() != 0 {
				t.Fatal("something is left of a packet that was refused")
			}
			return
		}
		whole, _, err := readSegmentUnsummed(withIPv4Sum(b))
		if err != nil {
			t.Fatalf("a bad packet was cut: %v", err)
		}
		if err := checkSegments(segments(t, p), whole, int(mss)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(packetBytes(p), b) {
			t.Fatal("cutting the packet changed it")
		}
	})
}

// withIPv4Sum is a packet with a right IPv4 header checksum: a segmenter gives
// every segment one, without asking for the packet's.
func withIPv4Sum(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) >= 20 && b[0] == 0x45 {
		b[10], b[11] = 0, 0
		checksumInto(b[:20:20], 10)
	}
	return b
}

// FuzzCoalesce gives a coalescer packets of a few flows, made of the input so
// that many can be joined, and some that are wrong in one byte. What comes out,
// cut again, must be what came.
func FuzzCoalesce(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 1, 0, 0, 1, 1, 0, 0, 4, 1, 0, 0, 5, 1, 0, 0, 0, 1, 0, 0, 5, 1, 0, 0, 4, 1, 0, 0})
	f.Add([]byte{0, 2, 0, 0, 0, 0x12, 0, 0, 0, 2, 33, 1, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 6, 0x20, 0, 2, 0, 0})
	f.Add(bytes.Repeat([]byte{4, 3, 0, 0}, 90))
	var c coalescer
	f.Fuzz(func(t *testing.T, recipe []byte) {
		if len(recipe) > 4*100 {
			return
		}
		in := fuzzSegments(recipe)
		before := packetsLive.Load()
		out := coalesceBytes(&c, in, 1+len(recipe)%3)
		if err := checkCoalesced(in, out); err != nil {
			t.Fatal(err)
		}
		if live := packetsLive.Load() - before; live != int64(len(out)) {
			t.Fatalf("%d packets live, %d came out", live, len(out))
		}
		releaseAll(out)
	})
}

// fuzzSegments makes a packet of every four bytes: the flow, the size and the
// flags, a byte to damage, and how.
func fuzzSegments(recipe []byte) (out [][]byte) {
	sizes := []int{256, 300, 1000, 1448, 0, 1, 257, 255}
	var next [8]segmentSpec
	for i := range next {
		next[i] = plain4
		if i >= 4 {
			next[i] = plain6
		}
		next[i].flow = byte(i)
	}
	for ; len(recipe) >= 4; recipe = recipe[4:] {
		s := &next[recipe[0]%8]
		s.payload = pattern(sizes[recipe[1]%8])
		s.flags = tcpACK
		if recipe[1]&0x10 != 0 {
			s.flags |= tcpPSH
		}
		if recipe[1]&0x20 != 0 {
			s.flags = recipe[1]
		}
		if recipe[1]&0x40 != 0 {
			s.fragment = 0
		}
		b := s.bytes()
		if recipe[2] > 0 {
			b[int(recipe[2])%len(b)] ^= recipe[3]
			if recipe[3]&1 != 0 {
				b = repaired(b)
			}
		}
		out = append(out, b)
		s.seq += uint32(len(s.payload))
		s.id += uint16(recipe[0]>>7) ^ 1
	}
	return out
}

// repaired is a packet with its checksums made right, as far as it is one.
func repaired(b []byte) []byte {
	b = withIPv4Sum(b)
	if _, sum, err := readSegmentUnsummed(b); err == nil {
		at := 36
		if b[0]>>4 == 6 {
			at = 56
		}
		was := uint32(b[at])<<8 | uint32(b[at+1])
		field := ^foldSum(uint32(sum) + uint32(^uint16(was)))
		b[at], b[at+1] = byte(field>>8), byte(field)
	}
	return b
}

// FuzzChecksums verifies and completes sums of any bytes.
func FuzzChecksums(f *testing.F) {
	spec := segmentSpec{ttl: 64, fragment: 0x4000, flags: tcpACK, payload: pattern(99)}
	f.Add(spec.bytes(), 20, 16, uint8(0))
	spec.v6 = true
	f.Add(spec.bytes(), 40, 16, uint8(1))
	f.Add(withExtension(spec.bytes(), 0, 44, 43, 60), 72, 16, uint8(2))
	f.Add(udpPacket(false, pattern(9), 3), 20, 6, uint8(3))
	f.Add(udpPacket(true, pattern(9), 0), 40, 6, uint8(0))
	f.Add(echoRequest(9), 20, 2, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, start, offset int, pieces uint8) {
		if len(b) == 0 || len(b) > 4000 {
			return
		}
		p := cut(b, int(pieces%4)+1)
		err := verifyChecksum(p)
		s, sum, readErr := readSegmentUnsummed(b)
		if readErr == nil && s.fragment&ipv4FragmentBits == 0 && (err == nil) != (sum == 0xffff) {
			t.Fatalf("the sum is %#x, and verifyChecksum says %v", sum, err)
		}
		whole := bytes.Clone(b)
		if completeChecksum(whole, Checksum{State: ChecksumPartial, Start: start, Offset: offset}) == nil {
			whole[start+offset], whole[start+offset+1] = b[start+offset], b[start+offset+1]
		}
		if !bytes.Equal(whole, b) {
			t.Fatalf("% x: more than the field at %d+%d has changed: % x", b, start, offset, whole)
		}
		p.Release()
	})
}
