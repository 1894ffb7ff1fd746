package fq

import (
	"encoding/binary"
	"slices"
	"testing"
)

// edited is b with a few of its bytes changed.
func edited(b []byte, changes map[int]byte) []byte {
	b = slices.Clone(b)
	for i, v := range changes {
		b[i] = v
	}
	return b
}

// ipv6 is an IPv6 packet whose payload begins with the next header given.
func ipv6(next byte, payload ...byte) []byte {
	b := make([]byte, ipv6Header)
	b[0], b[6], b[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	b[8], b[23], b[24], b[39] = 0xfd, 1, 0xfd, 2
	return append(b, payload...)
}

func TestWhichPacketsAreOneFlow(t *testing.T) {
	v4, ports := udp(7, 100, 0), []byte{1, 2, 3, 4, 0, 0, 0, 0}
	v6 := ipv6(protoUDP, ports...)
	options := edited(slices.Insert(slices.Clone(v4), 20, 1, 1, 1, 1), map[int]byte{0: 0x46})
	hopByHop := ipv6(protoHopByHop, append([]byte{protoUDP, 0, 1, 4, 0, 0, 0, 0}, ports...)...)
	twice := ipv6(protoDestination, append([]byte{protoRouting, 0, 0, 0, 0, 0, 0, 0, protoUDP, 0, 15: 0}, ports...)...)
	fragment := func(offset byte, data ...byte) []byte {
		return ipv6(protoFragment, append([]byte{protoUDP, 0, 0, offset, 0, 0, 0, 9}, data...)...)
	}
	for _, c := range []struct {
		name string
		a, b []byte
		same bool
	}{
		{"payload", v4, edited(v4, map[int]byte{60: 9}), true},
		{"identification and hop limit", v4, edited(v4, map[int]byte{5: 9, 8: 3}), true},
		{"do not fragment", v4, edited(v4, map[int]byte{6: 0x40}), true},
		{"source port", v4, edited(v4, map[int]byte{21: 9}), false},
		{"destination port", v4, edited(v4, map[int]byte{23: 9}), false},
		{"source address", v4, edited(v4, map[int]byte{15: 9}), false},
		{"destination address", v4, edited(v4, map[int]byte{19: 9}), false},
		{"protocol", v4, edited(v4, map[int]byte{9: protoTCP}), false},
		{"IPv4 options", v4, options, true},
		{"first and later fragment", edited(v4, map[int]byte{6: 0x20}), edited(v4, map[int]byte{7: 1, 20: 9, 21: 9}), true},
		{"ICMP type", edited(v4, map[int]byte{9: 1}), edited(v4, map[int]byte{9: 1, 20: 9}), true},
		{"IPv6 payload", v6, edited(v6, map[int]byte{47: 9}), true},
		{"IPv6 flow label", v6, edited(v6, map[int]byte{3: 9}), true},
		{"IPv6 port", v6, edited(v6, map[int]byte{41: 9}), false},
		{"IPv6 upper half of an address", v6, edited(v6, map[int]byte{9: 9}), false},
		{"IPv6 lower half of an address", v6, edited(v6, map[int]byte{39: 9}), false},
		{"IPv6 extension header", v6, hopByHop, true},
		{"two IPv6 extension headers", v6, twice, true},
		{"ports behind two extension headers", twice, edited(twice, map[int]byte{57: 9}), false},
		{"IPv6 fragments", fragment(1, ports...), fragment(8, 9, 9, 9, 9), true},
	} {
		if got := keyOf(c.a) == keyOf(c.b); got != c.same {
			t.Errorf("%s: one flow: %v, want %v", c.name, got, c.same)
		}
	}
}

// TestFlowsSpreadOverTheQueues hashes as many flows as there are queues: with an
// even hash 1/e of the queues stay empty.
func TestFlowsSpreadOverTheQueues(t *testing.T) {
	const queues = 1024
	c := classifier{key: [2]uint64{3, 4}, queues: queues}
	used := map[int32]bool{}
	for flow := range queues {
		used[c.queueOf(keyOf(udp(flow, 100, 0)))] = true
	}
	if n := queues - len(used); n < 320 || n > 430 {
		t.Errorf("%d of %d queues are empty, want about %d", n, queues, queues*368/1000)
	}
}

// TestAnotherKeyIsAnotherOrder so that nobody outside can know who shares a
// queue.
func TestAnotherKeyIsAnotherOrder(t *testing.T) {
	a, b := classifier{[2]uint64{1, 2}, 1024}, classifier{[2]uint64{1, 3}, 1024}
	same := 0
	for flow := range 1000 {
		k := keyOf(udp(flow, 100, 0))
		if a.queueOf(k) == b.queueOf(k) {
			same++
		}
	}
	if same > 10 {
		t.Errorf("%d of 1000 flows have the same queue under two keys, want about one", same)
	}
}

// FuzzClassify gives the classifier any bytes: it may not panic, and the queue
// must be one that exists and the same each time.
func FuzzClassify(f *testing.F) {
	f.Add(udp(1, 100, 0))
	f.Add([]byte{0x4f})
	f.Add([]byte{0x60})
	f.Add(ipv6(protoHopByHop, protoRouting, 255))
	f.Add(ipv6(protoFragment))
	f.Add(ipv6(protoTCP, 1, 2, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || len(data) > 65575 {
			return
		}
		c := classifier{[2]uint64{1, 2}, 1000}
		p := packet(data)
		defer p.Release()
		a, b := c.queue(p), c.queue(p)
		if a != b || a < 0 || a >= 1000 {
			t.Errorf("queues %d and %d, want the same one of 1000", a, b)
		}
		if keyOf(data) != keyOf(data[:min(len(data), headersMax)]) && len(data) <= headersMax {
			t.Error("bytes beyond the packet were read")
		}
	})
}
