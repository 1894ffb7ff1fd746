package engine

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/internal/checksum"
)

// testPacket is a packet that counts its references and comes in pieces.
type testPacket struct {
	b     []byte
	piece int // size of the first piece; 0: one piece
	refs  int
}

func (p *testPacket) Len() int { return len(p.b) }
func (p *testPacket) Retain()  { p.refs++ }
func (p *testPacket) Release() { p.refs-- }
func (p *testPacket) Segments(yield func([]byte) bool) {
	if p.piece > 0 && p.piece < len(p.b) {
		_ = yield(p.b[:p.piece]) && yield(p.b[p.piece:])
		return
	}
	yield(p.b)
}

// udp4 is a UDP packet of size bytes, at least 28, with don't fragment set.
func udp4(src, dst string, size int, id byte) *testPacket {
	s, d := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	b := make([]byte, size)
	b[0], b[6], b[8], b[9] = 0x45, 0x40, 64, 17
	binary.BigEndian.PutUint16(b[2:], uint16(size))
	s4, d4 := s.Addr().As4(), d.Addr().As4()
	copy(b[12:], s4[:])
	copy(b[16:], d4[:])
	binary.BigEndian.PutUint16(b[10:], checksum.Of(0, b[:20]))
	binary.BigEndian.PutUint16(b[20:], s.Port())
	binary.BigEndian.PutUint16(b[22:], d.Port())
	binary.BigEndian.PutUint16(b[24:], uint16(size-20))
	if size > 28 {
		b[28] = id
	}
	return &testPacket{b: b, refs: 1}
}

// bed is a network whose hosts note what arrives as "host id@time".
type bed struct {
	*Network
	t      testing.TB
	events *Events
	trace  *Trace
	got    []string
	made   []*testPacket // by the network
	sent   []*testPacket
}

func newBed(t testing.TB, cfg Config) *bed {
	t.Helper()
	b := &bed{t: t, events: newTestEvents(t, Limits{Events: 10_000_000}), trace: NewTrace(TraceConfig{Full: true})}
	cfg.Events, cfg.Trace = b.events, b.trace
	cfg.NewPacket = func(bytes []byte) Packet {
		p := &testPacket{b: append([]byte(nil), bytes...), refs: 1}
		b.made = append(b.made, p)
		return p
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Network = n
	return b
}

// host adds a port eth0, or a named one as "host/eth1".
func (b *bed) host(name string, addresses ...string) *Port {
	return b.add(name, false, addresses)
}

func (b *bed) add(name string, router bool, addresses []string) *Port {
	b.t.Helper()
	host, iface, ok := strings.Cut(name, "/")
	if !ok {
		iface = "eth0"
	}
	cfg := PortConfig{Host: host, Interface: iface, Router: router}
	for _, a := range addresses {
		cfg.Addresses = append(cfg.Addresses, netip.MustParsePrefix(a))
	}
	p, err := b.AddPort(cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	if !router {
		p.Receive(func(pkt Packet) {
			id := byte(0)
			if d := pkt.(*testPacket).b; len(d) > 28 {
				id = d[28]
			}
			b.got = append(b.got, fmt.Sprintf("%s %d@%v", host, id, b.events.Now()))
			pkt.Release()
		})
	}
	return p
}

func (b *bed) path(from, to *Port, cfg PathConfig) *Path {
	b.t.Helper()
	p, err := b.Path(from, to)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := p.Configure(cfg); err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bed) send(port *Port, pkt *testPacket) {
	b.sent = append(b.sent, pkt)
	b.Send(port, pkt)
}

// run makes everything happen and checks that no reference is left.
func (b *bed) run() {
	b.t.Helper()
	b.Forward()
	runAll(b.t, b.events)
	for _, list := range [][]*testPacket{b.sent, b.made} {
		for _, p := range list {
			if p.refs != 0 {
				b.t.Fatalf("a packet is left with %d references", p.refs)
			}
		}
	}
}

// want compares what has arrived, and forgets it.
func (b *bed) want(arrivals ...string) {
	b.t.Helper()
	if got, want := strings.Join(b.got, ", "), strings.Join(arrivals, ", "); got != want {
		b.t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	b.got = nil
}

const (
	aUDP = "10.0.0.1:1000"
	bUDP = "10.0.0.2:2000"
	ms   = time.Millisecond
)

// pair is a bed with hosts a and b.
func pair(t testing.TB, cfg Config) (n *bed, a, b *Port) {
	n = newBed(t, cfg)
	return n, n.host("a", "10.0.0.1/24", "fd00::1/64"), n.host("b", "10.0.0.2/24", "fd00::2/64")
}
