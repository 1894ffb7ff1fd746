package netstack

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
)

// FuzzRawPackets delivers any bytes as packets. The input is a list of
// packets, each behind its length in two bytes; the first byte of the list
// says how many segments each packet is cut into. Whatever comes, the stack
// must not panic, must give every packet back, and must not grow, be it in
// sockets or in memory, however many inputs one process has tried.
func FuzzRawPackets(f *testing.F) {
	seed := func(packets ...[]byte) {
		list := []byte{byte(len(packets))}
		for _, p := range packets {
			list = binary.BigEndian.AppendUint16(list, uint16(len(p)))
			list = append(list, p...)
		}
		f.Add(list)
	}
	syn := tcpPacket(segment{flags: flagSYN, local: 80, remote: 9, seq: 1})
	seed(syn, tcpPacket(segment{flags: flagACK, local: 80, remote: 9, seq: 2, ack: 1}))
	seed(syn, tcpPacket(segment{flags: flagRST, local: 80, remote: 9, seq: 2}))
	seed(echoRequest(100), firstFragment(), icmpFailure(echoRequest(0), 3, 1))
	seed(append([]byte{0x60, 0, 0, 0, 0, 8, 58, 64}, make([]byte, 40)...))
	seed([]byte{0x45}, []byte{0x6f}, []byte{0x46, 0, 0, 24, 0, 0, 0, 0, 64, 1, 0, 0})

	s, peer := newRawPeer(f, Config{})
	if _, err := s.ListenTCP(f.Context(), netip.MustParseAddrPort("192.0.2.1:80"), ListenOptions{Backlog: 4}); err != nil {
		f.Fatal(err)
	}
	if _, err := s.ListenPacket(f.Context(), "udp", ":53"); err != nil {
		f.Fatal(err)
	}
	// The watches look at every packet, as they do while a queue is full and a
	// Ping waits.
	s.backlog.note(&acceptQueue{local: netip.MustParseAddrPort("192.0.2.1:80")}, true)
	s.pings.add(echoID{}, nil)
	live, memory := packetsLive.Load(), new(fuzzMemory)
	f.Fuzz(func(t *testing.T, list []byte) {
		if len(list) == 0 {
			return
		}
		pieces := int(list[0]%4) + 1
		for list = list[1:]; len(list) > 2; {
			size := min(max(int(binary.BigEndian.Uint16(list)), 1), len(list)-2)
			peer.receiver.Deliver([]*Packet{cut(list[2:2+size], pieces)})
			list = list[2+size:]
		}
		s.Settle()
		peer.take()
		// The stack may keep what half-open connections, reassembly and
		// socket buffers hold, all of which have limits.
		if n := len(s.Sockets()); n > 4096 {
			t.Fatalf("%d sockets", n)
		}
		if n := packetsLive.Load() - live; n != 0 {
			t.Fatalf("%d packets are still held", n)
		}
		memory.check(t)
	})
}

// fuzzMemory fails a test when many of its inputs together have made the heap
// grow by more than a stack may keep.
type fuzzMemory struct {
	inputs int
	start  uint64 // bytes in use after the first fuzzMemoryEvery inputs
}

// fuzzMemoryEvery is how many inputs pass between measurements: a collection is
// dear, and the fuzzing engine's own memory, 100 MB and more, comes with its
// first inputs.
const fuzzMemoryEvery = 4096

func (m *fuzzMemory) check(t *testing.T) {
	t.Helper()
	if m.inputs++; m.inputs%fuzzMemoryEvery != 0 {
		return
	}
	now := heapBytes()
	if m.start == 0 {
		m.start = now
	}
	if now > m.start+floodBytesMost {
		t.Fatalf("after %d inputs the heap has grown from %d to %d KiB", m.inputs, m.start>>10, now>>10)
	}
}

// heapBytes is the heap in use after two collections: the first may only
// empty pools into their victim caches.
func heapBytes() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// cut makes a packet of several segments.
func cut(b []byte, pieces int) *Packet {
	size := max(len(b)/pieces, 1)
	var parts [][]byte
	for len(b) > size {
		parts = append(parts, b[:size])
		b = b[size:]
	}
	return newPacketOf(append(parts, b)...)
}
