package netstack

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// superPacket is a TCP packet of payload bytes as the stack leaves it to a
// link, with segments of 1000 bytes.
func superPacket(t testing.TB, payload int) *Packet {
	t.Helper()
	image := tcpPacket(segment{flags: flagACK, local: 80, remote: 9, seq: 1})
	head := len(image)
	image = append(image, bytes.Repeat([]byte{7}, payload)...)
	binary.BigEndian.PutUint16(image[2:], uint16(len(image)))
	image[10], image[11] = 0, 0
	checksumInto(image[:20], 10)
	p := NewPacket(len(image))
	fill(p, image)
	p.SetGSO(GSO{SegmentBytes: 1000, HeaderBytes: head})
	p.SetChecksum(Checksum{State: ChecksumPartial, Start: 20, Offset: 16})
	return p
}

func TestVirtioHeaderSaysWhatThePacketSays(t *testing.T) {
	p := superPacket(t, 3000)
	defer p.Release()
	var b [virtioHeaderBytes]byte
	virtioOf(p).put(b[:])
	q := NewPacket(p.Len())
	defer q.Release()
	fill(q, packetBytes(p))
	if err := parseVirtio(b[:]).describe(q, packetBytes(q), q.Len()); err != nil {
		t.Fatal(err)
	}
	if q.GSO() != p.GSO() || q.Checksum() != p.Checksum() {
		t.Errorf("%+v %+v became %+v %+v", p.GSO(), p.Checksum(), q.GSO(), q.Checksum())
	}
}

func TestLyingVirtioHeaders(t *testing.T) {
	good := func() virtioHeader {
		p := superPacket(t, 3000)
		defer p.Release()
		return virtioOf(p)
	}
	for _, tt := range []struct {
		name string
		lie  func(h *virtioHeader, image []byte)
		want packetFault
	}{
		{"UDP joined", func(h *virtioHeader, _ []byte) { h.gsoType = 3 }, faultVirtioType},
		{"unknown type", func(h *virtioHeader, _ []byte) { h.gsoType = 77 }, faultVirtioType},
		{"TCPv6 over IPv4", func(h *virtioHeader, _ []byte) { h.gsoType = virtioTCPv6 }, faultVirtioVersion},
		{"segments of nothing", func(h *virtioHeader, _ []byte) { h.segment = 0 }, faultVirtioSegment},
		{"joined with a whole checksum", func(h *virtioHeader, _ []byte) { h.flags = virtioDataValid }, faultVirtioPartial},
		{"headers beyond the packet", func(h *virtioHeader, _ []byte) { h.headerBytes = 60000 }, faultVirtioLength},
		{"sum beyond the packet", func(h *virtioHeader, _ []byte) { h.checksumAt = 65000 }, faultVirtioChecksum},
		{"field beyond the packet", func(h *virtioHeader, _ []byte) { h.checksumOff = 65535 }, faultVirtioChecksum},
		{"sum of the IP header", func(h *virtioHeader, _ []byte) { h.checksumAt = 0 }, faultVirtioChecksum},
		{"sum in the payload", func(h *virtioHeader, _ []byte) { h.checksumAt = 40 }, faultVirtioChecksum},
		{"UDP's field in TCP", func(h *virtioHeader, _ []byte) { h.checksumOff = udpChecksumAt }, faultVirtioChecksum},
		{"a data offset beyond the packet", func(h *virtioHeader, image []byte) { image[32] = 0 }, faultDataOffset},
		{"no IP packet", func(h *virtioHeader, image []byte) { image[0] = 0x25 }, faultVersion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := superPacket(t, 3000)
			defer p.Release()
			image, h := packetBytes(p), good()
			tt.lie(&h, image)
			q := NewPacket(len(image))
			defer q.Release()
			fill(q, image)
			if err := h.describe(q, image[:128], len(image)); err != tt.want {
				t.Errorf("answers %v, want %v", err, tt.want)
			}
		})
	}
}

// FuzzVirtio reads any header before any packet. The reader must not panic,
// must give every buffer back, and what it delivers must be the very bytes,
// described by a GSO and a checksum that fit them.
func FuzzVirtio(f *testing.F) {
	add := func(p *Packet) {
		var h [virtioHeaderBytes]byte
		virtioOf(p).put(h[:])
		f.Add(append(h[:], packetBytes(p)...))
		p.Release()
	}
	add(superPacket(f, 3000))
	add(superPacket(f, 60000))
	plain := NewPacket(28)
	fill(plain, echoRequest(0))
	add(plain)

	var counts offloadCounters
	r := &virtioReader{counts: &counts}
	r.prepare()
	live := packetsLive.Load()
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < virtioHeaderBytes || len(b) > virtioHeaderBytes+packetBytesMax {
			return
		}
		rest := b[copy(r.header[:], b):]
		image := rest
		for _, buf := range r.bufs {
			rest = rest[copy(buf, rest):]
		}
		p := r.take(len(image))
		if p == nil {
			return
		}
		if !bytes.Equal(packetBytes(p), image) {
			t.Fatal("the packet is not what was read")
		}
		if g := p.GSO(); g.SegmentBytes > 0 && (g.HeaderBytes > len(image) || g.IPv6 != p.IPv6() || p.Checksum().State != ChecksumPartial) {
			t.Fatalf("%+v of %d bytes", g, len(image))
		}
		if c := p.Checksum(); c.State == ChecksumPartial && !c.fits(len(image)) {
			t.Fatalf("%+v of %d bytes", c, len(image))
		}
		checkCuts(t, p)
		p.Release()
		if n := packetsLive.Load() - live; n != 0 {
			t.Fatalf("%d packets live", n)
		}
	})
}

// checkCuts cuts p, if it can be cut, and puts it together again.
func checkCuts(t *testing.T, p *Packet) {
	var s segmenter
	if s.start(p) != nil {
		return
	}
	var payload []byte
	buf := make([]byte, packetBytesMax)
	for s.size() > 0 {
		n := s.next(buf)
		payload = append(payload, buf[p.GSO().HeaderBytes:n]...)
	}
	if !bytes.Equal(payload, packetBytes(p)[p.GSO().HeaderBytes:]) {
		t.Fatal("the segments are not the packet")
	}
}
