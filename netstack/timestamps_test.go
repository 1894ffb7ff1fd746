package netstack

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// timestampsOf reports whether a packet without an IP header's options offers
// timestamps, as gVisor reads it.
func timestampsOf(p []byte) bool {
	h, err := splitTCP(p, len(p))
	return err == nil && header.ParseSynOptions(h.tcp[tcpHeadMin:], false).TS
}

// TestTimestampsAreLeftOutWithNeighbours looks at the SYN that a dial puts on a
// device and at the answer that a listener gives to one with timestamps.
func TestTimestampsAreLeftOutWithNeighbours(t *testing.T) {
	for _, c := range []struct {
		mode   string
		virtio bool
		peer   string
		want   bool
	}{
		{"", true, "192.0.2.2", false},
		{"", true, "198.51.100.7", true}, // behind the neighbour
		{"", false, "192.0.2.2", true},   // the device may be a tunnel
		{"automatic", true, "192.0.2.2", false},
		{"always", true, "192.0.2.2", true},
		{"never", true, "198.51.100.7", false},
		{"never", false, "198.51.100.7", false},
	} {
		dev, far := virtioPair()
		var link Link
		var err error
		if link, err = NewDeviceLink(dev, DeviceConfig{QueueMax: -1}); err != nil {
			t.Fatal(err)
		}
		if !c.virtio {
			link = struct{ Link }{link}
		}
		s, err := New(Config{
			Interfaces: []Interface{{Link: link, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}},
			Routes:     []Route{{Destination: netip.MustParsePrefix("0.0.0.0/0")}},
			TCP:        TCPConfig{Timestamps: c.mode},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := timestampsOf(dialledSYN(t, s, far, c.peer)); got != c.want {
			t.Errorf("%+v: a dial's SYN has timestamps: %v", c, got)
		}
		if got := timestampsOf(answerToSYN(t, s, far, c.peer)); got != c.want {
			t.Errorf("%+v: the answer to a SYN has timestamps: %v", c, got)
		}
		s.Close()
	}
}

// dialledSYN is the first packet of a dial, whose checksum must be right.
func dialledSYN(t *testing.T, s *Stack, far *virtioEnd, peer string) []byte {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dialled := make(chan struct{})
	go func() {
		defer close(dialled)
		if c, err := s.DialContext(ctx, "tcp", netip.AddrPortFrom(netip.MustParseAddr(peer), 80).String()); err == nil {
			c.Close()
		}
	}()
	syn := (<-far.in)[virtioHeaderBytes:]
	if h, err := splitTCP(syn, len(syn)); err != nil || !tcpSumIsRight(&h) {
		t.Errorf("SYN %x: %v, or a wrong checksum", syn, err)
	}
	cancel()
	<-dialled
	for len(far.in) > 0 {
		<-far.in
	}
	return syn
}

// answerToSYN is what a listener answers to the SYN of a peer that offers
// timestamps.
func answerToSYN(t *testing.T, s *Stack, far *virtioEnd, peer string) []byte {
	t.Helper()
	ln, err := s.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	options := []byte{2, 4, 5, 180, tcpOptionNOP, tcpOptionTimestamps, tcpOptionTimestampsBytes, 0, 0, 1, 0, 0, 0, 0, 0, tcpOptionEnd}
	b := make([]byte, ipv4HeadBytes+tcpHeadMin+len(options))
	from := netip.MustParseAddr(peer).As4()
	b[0], b[ipv4TTLAt], b[ipv4ProtocolAt] = 0x45, 64, protocolTCP
	binary.BigEndian.PutUint16(b[ipv4TotalAt:], uint16(len(b)))
	copy(b[ipv4SourceAt:], from[:])
	copy(b[ipv4SourceAt+4:], []byte{192, 0, 2, 1})
	binary.BigEndian.PutUint16(b[ipv4ChecksumAt:], ^checksum.Checksum(b[:ipv4HeadBytes], 0))
	tcp := b[ipv4HeadBytes:]
	binary.BigEndian.PutUint16(tcp, 1000)
	binary.BigEndian.PutUint16(tcp[2:], 80)
	tcp[tcpOffsetAt], tcp[tcpFlagsAt] = byte(len(tcp)/4)<<4, tcpSYN
	copy(tcp[tcpHeadMin:], options)
	h := tcpHeaders{ip: b[:ipv4HeadBytes], tcp: tcp}
	binary.BigEndian.PutUint16(tcp[tcpChecksumAt:], ^checksum.Checksum(tcp, pseudoSum(&h)))
	far.out <- append(make([]byte, virtioHeaderBytes), b...)
	return (<-far.in)[virtioHeaderBytes:]
}

func pseudoSum(h *tcpHeaders) uint16 {
	return checksum.Combine(checksum.Checksum(h.addresses(), 0), checksum.Combine(protocolTCP, uint16(len(h.tcp))))
}

// tcpSumIsRight checks a segment without payload.
func tcpSumIsRight(h *tcpHeaders) bool { return checksum.Checksum(h.tcp, pseudoSum(h)) == 0xffff }

// TestOddSYNsAreAnswered gives a listener SYNs whose timestamps the gate does not
// find, all of them at least. A peer that reads in the answer that they are used,
// or not, must get a connection in which that is so.
func TestOddSYNsAreAnswered(t *testing.T) {
	own, peer := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	timestamps := []byte{tcpOptionTimestamps, tcpOptionTimestampsBytes, 0, 0, 1, 0, 0, 0, 0, 0, tcpOptionNOP, tcpOptionNOP}
	bare := tcpBetween(peer, own, segment{flags: flagSYN, local: 80, remote: 4000, seq: 1000}, nil)
	syn := withTCPOptions(bare, timestamps...)
	ipOption := slices.Insert(bytes.Clone(syn), ipv4HeadBytes, 1, 1, 1, 0)
	ipOption[0]++
	binary.BigEndian.PutUint16(ipOption[ipv4TotalAt:], uint16(len(ipOption)))
	fixIPSum(ipOption)
	for name, b := range map[string][]byte{
		"ordinary":       syn,
		"IP options":     ipOption,
		"trailing bytes": append(bytes.Clone(syn), 0, 0, 0),
		"offered twice":  withTCPOptions(syn, timestamps...),
	} {
		t.Run(name, func(t *testing.T) {
			dev, far := virtioPair()
			link, err := NewDeviceLink(dev, DeviceConfig{QueueMax: -1})
			if err != nil {
				t.Fatal(err)
			}
			s, err := New(Config{Interfaces: []Interface{{Link: link, Addresses: []netip.Prefix{netip.PrefixFrom(own, 24)}}}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ln, err := s.ListenTCP(t.Context(), netip.AddrPortFrom(own, 80), ListenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			far.out <- append(make([]byte, virtioHeaderBytes), b...)
			answer := (<-far.in)[virtioHeaderBytes:]
			h, err := splitTCP(answer, len(answer))
			if err != nil {
				t.Fatal(err)
			}
			next := segment{flags: flagACK, local: 80, remote: 4000, seq: 1001, ack: binary.BigEndian.Uint32(h.tcp[tcpSeqAt:]) + 1}
			last := tcpBetween(peer, own, next, nil)
			if timestampsOf(answer) {
				last = withTCPOptions(last, timestamps...)
			}
			far.out <- append(make([]byte, virtioHeaderBytes), last...)
			eventually(t, func() bool { _, err := ln.TryAccept(); return err == nil }, "the connection is accepted")
		})
	}
}

// TestClearTimestamps tries headers with options at all offsets, also odd ones:
// nothing but the timestamps changes, and a right checksum stays right, a wrong
// one wrong.
func TestClearTimestamps(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		tcp := make([]byte, tcpHeadMin+4*random.IntN(11))
		for i := range tcp {
			tcp[i] = byte(random.Uint32())
		}
		options := tcp[tcpHeadMin:]
		clear(options)
		at := -1
		for n := 0; n < len(options) && random.IntN(8) > 0; {
			switch k := random.IntN(3); {
			case k == 0 && at < 0 && n+tcpOptionTimestampsBytes <= len(options):
				at = n
				options[n], options[n+1] = tcpOptionTimestamps, tcpOptionTimestampsBytes
				binary.BigEndian.PutUint64(options[n+2:], random.Uint64())
				n += tcpOptionTimestampsBytes
			case k == 1 && n+3 <= len(options):
				copy(options[n:], []byte{3, 3, byte(random.Uint32())})
				n += 3
			default:
				options[n] = tcpOptionNOP
				n++
			}
		}
		wrong := random.IntN(2)
		tcp[tcpChecksumAt], tcp[tcpChecksumAt+1] = 0, 0
		binary.BigEndian.PutUint16(tcp[tcpChecksumAt:], ^checksum.Checksum(tcp, 0)+uint16(wrong))
		want := bytes.Clone(tcp)
		if at >= 0 {
			copy(want[tcpHeadMin+at:], bytes.Repeat([]byte{tcpOptionNOP}, tcpOptionTimestampsBytes))
		}
		clearTimestamps(tcp)
		right := checksum.Checksum(tcp, 0) == 0xffff
		copy(tcp[tcpChecksumAt:], want[tcpChecksumAt:tcpChecksumAt+2])
		if !bytes.Equal(tcp, want) || right != (wrong == 0) {
			t.Fatalf("timestamps at %d: %x, want %x; checksum right %v, wrong by %d before", at, tcp, want, right, wrong)
		}
	}
}

// TestFindTimestampsInBrokenOptions must neither find what is not there nor read
// beyond the header.
func TestFindTimestampsInBrokenOptions(t *testing.T) {
	for _, options := range [][]byte{
		{8}, {8, 10, 0}, {8, 2, 1, 1}, {0, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {3, 0, 8, 10}, {3, 1, 8, 10}, {5, 200, 8, 10},
	} {
		if found := findTimestamps(append(make([]byte, tcpHeadMin), options...)); found != nil {
			t.Errorf("options %x: found %x", options, found)
		}
	}
}

// TestArrivingTimestampsOfAHeldPacket must not change what a decorator keeps.
func TestArrivingTimestampsOfAHeldPacket(t *testing.T) {
	dev, far := virtioPair()
	l, err := NewDeviceLink(dev, DeviceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Interfaces: []Interface{{Link: l, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}}, TCP: TCPConfig{Timestamps: timestampsAlways}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	syn := dialledSYN(t, s, far, "192.0.2.2")
	before := packetsLive.Load()
	p := NewPacket(len(syn))
	copy(p.firstSegment(), syn)
	p.Retain()
	q := (&timestampGate{all: true}).arriving(p)
	if !timestampsOf(p.firstSegment()) || timestampsOf(q.firstSegment()) {
		t.Error("the held packet has changed, or the stack's has not")
	}
	p.Release()
	q.Release()
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live", live)
	}
}
