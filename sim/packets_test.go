package sim

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

const ms = time.Millisecond

// segment is a hand-made TCP packet over IPv4; checksums are left out.
type segment struct {
	src, dst string // addresses and ports
	flags    fault.Flags
	seq, ack uint32
	window   uint16
	options  []byte // whole words
	payload  string
}

func (s segment) bytes() []byte {
	src, dst := netip.MustParseAddrPort(s.src), netip.MustParseAddrPort(s.dst)
	b := make([]byte, 40)
	b[0], b[8], b[9] = 0x45, 64, fault.TCP
	copy(b[12:], src.Addr().AsSlice())
	copy(b[16:], dst.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[20:], src.Port())
	binary.BigEndian.PutUint16(b[22:], dst.Port())
	binary.BigEndian.PutUint32(b[24:], s.seq)
	binary.BigEndian.PutUint32(b[28:], s.ack)
	b[32], b[33] = byte(20+len(s.options))/4<<4, byte(s.flags)
	binary.BigEndian.PutUint16(b[34:], s.window)
	b = append(append(b, s.options...), s.payload...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

const (
	cliEnd = "10.0.0.1:40000"
	srvEnd = "10.0.0.2:80"
)

// testLog is a log of a world with the hosts cli and srv, and the router r
// between them or not.
func testLog(records ...engine.Record) Packets {
	hosts := map[string]string{"10.0.0.1": "cli", "10.0.0.2": "srv"}
	l := newPacketLog(
		func(a netip.Addr) string { return hosts[a.String()] },
		func(name string) bool { return name == "r" },
	)
	for i := range records { // one after the other, as a run that is watched
		l.update(records[:i+1])
	}
	return Packets{list: l.packets}
}

// sends are the records of a packet that is sent and arrives a little later.
func sends(n uint64, at time.Duration, path string, s segment) []engine.Record {
	return []engine.Record{
		{Kind: engine.Entered, Packet: n, At: at, Path: path, Bytes: s.bytes()},
		{Kind: engine.Delivered, Packet: n, At: at + 10*ms, Path: path},
	}
}

// flow is what the engine reads from the packet.
func (s segment) flow() fault.Flow {
	return fault.Flow{Src: netip.MustParseAddrPort(s.src), Dst: netip.MustParseAddrPort(s.dst), Proto: fault.TCP}
}

const (
	there = "cli/eth0>srv/eth0"
	back  = "srv/eth0>cli/eth0"
)

// conversation is a handshake, data that is lost once, a probe, and the end.
func conversation() []engine.Record {
	var list []engine.Record
	add := func(r []engine.Record) { list = append(list, r...) }
	syn := []byte{2, 4, 5, 0xb4, 1, 3, 3, 7}
	add(sends(1, 0, there, segment{cliEnd, srvEnd, fault.SYN, 0xffffffff, 0, 65535, syn, ""}))
	add(sends(2, 10*ms, back, segment{srvEnd, cliEnd, fault.SYN | fault.ACK, 5000, 0, 65535, syn, ""}))
	add(sends(3, 20*ms, there, segment{cliEnd, srvEnd, fault.ACK, 0, 5001, 512, nil, ""}))
	data := segment{cliEnd, srvEnd, fault.PSH | fault.ACK, 0, 5001, 512, nil, "hello"}
	add([]engine.Record{{Kind: engine.Entered, Packet: 4, At: 20 * ms, Path: there, Bytes: data.bytes(), Drop: engine.DropFault, By: "drop nth=1"}})
	add(sends(5, 240*ms, there, data))
	sack := []byte{1, 1, 5, 10, 0, 0, 0, 7, 0, 0, 0, 9}
	add(sends(6, 250*ms, back, segment{srvEnd, cliEnd, fault.ACK, 5001, 5, 511, sack, ""}))
	add(sends(7, 300*ms, there, segment{cliEnd, srvEnd, fault.ACK, 4, 5001, 512, nil, ""}))
	add(sends(8, 400*ms, there, segment{cliEnd, srvEnd, fault.FIN | fault.ACK, 5, 5001, 512, nil, ""}))
	return list
}

func TestPacketsAreShownAsLines(t *testing.T) {
	got := testLog(conversation()...).String()
	want := `0s           cli:40000 > srv:80: S 0:0(0) win 65535 <mss 1460,wscale 7>
10ms         srv:80 > cli:40000: S. 0:0(0) ack 1 win 65535 <mss 1460,wscale 7>
20ms         cli:40000 > srv:80: . ack 1 win 65536
20ms         cli:40000 > srv:80: P. 1:6(5) ack 1 win 65536, dropped: fault, by drop nth=1
240ms        cli:40000 > srv:80: P. 1:6(5) ack 1 win 65536, again
250ms        srv:80 > cli:40000: . ack 6 win 65408 <sack 8:10>
300ms        cli:40000 > srv:80: . 5:5(0) ack 1 win 65536, probe
400ms        cli:40000 > srv:80: F. 6:6(0) ack 1 win 65536
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPacketFilters(t *testing.T) {
	all := testLog(conversation()...)
	for _, c := range []struct {
		name   string
		filter PacketFilter
		want   string // the numbers
	}{
		{"From", From("srv"), "2 6"},
		{"To", To("srv"), "1 3 4 5 7 8"},
		{"Between", Between("srv", "cli"), "1 2 3 4 5 6 7 8"},
		{"Between others", Between("srv", "db"), ""},
		{"SYN", SYN, "1"},
		{"SYNACK", SYNACK, "2"},
		{"Data", Data, "4 5"},
		{"FIN", FIN, "8"},
		{"RST", RST, ""},
		{"ACKOnly", ACKOnly, "3 6"},
		{"Retransmission", Retransmission, "5"},
		{"Probe", Probe, "7"},
		{"Dropped", Dropped, "4"},
		{"Delivered", Delivered, "1 2 3 5 6 7 8"},
		{"Port", Port(40000), "1 2 3 4 5 6 7 8"},
		{"another Port", Port(81), ""},
		{"Flow", Flow(netip.MustParseAddrPort(srvEnd), netip.MustParseAddrPort(cliEnd)), "1 2 3 4 5 6 7 8"},
		{"Not", Not(TCP), ""},
		{"Either", Either(SYN, FIN), "1 8"},
		{"a function", func(p *Packet) bool { return p.At == 20*ms }, "3 4"},
	} {
		var got []string
		for _, p := range all.Where(c.filter).All() {
			got = append(got, string('0'+byte(p.Number)))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s keeps %q, want %q", c.name, s, c.want)
		}
	}
}

func TestPacketListsAreCut(t *testing.T) {
	all := testLog(conversation()...)
	all.WantLen(t, 8)
	all.First(2).WantTimes(t, "0 10ms")
	all.Last(2).WantTimes(t, "0 100ms")
	all.Last(2).WantGaps(t, "100ms")
	all.Last(100).WantLen(t, 8)
	all.First(-1).WantLen(t, 0)
	all.Since(240*ms).WantTimes(t, "0 10ms 60ms 160ms")
	all.Since(235*ms).WantTimes(t, "5ms 15ms 65ms 165ms")
	all.Since(0).Last(1).WantTimes(t, "400ms")
	all.Where(RST).WantTimes(t, "")
	if p := all.At(-1); p.Number != 8 || all.At(7) != p {
		t.Errorf("At(-1) is %v", p)
	}
	if p := all.At(4); len(p.Arrivals) != 1 || p.Arrivals[0] != 250*ms {
		t.Errorf("packet 5 arrived at %v, want 250ms", p.Arrivals)
	}
	defer func() {
		if s, _ := recover().(string); !strings.HasPrefix(s, "sim: there is no packet 8 in a list of 8:\n0s  ") {
			t.Errorf("At(8) panics with %q", s)
		}
	}()
	all.At(8)
}

// heard is a testing.TB that remembers what it is told.
type heard struct {
	testing.TB
	said []string
}

func (r *heard) Helper() {}
func (r *heard) Error(args ...any) {
	r.said = append(r.said, fmt.Sprint(args...))
}
func (r *heard) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func TestWantedPacketsAreShownBesideThoseSeen(t *testing.T) {
	all := testLog(conversation()...).Where(From("srv"))
	for _, c := range []struct {
		name string
		ask  func(tb testing.TB)
		want string
	}{
		{"times", func(tb testing.TB) { all.WantTimes(tb, "0 250ms 1s") }, `2 of 3 packets are not as wanted (*)
       want           sent at       
    0  0s             0s             10ms         srv:80 > cli:40000: S. 0:0(0) ack 1 win 65535 <mss 1460,wscale 7>
*   1  250ms          240ms          250ms        srv:80 > cli:40000: . ack 6 win 65408 <sack 8:10>
*   2  1s             -              `},
		{"gaps", func(tb testing.TB) { all.WantGaps(tb, "") }, `1 of 2 packets are not as wanted (*)
       want           sent after the one before
    0  0s             0s             10ms         srv:80 > cli:40000: S. 0:0(0) ack 1 win 65535 <mss 1460,wscale 7>
*   1  -              240ms          250ms        srv:80 > cli:40000: . ack 6 win 65408 <sack 8:10>`},
		{"length", func(tb testing.TB) { all.First(1).WantLen(tb, 0) }, `1 packets, want 0:
10ms         srv:80 > cli:40000: S. 0:0(0) ack 1 win 65535 <mss 1460,wscale 7>
`},
		{"nothing to have gaps", func(tb testing.TB) { all.First(0).WantGaps(tb, "1s 2s") }, "no packets, want 3 with the gaps 1s 2s between them"},
		{"not a time", func(tb testing.TB) { all.WantTimes(tb, "0 240") }, `WantTimes: word 2 of "0 240" is "240": write durations such as 0, 240ms or 1m42.44s, separated by spaces`},
	} {
		r := &heard{TB: t}
		c.ask(r)
		if len(r.said) != 1 || r.said[0] != c.want {
			t.Errorf("%s: said %q, want %q", c.name, r.said, c.want)
		}
	}
}

// TestPacketsThroughRoutersAreThereOnce follows packets over two paths: one is
// lost on the second, one finds no way, one is copied on the first.
func TestPacketsThroughRoutersAreThereOnce(t *testing.T) {
	syn := segment{cliEnd, srvEnd, fault.SYN, 1, 0, 65535, nil, ""}
	first, second := "cli/eth0>r/eth0", "r/eth1>srv/eth0"
	records := []engine.Record{
		{Kind: engine.Entered, Packet: 1, At: 0, Path: first, Bytes: syn.bytes(), By: "delay delay=1ms"},
		{Kind: engine.Entered, Packet: 2, At: 0, Path: first, Bytes: syn.bytes(), Copies: 1},
		{Kind: engine.Delivered, Packet: 1, At: 5 * ms, Path: first},
		{Kind: engine.Entered, Packet: 3, At: 5 * ms, Path: second, Bytes: syn.bytes()},
		{Kind: engine.Delivered, Packet: 2, At: 6 * ms, Path: first},
		{Kind: engine.Entered, Packet: 4, At: 6 * ms, Path: second, Bytes: syn.bytes()},
		{Kind: engine.Delivered, Packet: 2, Copy: 1, At: 6 * ms, Path: first},
		{Kind: engine.Entered, Packet: 5, At: 6 * ms, Path: second, Bytes: syn.bytes()},
		{Kind: engine.Dropped, Packet: 3, At: 7 * ms, Path: second, Drop: engine.DropQueue},
		{Kind: engine.Delivered, Packet: 4, At: 9 * ms, Path: second},
		{Kind: engine.Delivered, Packet: 5, At: 10 * ms, Path: second},
		{Kind: engine.Entered, Packet: 6, At: 20 * ms, Path: first, Bytes: syn.bytes()},
		{Kind: engine.Delivered, Packet: 6, At: 25 * ms, Path: first},
		{Kind: engine.Lost, Packet: 7, At: 25 * ms, Path: "r/eth0", Bytes: syn.bytes(), Drop: engine.DropNoRoute},
		{Kind: engine.Entered, Packet: 8, At: 30 * ms, Path: first, Bytes: syn.bytes()},
	}
	for i := range records {
		records[i].Flow = syn.flow()
	}
	got := testLog(records...).String()
	want := `0s           cli:40000 > srv:80: S 0:0(0) win 65535, dropped: queue, by delay delay=1ms
0s           cli:40000 > srv:80: S 0:0(0) win 65535, again, arrived 2 times
20ms         cli:40000 > srv:80: S 0:0(0) win 65535, again, dropped: no route
30ms         cli:40000 > srv:80: S 0:0(0) win 65535, again, under way
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestPacketsInALine sends through two real routers: what is lost behind them,
// what they refuse, and what they answer themselves.
func TestPacketsInALine(t *testing.T) {
	w := Must(New(Config{Path: PathConfig{Delay: 10 * ms}}))
	defer w.Close()
	cli, srv := w.Line("cli", "r1", "r2", "srv")
	w.Fault(fault.Drop{Select: fault.Select{From: []string{"r2"}, To: []string{"srv"}, Nth: 2}})
	u := w.Must(cli.Dial("udp", "srv:53"))
	Must(srv.ListenPacket("udp", ":53"))
	for range 2 {
		Must(u.Write([]byte("question")))
	}
	w.Settle()
	router := w.Routers()[0].Addrs()[0]
	Must(cli.Stack().Ping(context.Background(), router, netstack.PingOptions{}))
	if _, err := cli.Stack().Ping(context.Background(), srv.Addr(), netstack.PingOptions{TTL: 1}); err == nil {
		t.Error("a ping of one hop has passed a router")
	}
	w.Settle()
	port := strings.TrimPrefix(u.LocalAddr().String(), cli.Addr().String())
	want := strings.ReplaceAll(`0s           cli:PORT > srv:53: udp 8 bytes
0s           cli:PORT > srv:53: udp 8 bytes, dropped: fault, by drop from=r2 to=srv nth=2
30ms         cli > r1: icmp echo request, 56 bytes
40ms         r1 > cli: icmp echo reply, 56 bytes
50ms         cli > srv: icmp echo request, 56 bytes, dropped: hop limit
60ms         r1 > cli: icmp time exceeded, 84 bytes
`, ":PORT", port)
	if got := w.Packets().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p := w.Packets(From("r1")).At(0); len(p.Arrivals) != 1 || p.To != "cli" {
		t.Errorf("the router's answer is %+v", p)
	}
}

// TestPacketsOfIPv6 reads TCP behind the longer header, and shows fragments as
// what they are.
func TestPacketsOfIPv6(t *testing.T) {
	w := Must(New(Config{Path: PathConfig{Delay: 10 * ms}}))
	defer w.Close()
	v6 := func(cfg *HostConfig) { cfg.Family = IPv6 }
	cli, srv := w.Host("cli", v6), w.Host("srv", v6)
	Must(srv.Listen("tcp", ":80"))
	c := w.Must(cli.Dial("tcp", "srv:80"))
	Must(c.Write([]byte("hello")))
	w.Settle()
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	want := strings.ReplaceAll(`0s           cli:PORT > srv:80: S 0:0(0) win 28800 <mss 1440,wscale 7>
10ms         srv:80 > cli:PORT: S. 0:0(0) ack 1 win 28800 <mss 1440,wscale 7>
20ms         cli:PORT > srv:80: . ack 1 win 28800
20ms         cli:PORT > srv:80: P. 1:6(5) ack 1 win 524288
30ms         srv:80 > cli:PORT: . ack 6 win 28672
`, "PORT", port)
	if got := w.Packets().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	Must(w.Must(cli.Dial("udp", "srv:53")).Write(make([]byte, 2000)))
	w.Settle()
	fragments := w.Packets(func(p *Packet) bool { return p.Fragment })
	fragments.WantLen(t, 2)
	if got, want := fragments.First(1).String(), "40ms         cli > srv: fragment, protocol 17, 1448 bytes\n"; got != want {
		t.Errorf("a fragment is %q, want %q", got, want)
	}
}

// TestSequenceNumbersBeginAgainWithEachConnection uses one pair of ports
// twice, the second time from a lower sequence number.
func TestSequenceNumbersBeginAgainWithEachConnection(t *testing.T) {
	var list []engine.Record
	for i, seq := range []uint32{9000, 100} {
		n := uint64(3 * i)
		list = append(list, sends(n+1, 0, there, segment{cliEnd, srvEnd, fault.SYN, seq, 0, 100, nil, ""})...)
		list = append(list, sends(n+2, 0, back, segment{srvEnd, cliEnd, fault.SYN | fault.ACK, seq / 2, seq + 1, 100, nil, ""})...)
		list = append(list, sends(n+3, 0, there, segment{cliEnd, srvEnd, fault.ACK, seq + 1, seq/2 + 1, 100, nil, "x"})...)
	}
	all := testLog(list...)
	all.Where(Retransmission).WantLen(t, 0)
	for i, p := range all.Where(Data).All() {
		if p.Seq != 1 || p.Ack != 1 {
			t.Errorf("data of connection %d has seq %d and ack %d, want 1 and 1", i, p.Seq, p.Ack)
		}
	}
}

// TestPacketsThatAreNone must not stop anything.
func TestPacketsThatAreNone(t *testing.T) {
	whole := segment{cliEnd, srvEnd, fault.SYN, 1, 0, 65535, []byte{3, 3, 7, 0}, "data"}.bytes()
	for n := range len(whole) {
		all := testLog(engine.Record{Kind: engine.Entered, Packet: 1, Path: there, Bytes: whole[:n]})
		if all.String() == "" {
			t.Errorf("%d bytes of a packet are not shown", n)
		}
	}
	for _, options := range [][]byte{{3, 1, 0, 0}, {3, 9, 1, 1}, {1, 1, 1, 3}, {5, 3, 0, 0}} {
		all := testLog(engine.Record{Kind: engine.Entered, Packet: 1, Path: there,
			Bytes: segment{cliEnd, srvEnd, fault.SYN, 1, 0, 65535, options, ""}.bytes()})
		if got, want := all.String(), "0s           cli:40000 > srv:80: S 0:0(0) win 65535, under way\n"; got != want {
			t.Errorf("a SYN with the options %v is %q, want %q", options, got, want)
		}
	}
	got := testLog(engine.Record{Kind: engine.Lost, Packet: 1, Path: "cli/eth0", Drop: engine.DropNoRoute}).String()
	if want := "0s           invalid IP > invalid IP: protocol 0, 0 bytes, dropped: no route\n"; got != want {
		t.Errorf("an empty packet is %q, want %q", got, want)
	}
}
