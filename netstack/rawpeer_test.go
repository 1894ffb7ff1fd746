package netstack

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"
)

// rawPeer is the far side of a link without a stack behind it: the test makes
// each packet. It is 192.0.2.2, the stack is 192.0.2.1, and time stands still,
// so nothing is sent twice.
type rawPeer struct {
	sinkLink
	mu   sync.Mutex
	sent []segment
}

// segment is what a test wants to know of a TCP segment.
type segment struct {
	flags         byte
	local, remote uint16 // ports, of the stack and of the peer
	seq, ack      uint32
}

const (
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

func newRawPeer(t testing.TB, cfg Config) (*Stack, *rawPeer) {
	t.Helper()
	p := &rawPeer{sinkLink: sinkLink{mtu: 1500}}
	p.look = func(pkt *Packet) {
		b := packetBytes(pkt)
		if len(b) < 40 || b[0] != 0x45 || b[9] != 6 {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sent = append(p.sent, segment{
			flags:  b[33],
			local:  binary.BigEndian.Uint16(b[20:]),
			remote: binary.BigEndian.Uint16(b[22:]),
			seq:    binary.BigEndian.Uint32(b[24:]),
			ack:    binary.BigEndian.Uint32(b[28:]),
		})
	}
	cfg.Clock = newEventClock()
	cfg.Interfaces = []Interface{{Link: p, Addresses: pairAddresses(1)}}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, p
}

// deliver hands a segment to the stack and waits until it has been processed.
func (p *rawPeer) deliver(s *Stack, seg segment) {
	b := tcpPacket(seg)
	pkt := NewPacket(len(b))
	fill(pkt, b)
	p.receiver.Deliver([]*Packet{pkt})
	s.Settle()
}

// take returns what the stack has sent since the last call.
func (p *rawPeer) take() []segment {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := p.sent
	p.sent = nil
	return sent
}

// tcpPacket is an IPv4 packet of a segment without data, from the peer to the
// stack.
func tcpPacket(s segment) []byte {
	b := make([]byte, 40)
	copy(b, []byte{0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1})
	checksumInto(b[:20], 10)
	t := b[20:]
	binary.BigEndian.PutUint16(t, s.remote)
	binary.BigEndian.PutUint16(t[2:], s.local)
	binary.BigEndian.PutUint32(t[4:], s.seq)
	binary.BigEndian.PutUint32(t[8:], s.ack)
	t[12], t[13] = 5<<4, s.flags
	binary.BigEndian.PutUint16(t[14:], 65535)
	pseudo := append([]byte{192, 0, 2, 2, 192, 0, 2, 1, 0, 6, 0, 20}, t...)
	checksumInto(pseudo, 12+16)
	copy(t[16:18], pseudo[12+16:])
	return b
}

// TestR4AbandonedHandshakesGiveTheirPlaceBack opens and abandons far more
// connections than the backlog holds.
func TestR4AbandonedHandshakesGiveTheirPlaceBack(t *testing.T) {
	s, peer := newRawPeer(t, Config{})
	ln, err := s.ListenTCP(t.Context(), netip.MustParseAddrPort("192.0.2.1:80"), ListenOptions{Backlog: 5})
	if err != nil {
		t.Fatal(err)
	}
	open := func(port uint16) segment {
		t.Helper()
		peer.deliver(s, segment{flags: flagSYN, local: 80, remote: port, seq: 1000})
		sent := peer.take()
		if len(sent) != 1 || sent[0].flags != flagSYN|flagACK {
			t.Fatalf("answer to the SYN from port %d: %+v, want one SYN-ACK", port, sent)
		}
		return sent[0]
	}
	handshakes := 10_000
	if testing.Short() {
		handshakes = 1000
	}
	for i := range handshakes {
		port := uint16(1024 + i)
		open(port)
		peer.deliver(s, segment{flags: flagRST, local: 80, remote: port, seq: 1001})
	}
	if st := s.Stats(); st.Sockets.TCP["SYN-RECEIVED"] != 0 || st.TCP.CookiesSent != 0 || st.TCP.BacklogSYNDrops != 0 {
		t.Errorf("after %d abandoned handshakes: %+v %+v", handshakes, st.Sockets, st.TCP)
	}
	answer := open(1024)
	peer.deliver(s, segment{flags: flagACK, local: 80, remote: 1024, seq: 1001, ack: answer.seq + 1})
	c, err := ln.TryAccept()
	if err != nil {
		t.Fatalf("a normal connection afterwards: %v", err)
	}
	c.Close()
}
