package netstack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// twinPeers are far hosts that the twins' first interface can speak with, by the
// own address that they know.
var twinPeers = []struct{ own, peer netip.Addr }{
	{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")},
	{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")},
}

// twinOffloads are links that leave the verification of checksums to the stack,
// and such that do not.
var twinOffloads = map[string]Offload{"verified": {}, "vouched for": {RxChecksum: true}}

// onTwins runs a test on twins of each kind, and wants packets of both sorts.
func onTwins(t *testing.T, test func(t *testing.T, w *twins)) {
	for name, o := range twinOffloads {
		t.Run(name, func(t *testing.T) {
			w := newTwins(t, o)
			test(t, w)
			w.compareSockets(t, "at the end")
			if len(w.open.counters.single) < 400 {
				t.Errorf("%d counters compared; gVisor has more", len(w.open.counters.single))
			}
			in := w.open.Stats().PacketsIn
			if n := uint64(w.direct); n == 0 || n == in {
				t.Errorf("%d of %d packets went past the IP layer; the test is of both ways", n, in)
			}
		})
	}
}

// connect opens a connection from peer to port 80 of both twins, and returns a
// packet with data that comes next and passes the gate.
func (w *twins) connect(t testing.TB, own, peer netip.Addr, port uint16) []byte {
	t.Helper()
	var seq, stamp uint32 // of the answer
	for _, s := range []*twin{w.open, w.closed} {
		syn := tcpBetween(peer, own, segment{flags: flagSYN, local: 80, remote: port, seq: 1000}, nil)
		s.deliver(0, cut(withTCPOptions(syn, 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7), 1))
		sent := s.take()
		if len(sent) != 1 {
			t.Fatalf("a SYN to %s was answered by %x, want one packet", own, sent)
		}
		h, err := splitTCP(sent[0][1:], len(sent[0])-1)
		at := 4 + bytes.Index(h.tcp, []byte{0, 0, 0, 1}) - 8
		if err != nil || at < tcpHeadMin {
			t.Fatalf("a SYN to %s was answered by %x: %v", own, sent[0][1:], err)
		}
		seq, stamp = binary.BigEndian.Uint32(h.tcp[tcpSeqAt:]), binary.BigEndian.Uint32(h.tcp[at:])
	}
	next := segment{flags: flagACK, local: 80, remote: port, seq: 1001, ack: seq + 1}
	options := binary.BigEndian.AppendUint32([]byte{1, 1, 8, 10, 0, 0, 0, 2}, stamp)
	last := withTCPOptions(tcpBetween(peer, own, next, nil), options...)
	data := withTCPOptions(tcpBetween(peer, own, next, []byte("data")), options...)
	direct := w.direct
	w.feed(t, "the last of the handshake", 0, last, 1)
	w.feed(t, "the first data", 0, data, 1)
	if w.direct != direct+2 || len(w.open.Sockets()) != len(w.open.conns)+1 {
		t.Fatalf("the gate is closed for %s, or %d connections became %d", peer, len(w.open.Sockets())-1, len(w.open.conns))
	}
	next.seq += 4
	more := bytes.Repeat([]byte("more"), (128-len(last))%64/4) // to a multiple of 64 bytes, the chunks of newPacketOf
	return withTCPOptions(tcpBetween(peer, own, next, more), options...)
}

// TestDirectEveryByteChanged changes every byte of the headers in several ways,
// with the sums left as they were and made right again.
func TestDirectEveryByteChanged(t *testing.T) {
	onTwins(t, func(t *testing.T, w *twins) {
		for _, host := range twinPeers {
			packet := w.connect(t, host.own, host.peer, 4000)
			for at := range packet {
				for _, flip := range []byte{0x01, 0x10, 0x20, 0x30, 0x40, 0x80, 0xff, packet[at]} {
					b := bytes.Clone(packet)
					b[at] ^= flip
					what := fmt.Sprintf("byte %d of a packet of %s changed by %#x", at, host.peer, flip)
					w.feed(t, what, 0, b, 1)
					fixIPSum(b)
					w.feed(t, what+", IP sum right", 0, b, 1)
					fixTCPSum(b)
					w.feed(t, what+", all sums right", 0, b, 1)
				}
			}
		}
	})
}

// TestDirectEveryAddress sends segments from everywhere to everywhere.
func TestDirectEveryAddress(t *testing.T) {
	var all []netip.Addr
	for _, a := range twinAddresses {
		all = append(all, a.Addr())
	}
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.0.0.2", "127.0.0.1", "127.255.0.3", "192.0.2.0", "192.0.2.2", "192.0.2.255",
		"198.51.100.1", "203.0.113.5", "203.0.113.11", "224.0.0.1", "233.252.0.1", "240.0.0.2", "240.0.0.255", "255.255.255.255",
		"::", "::1", "::2", "::ffff:192.0.2.1", "::ffff:192.0.2.2", "64:ff9b::2", "2001:db8::2", "2001:db8:1::1", "fe80::2", "ff02::1", "ff02::1:ff00:1",
	} {
		all = append(all, netip.MustParseAddr(a))
	}
	onTwins(t, func(t *testing.T, w *twins) {
		for _, src := range all {
			for _, dst := range all {
				if src.Is4() != dst.Is4() {
					continue
				}
				for link := range w.open.links {
					for _, s := range []segment{
						{flags: flagSYN, local: 80, remote: uint16(5000 + link), seq: 1},
						{flags: flagACK, local: 80, remote: uint16(5000 + link), seq: 2, ack: 2},
						{flags: flagRST, local: 80, remote: uint16(5000 + link), seq: 2},
						{flags: flagSYN, local: 81, remote: 5000, seq: 1},
					} {
						w.feed(t, fmt.Sprintf("%s to %s, %+v", src, dst, s), link, tcpBetween(src, dst, s, nil), 1)
					}
				}
			}
		}
	})
}

// TestDirectEveryLength cuts packets short, puts bytes behind them, with length
// fields that know of it and that do not, and spreads them over segments.
func TestDirectEveryLength(t *testing.T) {
	onTwins(t, func(t *testing.T, w *twins) {
		for _, host := range twinPeers {
			packet := w.connect(t, host.own, host.peer, 4000)
			for size := 1; size < len(packet)+64; size++ {
				b := append(bytes.Clone(packet), make([]byte, 64)...)[:size]
				what := fmt.Sprintf("a packet of %s, %d bytes long", host.peer, size)
				w.feed(t, what, 0, b, 1)
				w.feed(t, what+", in two pieces", 0, b, 2)
				if host.own.Is4() && size >= ipv4HeadBytes {
					binary.BigEndian.PutUint16(b[ipv4TotalAt:], uint16(size))
				} else if host.own.Is6() && size >= ipv6HeadBytes {
					binary.BigEndian.PutUint16(b[ipv6PayloadAt:], uint16(size-ipv6HeadBytes))
				}
				fixIPSum(b)
				fixTCPSum(b)
				w.feed(t, what+", with that length", 0, b, 1)
			}
			for pieces := range len(packet) {
				w.feed(t, fmt.Sprintf("a packet in %d pieces", pieces+1), 0, packet, pieces+1)
			}
		}
	})
}

// TestDirectOptionsAndExtensions puts between the IP and the TCP header what may
// be there.
func TestDirectOptionsAndExtensions(t *testing.T) {
	onTwins(t, func(t *testing.T, w *twins) {
		v4 := w.connect(t, twinPeers[0].own, twinPeers[0].peer, 4000)
		for _, option := range [][]byte{
			{1, 1, 1, 1}, {0, 0, 0, 0}, {148, 4, 0, 0}, {7, 7, 4, 0, 0, 0, 0, 0}, {7, 3, 0, 0}, {131, 7, 4, 192, 0, 2, 9, 0},
			{68, 4, 5, 0}, {68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {130, 4, 1, 2}, {7, 90, 4, 0}, {1, 1, 1, 7},
		} {
			b := slices.Insert(bytes.Clone(v4), ipv4HeadBytes, option...)
			b[0] += byte(len(option) / 4)
			binary.BigEndian.PutUint16(b[ipv4TotalAt:], uint16(len(b)))
			fixIPSum(b)
			w.feed(t, fmt.Sprintf("IPv4 option % x", option), 0, b, 1)
		}
		for _, fragment := range []uint16{0x2000, 0x0001, 0x2001, 0x8000, 0xc000, 0x1fff} {
			b := bytes.Clone(v4)
			binary.BigEndian.PutUint16(b[ipv4FragmentAt:], fragment)
			fixIPSum(b)
			w.feed(t, fmt.Sprintf("IPv4 fragment field %#x", fragment), 0, b, 1)
		}
		v6 := w.connect(t, twinPeers[1].own, twinPeers[1].peer, 4000)
		for _, e := range []struct {
			next byte
			head []byte
		}{
			{0, []byte{protocolTCP, 0, 1, 4, 0, 0, 0, 0}}, {0, []byte{protocolTCP, 0, 0xc2, 4, 0, 0, 0, 0}}, {60, []byte{protocolTCP, 0, 1, 4, 0, 0, 0, 0}},
			{43, []byte{protocolTCP, 0, 0, 0, 0, 0, 0, 0}}, {43, []byte{protocolTCP, 0, 0, 9, 0, 0, 0, 0}},
			{44, []byte{protocolTCP, 0, 0, 0, 0, 0, 0, 1}}, {44, []byte{protocolTCP, 0, 0, 1, 0, 0, 0, 2}}, {44, []byte{protocolTCP, 0, 0, 8, 0, 0, 0, 2}},
			{0, []byte{0, 0, 1, 4, 0, 0, 0, 0}}, {51, []byte{protocolTCP, 1, 0, 0, 0, 0, 0, 0}}, {59, nil}, {17, nil}, {200, nil},
		} {
			b := slices.Insert(bytes.Clone(v6), ipv6HeadBytes, e.head...)
			b[ipv6NextAt] = e.next
			binary.BigEndian.PutUint16(b[ipv6PayloadAt:], uint16(len(b)-ipv6HeadBytes))
			w.feed(t, fmt.Sprintf("IPv6 header %d, % x", e.next, e.head), 0, b, 1)
		}
	})
}

// TestDirectInterfaceState feeds an interface that is down, and one that takes
// what is for others.
func TestDirectInterfaceState(t *testing.T) {
	onTwins(t, func(t *testing.T, w *twins) {
		states := []struct {
			name string
			set  func(s *twin, on bool) tcpip.Error
		}{
			{"down", func(s *twin, on bool) tcpip.Error {
				if on {
					return s.gs.DisableNIC(2)
				}
				return s.gs.EnableNIC(2)
			}},
			{"promiscuous", func(s *twin, on bool) tcpip.Error { return s.gs.SetPromiscuousMode(2, on) }},
		}
		for i, state := range states {
			for _, on := range []bool{true, false} {
				for _, s := range []*twin{w.open, w.closed} {
					if err := state.set(s, on); err != nil {
						t.Fatalf("%s: %s", state.name, err)
					}
				}
				for _, host := range twinPeers {
					s := segment{flags: flagSYN, local: 80, remote: uint16(4000 + i), seq: 1}
					w.feed(t, state.name, 0, tcpBetween(host.peer, host.own, s, nil), 1)
					w.feed(t, state.name+", for another", 0, tcpBetween(host.peer, host.peer.Next(), s, nil), 1)
				}
			}
		}
		w.feed(t, "not TCP", 0, echoRequest(20), 1)
	})
}

// TestDirectHeldPacket delivers packets that somebody else holds, as a capture
// does: they stay as they are, and do the same.
func TestDirectHeldPacket(t *testing.T) {
	w := newTwins(t, Offload{})
	for _, host := range twinPeers {
		b := w.connect(t, host.own, host.peer, 4000)
		before := len(w.open.conns)
		for _, s := range []*twin{w.open, w.closed} {
			p := cut(b, 1)
			p.Retain()
			s.deliver(0, p)
			if got := packetBytes(p); !bytes.Equal(got, b) {
				t.Errorf("a packet of %s changed under its holder:\n%x\nwant\n%x", host.peer, got, b)
			}
			p.Release()
		}
		got := w.open.received()
		if again := w.closed.received(); !bytes.HasSuffix(b, got) || len(got) == 0 || !bytes.Equal(got, again) || len(w.open.conns) != before {
			t.Errorf("received %q directly, %q through IP", got, again)
		}
		w.compare(t, func() string { return "after a packet that was held" })
	}
}

// TestDirectGateIsOpen names packets that need no IP layer: were they refused,
// nothing but speed would tell.
func TestDirectGateIsOpen(t *testing.T) {
	w := newTwin(t, Offload{})
	for own, peers := range map[string][]string{
		"192.0.2.1":   {"192.0.2.2", "192.0.2.0", "10.0.0.1", "169.254.1.1", "223.255.255.255", "203.0.113.5"},
		"192.0.2.77":  {"192.0.2.2", "1.1.1.1"},
		"203.0.113.4": {"203.0.113.5"},
		"2001:db8::1": {"2001:db8::2", "fe80::2", "fd00::1", "2001:db8:1::1"},
		"fe80::1":     {"fe80::2"},
	} {
		for _, peer := range peers {
			b := tcpBetween(netip.MustParseAddr(peer), netip.MustParseAddr(own), segment{flags: flagACK}, make([]byte, 1000))
			for _, first := range []int{len(b), len(b) - 1000} {
				h, ok := w.nics[1].link.direct.passes(b[:first], len(b))
				if !ok || h.bytes() != len(b)-1000 {
					t.Errorf("from %s to %s, first segment of %d bytes: refused, or %d bytes of headers", peer, own, first, h.bytes())
				}
				if n := testing.AllocsPerRun(100, func() { w.nics[1].link.direct.passes(b[:first], len(b)) }); n != 0 {
					t.Errorf("from %s to %s: %v allocations", peer, own, n)
				}
			}
		}
	}
}

// TestDirectGateKnowsEveryAddress compares the gate's table with the addresses
// that the stack below has.
func TestDirectGateKnowsEveryAddress(t *testing.T) {
	w := newTwin(t, Offload{})
	for _, n := range w.nics[1:] {
		if n.link.direct == nil {
			t.Fatalf("interface %s has no gate", n.name)
		}
		known := 0
		for _, a := range w.gs.AllAddresses()[n.id] {
			switch b := a.AddressWithPrefix.Address; b.Len() {
			case 4:
				if b != tcpip.AddrFrom4([4]byte{255, 255, 255, 255}) && n.link.direct.v4[b.As4()] == 0 {
					t.Errorf("the gate of %s does not know %s", n.name, b)
				}
			case 16:
				if n.link.direct.v6[b.As16()] == 0 {
					t.Errorf("the gate of %s does not know %s", n.name, b)
				}
			}
			known++
		}
		if known < len(n.addresses) {
			t.Errorf("interface %s has %d addresses, want %d", n.name, known, len(n.addresses))
		}
	}
}
