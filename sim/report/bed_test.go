package report

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

// bed is a network of hosts without stacks: a test sends the packets by hand,
// so that what is recorded is known to the byte.
type bed struct {
	t      testing.TB
	events *engine.Events
	net    *engine.Network
	trace  *engine.Trace
	faults *fault.Set
	hosts  []Host
	ports  map[string]*engine.Port
}

// newBed makes hosts on one subnet: the first has 10.0.0.1.
func newBed(t testing.TB, path engine.PathConfig, names ...string) *bed {
	t.Helper()
	events, err := engine.NewEvents(engine.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{
		t: t, events: events, trace: engine.NewTrace(engine.TraceConfig{Full: true}),
		faults: fault.NewSet(1), ports: map[string]*engine.Port{},
	}
	b.net, err = engine.New(engine.Config{
		Seed: 1, Events: events, Judge: b.faults, Trace: b.trace, Path: path,
		NewPacket: func(p []byte) engine.Packet { return plain(strings.Clone(string(p))) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		b.add(name, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i + 1)}))
	}
	return b
}

func (b *bed) add(name string, addr netip.Addr) {
	b.t.Helper()
	port, err := b.net.AddPort(engine.PortConfig{Host: name, Interface: "eth0", Addresses: []netip.Prefix{netip.PrefixFrom(addr, 16)}})
	if err != nil {
		b.t.Fatal(err)
	}
	port.Receive(func(engine.Packet) {})
	b.ports[name] = port
	b.hosts = append(b.hosts, Host{Name: name, Addresses: []netip.Addr{addr}})
}

// plain is a packet that nobody counts.
type plain []byte

func (p plain) Len() int                           { return len(p) }
func (p plain) Segments(yield func(b []byte) bool) { yield(p) }
func (p plain) Retain()                            {}
func (p plain) Release()                           {}

// fault adds the faults of some lines.
func (b *bed) fault(lines string) {
	b.t.Helper()
	faults, err := fault.ParseList(lines)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.faults.AddList(faults); err != nil {
		b.t.Fatal(err)
	}
}

// at moves the time to an instant, and what is due happens.
func (b *bed) at(at time.Duration) {
	b.t.Helper()
	for next, ok := b.events.Next(); ok && next <= at; next, ok = b.events.Next() {
		if _, err := b.events.Step(); err != nil {
			b.t.Fatal(err)
		}
		b.net.Forward()
	}
	if err := b.events.MoveTo(at); err != nil {
		b.t.Fatal(err)
	}
}

// segment is what a test says of a TCP segment.
type segment struct {
	from, to string // "host:port", the host by its name
	flags    fault.Flags
	seq, ack uint32
	window   uint16
	sack     []uint32 // first and next of each block
	data     string
}

// send sends a segment now.
func (b *bed) send(s segment) {
	b.t.Helper()
	options := []byte{}
	if s.flags&fault.SYN != 0 {
		options = []byte{2, 4, 5, 0xb4}
	}
	if len(s.sack) > 0 {
		options = append(options, 1, 1, 5, byte(2+4*len(s.sack)))
		for _, n := range s.sack {
			options = binary.BigEndian.AppendUint32(options, n)
		}
	}
	src, dst := b.address(s.from), b.address(s.to)
	tcp := make([]byte, 20, 20+len(options)+len(s.data))
	binary.BigEndian.PutUint16(tcp, src.Port())
	binary.BigEndian.PutUint16(tcp[2:], dst.Port())
	binary.BigEndian.PutUint32(tcp[4:], s.seq)
	binary.BigEndian.PutUint32(tcp[8:], s.ack)
	tcp[12], tcp[13] = byte(5+len(options)/4)<<4, byte(s.flags)
	binary.BigEndian.PutUint16(tcp[14:], s.window)
	b.raw(s.from, src, dst, fault.TCP, append(append(tcp, options...), s.data...))
}

// raw sends an IPv4 packet now.
func (b *bed) raw(from string, src, dst netip.AddrPort, proto uint8, body []byte) {
	ip := make([]byte, 20, 20+len(body))
	ip[0], ip[8], ip[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(body)))
	copy(ip[12:], src.Addr().AsSlice())
	copy(ip[16:], dst.Addr().AsSlice())
	name, _, _ := strings.Cut(from, ":")
	b.net.Send(b.ports[name], plain(append(ip, body...)))
	b.net.Forward()
}

// address reads "host:port".
func (b *bed) address(text string) netip.AddrPort {
	b.t.Helper()
	name, port, _ := strings.Cut(text, ":")
	for _, h := range b.hosts {
		if h.Name == name {
			return netip.MustParseAddrPort(h.Addresses[0].String() + ":" + port)
		}
	}
	return netip.MustParseAddrPort(text)
}

// run is what is known at the end.
func (b *bed) run() *Run {
	records, _ := b.trace.All()
	r := &Run{
		Test: "TestUpload", Seed: 42, Hash: strings.Repeat("0123456789abcdef", 4),
		Replay:   "go test ./upload -run '^TestUpload$' -sim.seed=42",
		Versions: Versions{Warren: "v0.3.0", GVisor: "v0.0.0-20260905035102", Go: "go1.26.3", GOARCH: "amd64"},
		Start:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		Now:      b.events.Now(), Steps: b.events.Fired(), Hosts: b.hosts,
		Records: records, RecordsAll: b.trace.Len(),
	}
	for _, p := range b.net.Paths() {
		r.Paths = append(r.Paths, Path{p.Name(), p.Config(), p.Counters()})
	}
	for _, h := range b.faults.Handles() {
		r.Faults = append(r.Faults, Fault{h.String(), h.Hits()})
	}
	return r
}
