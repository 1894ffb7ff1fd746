package netstack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"testing"
)

// twins are two stacks that differ in one thing: what goes past the IP layer in
// the first goes through it in the second. Both are fed the same packets, and
// must answer the same packets and count the same.
type twins struct {
	open, closed *twin
	fed, direct  int // packets, and those that passed the gate
}

// twin is a stack with two links, of which the test is the far side.
type twin struct {
	*Stack
	links [2]*sinkLink
	ln    *Listener
	conns []*Conn
	counters

	mu   sync.Mutex
	sent [][]byte
}

// twinAddresses are those of the twins' first interface. The third is the
// broadcast address of its own network, the last two IP has an opinion on.
var twinAddresses = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.1/24"),
	netip.MustParsePrefix("192.0.2.77/32"),
	netip.MustParsePrefix("198.51.100.255/24"),
	netip.MustParsePrefix("203.0.113.4/31"),
	netip.MustParsePrefix("203.0.113.9/30"),
	netip.MustParsePrefix("2001:db8::1/64"),
	netip.MustParsePrefix("fe80::1/64"),
	netip.MustParsePrefix("64:ff9b::1/96"),
	netip.MustParsePrefix("240.0.0.1/24"),
}

func newTwins(t testing.TB, offload Offload) *twins {
	t.Helper()
	w := &twins{open: newTwin(t, offload), closed: newTwin(t, offload)}
	for _, n := range w.closed.nics[1:] {
		n.link.direct = nil
	}
	return w
}

