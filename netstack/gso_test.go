package netstack

import (
	"bytes"
	"io"
	"sync"
	"testing"
)

// superLink notes the largest packet that it passes on.
type superLink struct {
	Link
	mu      sync.Mutex
	largest int
	gso     GSO
	sum     Checksum
}

func (l *superLink) Send(pkts []*Packet) (int, error) {
	l.mu.Lock()
	for _, p := range pkts {
		if p.Len() > l.largest {
			l.largest, l.gso, l.sum = p.Len(), p.GSO(), p.Checksum()
		}
	}
	l.mu.Unlock()
	return l.Link.Send(pkts)
}

// TestPipeCarriesSuperPackets transfers data and looks at the packets between:
// far above the MTU, described by GSO, and taken whole by the other stack.
func TestPipeCarriesSuperPackets(t *testing.T) {
	for _, to := range []string{"192.0.2.2:80", "[2001:db8::2]:80"} {
		x, y := Pipe(1500)
		super := &superLink{Link: x}
		var stacks [2]*Stack
		for i, l := range []Link{super, y} {
			s, err := New(Config{Interfaces: []Interface{{Link: l, Addresses: pairAddresses(byte(i + 1))}}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			stacks[i] = s
		}
		ln, err := stacks[1].Listen(t.Context(), "tcp", ":80")
		if err != nil {
			t.Fatal(err)
		}
		c, err := stacks[0].DialContext(t.Context(), "tcp", to)
		if err != nil {
			t.Fatal(err)
		}
		server, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, 1<<20)
		for i := range data {
			data[i] = byte(i * i >> 8)
		}
		go func() {
			c.Write(data)
			c.Close()
		}()
		got, err := io.ReadAll(server)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes came, %v; want %d, the same", to, len(got), err, len(data))
		}
		super.mu.Lock()
		cut, v6 := super.gso.SegmentBytes+super.gso.HeaderBytes, super.gso.IPv6
		if super.largest < 10_000 || cut > 1500 || cut < 1400 || v6 != (to[0] == '[') || super.sum.State != ChecksumPartial {
			t.Errorf("%s: largest packet %d bytes, %+v, %+v; want far more than the MTU, cut into at most 1500", to, super.largest, super.gso, super.sum)
		}
		super.mu.Unlock()
	}
}
