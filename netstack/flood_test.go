package netstack

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// floodBytesMost is more than a stack may keep: for two families' reassembly
// (4 MiB of payload each, more with its buffers) and a few sockets' buffers.
const floodBytesMost = 20 << 20

// TestFloodsAreBounded sends much more of what a stack has to keep for a while
// than it may keep, and measures. Time stands still, so nothing expires.
func TestFloodsAreBounded(t *testing.T) {
	const payload = 1400
	for _, flood := range []struct {
		name   string
		packet func(i int) []byte
		kept   func(s *Stack, bytes int) bool
	}{
		{"first fragments, IPv4", func(i int) []byte { return fragment4(uint16(i), payload) }, keptBytes},
		{"first fragments, IPv6", func(i int) []byte { return fragment6(uint32(i), payload) }, keptBytes},
		{"one datagram's overlapping fragments", func(i int) []byte {
			p := fragment4(1, payload)
			binary.BigEndian.PutUint16(p[6:], 0x2000|uint16(i%8000))
			p[10], p[11] = 0, 0
			checksumInto(p[:20], 10)
			return p
		}, keptBytes},
		{"datagrams that nobody reads", func(i int) []byte { return datagram(uint16(i), payload) }, func(s *Stack, _ int) bool {
			return s.Stats().UDP.BufferFull > 0
		}},
		{"half-open connections", func(i int) []byte {
			return tcpPacket(segment{flags: flagSYN, local: 80, remote: uint16(i), seq: uint32(i)})
		}, func(s *Stack, _ int) bool { return s.Stats().Sockets.TCP["SYN-RECEIVED"] > 0 }},
	} {
		t.Run(flood.name, func(t *testing.T) {
			s, peer := newRawPeer(t, Config{})
			if _, err := s.ListenTCP(t.Context(), netip.MustParseAddrPort("192.0.2.1:80"), ListenOptions{Backlog: 100}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.ListenPacket(t.Context(), "udp", ":53"); err != nil {
				t.Fatal(err)
			}
			live, start := packetsLive.Load(), heapBytes()
			packets := 100_000 // 140 MB
			if testing.Short() {
				packets = 20_000 // 28 MB
			}
			for i := range packets {
				b := flood.packet(i)
				p := NewPacket(len(b))
				fill(p, b)
				peer.receiver.Deliver([]*Packet{p})
				if i%1000 == 0 {
					s.Settle()
					peer.take()
				}
			}
			s.Settle()
			grown := int(heapBytes()) - int(start)
			if grown > floodBytesMost {
				t.Errorf("the stack has kept %d KiB", grown>>10)
			}
			if !flood.kept(s, grown) {
				t.Error("the stack has kept nothing of it: the flood did not arrive")
			}
			if n := packetsLive.Load() - live; n != 0 {
				t.Errorf("%d packets are still held", n)
			}
			if n := len(s.Sockets()); n > 4096 {
				t.Errorf("%d sockets", n)
			}
		})
	}
}

// keptBytes holds where reassembly is full to its limit.
func keptBytes(_ *Stack, bytes int) bool { return bytes > 1<<20 }

// fragment4 is the first fragment of a UDP datagram of its own.
func fragment4(id uint16, payload int) []byte {
	p := make([]byte, 20+payload)
	copy(p, []byte{0x45, 0, 0, 0, 0, 0, 0x20, 0, 64, 17, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1})
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	binary.BigEndian.PutUint16(p[4:], id)
	checksumInto(p[:20], 10)
	return p
}

// fragment6 is fragment4 for IPv6.
func fragment6(id uint32, payload int) []byte {
	p := make([]byte, 48+payload)
	p[0], p[6], p[7] = 0x60, 44, 64
	binary.BigEndian.PutUint16(p[4:], uint16(8+payload))
	from, to := netip.MustParseAddr("2001:db8::2").As16(), netip.MustParseAddr("2001:db8::1").As16()
	copy(p[8:], from[:])
	copy(p[24:], to[:])
	p[40], p[43] = 17, 1 // UDP follows, more fragments
	binary.BigEndian.PutUint32(p[44:], id)
	return p
}

// datagram goes to UDP port 53, without a checksum.
func datagram(from uint16, payload int) []byte {
	p := make([]byte, 28+payload)
	copy(p, []byte{0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1})
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	checksumInto(p[:20], 10)
	binary.BigEndian.PutUint16(p[20:], from)
	binary.BigEndian.PutUint16(p[22:], 53)
	binary.BigEndian.PutUint16(p[24:], uint16(8+payload))
	return p
}