func newTwin(t testing.TB, offload Offload) *twin {
	t.Helper()
	w := &twin{}
	for i := range w.links {
		w.links[i] = &sinkLink{mtu: 1500, offload: offload, look: func(p *Packet) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sent = append(w.sent, append([]byte{byte(i)}, packetBytes(p)...))
		}}
	}
	s, err := New(Config{
		Clock:   newEventClock(),
		Entropy: rand.NewChaCha8([32]byte{7}),
		Interfaces: []Interface{
			{Link: w.links[0], Addresses: twinAddresses},
			{Link: w.links[1], Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("2001:db8:1::1/64")}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w.Stack = s
	w.addAll(s)
	w.ln, err = s.ListenTCP(t.Context(), netip.MustParseAddrPort("[::]:80"), ListenOptions{Backlog: 64})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// feed delivers a packet, cut into segments, to both twins on the link of that
// number, and compares them.
func (w *twins) feed(t testing.TB, what string, link int, b []byte, pieces int) {
	t.Helper()
	e := w.open.nics[1+link].link
	p := cut(b, pieces)
	if _, ok := e.direct.passes(p.firstSegment(), p.Len()); ok {
		w.direct++
	}
	p.Release()
	w.open.deliver(link, cut(b, pieces))
	w.closed.deliver(link, cut(b, pieces))
	w.compare(t, func() string { return fmt.Sprintf("%s, link %d:\n%x", what, link, b) })
	if w.fed++; w.fed%64 == 0 {
		w.compareSockets(t, what)
	}
}

func (w *twin) deliver(link int, p *Packet) {
	w.links[link].receiver.Deliver([]*Packet{p})
	w.Settle()
	for {
		c, err := w.ln.TryAccept()
		if err != nil {
			return
		}
		w.conns = append(w.conns, c)
	}
}

// compare fails the test where the twins differ in what they have sent, in any
// counter, or in bytes received.
func (w *twins) compare(t testing.TB, what func() string) {
	t.Helper()
	if a, b := w.open.take(), w.closed.take(); !reflect.DeepEqual(a, b) {
		t.Fatalf("%s\nanswers directly: %x\nthrough IP: %x", what(), a, b)
	}
	if diff := w.open.counters.diff(&w.closed.counters); diff != "" {
		t.Fatalf("%s\ncounted directly and through IP:%s", what(), diff)
	}
	if a, b := w.open.received(), w.closed.received(); !bytes.Equal(a, b) {
		t.Fatalf("%s\nreceived directly: %x\nthrough IP: %x", what(), a, b)
	}
}

// compareSockets does the same for all that users see of sockets and counters.
func (w *twins) compareSockets(t testing.TB, what string) {
	t.Helper()
	if a, b := w.open.Sockets(), w.closed.Sockets(); !reflect.DeepEqual(a, b) {
		t.Fatalf("%s\nsockets directly: %+v\nthrough IP: %+v", what, a, b)
	}
	if a, b := w.open.Stats(), w.closed.Stats(); !reflect.DeepEqual(a, b) {
		t.Fatalf("%s\nstatistics directly: %+v\nthrough IP: %+v", what, a, b)
	}
}

func (w *twin) take() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent = nil
	return sent
}

// received is what the accepted connections can read now.
func (w *twin) received() (all []byte) {
	var buf [2048]byte
	for _, c := range w.conns {
		n, _ := c.TryRead(buf[:])
		all = append(all, buf[:n]...)
	}
	return all
}

// tcpBetween is a packet of a segment with data. The ports are those of a
// segment from the peer: remote to local.
func tcpBetween(src, dst netip.Addr, s segment, data []byte) []byte {
	size := tcpHeadMin + len(data)
	var b []byte
	if src.Is4() && dst.Is4() {
		b = []byte{0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, protocolTCP, 0, 0}
		binary.BigEndian.PutUint16(b[ipv4TotalAt:], uint16(ipv4HeadBytes+size))
	} else {
		b = []byte{0x60, 0, 0, 0, 0, 0, protocolTCP, 64}
		binary.BigEndian.PutUint16(b[ipv6PayloadAt:], uint16(size))
	}
	b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
	tcp := make([]byte, tcpHeadMin, size)
	binary.BigEndian.PutUint16(tcp, s.remote)
	binary.BigEndian.PutUint16(tcp[2:], s.local)
	binary.BigEndian.PutUint32(tcp[tcpSeqAt:], s.seq)
	binary.BigEndian.PutUint32(tcp[tcpAckAt:], s.ack)
	tcp[tcpOffsetAt], tcp[tcpFlagsAt] = 5<<4, s.flags
	binary.BigEndian.PutUint16(tcp[tcpWindowAt:], 65535)
	b = append(append(b, tcp...), data...)
	fixIPSum(b)
	fixTCPSum(b)
	return b
}

// withTCPOptions puts options, a multiple of four bytes, into a packet of
// tcpBetween.
func withTCPOptions(b []byte, options ...byte) []byte {
	n, length := ipv6HeadBytes, ipv6PayloadAt
	if b[0]>>4 == 4 {
		n, length = ipv4HeadBytes, ipv4TotalAt
	}
	b = slices.Insert(bytes.Clone(b), n+tcpHeadMin, options...)
	binary.BigEndian.PutUint16(b[length:], binary.BigEndian.Uint16(b[length:])+uint16(len(options)))
	b[n+tcpOffsetAt] += byte(len(options) / 4 << 4)
	fixIPSum(b)
	fixTCPSum(b)
	return b
}

// fixIPSum makes the sum of an IPv4 header right, where there is one.
func fixIPSum(b []byte) {
	if len(b) < ipv4HeadBytes || b[0]>>4 != 4 {
		return
	}
	n := int(b[0]&0xf) * 4
	if n < ipv4HeadBytes || n > len(b) {
		return
	}
	clear(b[ipv4ChecksumAt:][:2])
	checksumInto(b[:n], ipv4ChecksumAt)
}

// fixTCPSum makes the sum of what comes after the IP header right, as if it were
// a TCP segment.
func fixTCPSum(b []byte) {
	n, addresses := ipv6HeadBytes, ipv6SourceAt
	if len(b) > 0 && b[0]>>4 == 4 {
		n, addresses = int(b[0]&0xf)*4, ipv4SourceAt
	}
	if n < addresses+8 || len(b) < n+tcpHeadMin {
		return
	}
	tcp := b[n:]
	end := ipv6HeadBytes
	if addresses == ipv4SourceAt {
		end = ipv4HeadBytes
	}
	clear(tcp[tcpChecksumAt:][:2])
	pseudo := append(bytes.Clone(b[addresses:end]), 0, protocolTCP)
	pseudo = append(binary.BigEndian.AppendUint16(pseudo, uint16(len(tcp))), tcp...)
	sum := slowSum(pseudo)
	binary.BigEndian.PutUint16(tcp[tcpChecksumAt:], ^sum)
}
