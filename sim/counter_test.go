package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/sim/engine"
	"github.com/seed-731cb71d/warren/sim/fault"
)

func TestEveryCounterHasANameAndOneSource(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Counters() {
		name, sources := c.String(), 0
		row := counterRows[c]
		for _, has := range []bool{row.stats != nil, row.sockets != nil, row.packets != nil} {
			if has {
				sources++
			}
		}
		if name == "" || seen[name] || c.Doc() == "" || sources != 1 || strings.ToLower(name) != name {
			t.Errorf("counter %d: name %q, doc %q, %d sources", c, name, c.Doc(), sources)
		}
		seen[name] = true
		text, err := json.Marshal(map[string]Counter{"c": c})
		var back map[string]Counter
		if err := errors.Join(err, json.Unmarshal(text, &back)); err != nil || back["c"] != c {
			t.Errorf("%s becomes %s and that %v: %v", c, text, back["c"], err)
		}
	}
	if _, err := ParseCounter("retransmit"); err == nil || !strings.Contains(err.Error(), `no counter "retransmit": the counters are listen-overflow-syn-drops `) {
		t.Errorf("an unknown name: %v", err)
	}
	for _, c := range []Counter{countersEnd, 255} {
		if _, err := c.MarshalText(); err == nil || c.Doc() != "" || c.Now() || !strings.HasPrefix(c.String(), "counter ") {
			t.Errorf("%v is none: %v", c, err)
		}
	}
}

// counterScenes provoke each counter once and know how often it has to count.
var counterScenes = []struct {
	name    string
	tcp     netstack.TCPConfig
	provoke func(w *World, cli, srv *Host)
	want    map[Counter]uint64 // of cli
}{
	{"a dial to nowhere", quickTCP, func(w *World, cli, srv *Host) {
		w.Fault(fault.Drop{Select: fault.Select{To: []string{"srv"}}})
		cli.Dial("tcp", "srv:80")
	}, map[Counter]uint64{DialTimeouts: 1, SocketsOpen: 0, SocketsSYNSent: 0}},
	{"a dial that is refused", quickTCP, func(w *World, cli, srv *Host) {
		cli.Dial("tcp", "srv:81")
	}, map[Counter]uint64{ResetsReceived: 1, DialsRefused: 1, DialTimeouts: 0}},
	{"data into the void", quickTCP, func(w *World, cli, srv *Host) {
		c := w.Must(cli.Dial("tcp", "srv:80"))
		w.Fault(fault.Drop{Select: fault.Select{To: []string{"srv"}}})
		io.WriteString(c, "x")
		c.Read(make([]byte, 1))
	}, map[Counter]uint64{TimedOut: 1, RetransmissionTimeouts: 2, Retransmits: 2}},
	{"a peer that keeps its end open", quickTCP, func(w *World, cli, srv *Host) {
		w.Must(cli.Dial("tcp", "srv:80")).Close()
		w.RunFor(2 * time.Second)
	}, map[Counter]uint64{FinWait2Timeouts: 1, SocketsTimeWait: 0}},
	{"an idle connection that is cut", netstack.TCPConfig{KeepAlive: net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: time.Second, Count: 3}},
		func(w *World, cli, srv *Host) {
			w.Must(cli.Dial("tcp", "srv:80"))
			w.RunFor(time.Second)
			w.Fault(fault.Drop{Select: fault.Select{To: []string{"srv"}}})
			w.RunFor(time.Hour)
		}, map[Counter]uint64{KeepAliveProbes: 3, TimedOut: 1, ZeroWindowProbes: 0}},
	{"a peer that does not read", netstack.TCPConfig{FixedReceiveBuffer: true, ReceiveBuffer: netstack.BufferBytes{Min: 4096, Default: 4096, Max: 4096}},
		func(w *World, cli, srv *Host) {
			c := w.Must(cli.Dial("tcp", "srv:80"))
			io.WriteString(c, strings.Repeat("x", 20_000))
			w.RunFor(time.Second)
		}, map[Counter]uint64{ZeroWindowProbes: 2, ZeroWindows: 0, TimedOut: 0}},
	{"one socket too many", quickTCP, func(w *World, cli, srv *Host) {
		for range 9 {
			cli.ListenPacket("udp", ":0")
		}
	}, map[Counter]uint64{SocketsOpen: 8, SocketsRefused: 1}},
	{"datagrams that nobody reads", quickTCP, func(w *World, cli, srv *Host) {
		p := Must(cli.ListenPacket("udp", ":53")).(*netstack.PacketConn)
		p.SetReadBuffer(4096)
		c := w.Must(srv.Dial("udp", "cli:53"))
		for range 10 {
			c.Write(make([]byte, 1000))
		}
		w.Settle()
	}, map[Counter]uint64{ReceiveOverflowDrops: 5}},
	{"a fragment that is lost", quickTCP, func(w *World, cli, srv *Host) {
		w.Fault(fault.Drop{Select: fault.Select{To: []string{"cli"}, Nth: 2}})
		Must(cli.ListenPacket("udp", ":53"))
		Must(w.Must(srv.Dial("udp", "cli:53")).Write(make([]byte, 4000)))
		w.RunFor(time.Second)
		Must(0, w.wantAtLeast(cli, ReassemblyBytes, 2500))
		w.RunFor(30 * time.Second)
	}, map[Counter]uint64{ReassemblyTimeouts: 1, ReassemblyBytes: 0, ReassemblyOverflows: 0}},
}

var quickTCP = netstack.TCPConfig{SYNRetries: 1, Retries: 2, FinWait2: time.Second}

func TestCountersCountWhatTheyName(t *testing.T) {
	for _, c := range counterScenes {
		t.Run(c.name, func(t *testing.T) {
			w := Must(New(Config{TCP: c.tcp, Path: PathConfig{Delay: 10 * ms}}))
			cli := w.Host("cli", func(cfg *HostConfig) { cfg.SocketsMax = 8 })
			srv := w.Host("srv")
			Must(srv.Listen("tcp", ":80"))
			c.provoke(w, cli, srv)
			for counter, n := range c.want {
				w.WantCounter(t, cli, counter, n)
			}
			if t.Failed() {
				t.Logf("\n%s", w.Packets())
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// wantAtLeast is an error where the counter is below n.
func (w *World) wantAtLeast(h *Host, c Counter, n uint64) error {
	if got := w.Counter(h, c); got < n {
		return fmt.Errorf("%s of %s is %d, want at least %d", c, h.Name(), got, n)
	}
	return nil
}

// TestSYNQueueAndCookies fills a SYN queue with handshakes whose answers are
// lost: two more clients get in by cookies, which take no place there. When the
// answers arrive at last, the accept queue has room for two of the three.
func TestSYNQueueAndCookies(t *testing.T) {
	w := Must(New(Config{}))
	defer w.Close()
	srv := w.Host("srv")
	Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 3}))
	unlucky := []string{"a", "b", "c"}
	for _, name := range unlucky {
		w.Host(name)
	}
	lost := w.Fault(fault.Drop{Select: fault.Select{From: []string{"srv"}, To: unlucky, Flags: fault.SYN}})
	for _, name := range append(unlucky, "d", "e") {
		cli := w.Host(name)
		cli.Go("dial", func() { Must(cli.Dial("tcp", "srv:80")) })
	}
	w.RunFor(10 * ms)
	w.WantCounter(t, srv, SYNQueue, 3)
	w.WantCounter(t, srv, SYNCookiesSent, 2)
	w.WantCounter(t, srv, SYNCookiesAccepted, 2)
	w.WantCounter(t, srv, AcceptQueue, 2)
	for _, i := range w.Sockets(srv) {
		if l := i.Listen; l != nil && (l.HalfOpen != 3 || l.HalfOpenMax != 3 || l.Waiting != 2 || l.WaitingMax != 4) {
			t.Errorf("the listener has %+v", *l)
		}
	}
	lost.Remove()
	w.RunFor(1500 * ms) // the SYNs are repeated after a second
	w.WantCounter(t, srv, AcceptQueue, 4)
	w.WantCounter(t, srv, SYNQueue, 1)
	w.WantCounter(t, srv, SYNCookiesRejected, 0)
	if n := w.Counter(srv, ListenOverflowACKDrops); n == 0 {
		t.Error("the last handshake's final ACK was not dropped")
	}
}

// TestFinalACKOfAFullQueueIsCounted lets two handshakes come in for the last
// place: both SYNs find it free, one ACK does not.
func TestFinalACKOfAFullQueueIsCounted(t *testing.T) {
	w := Must(New(Config{Path: PathConfig{Delay: 10 * ms}}))
	defer w.Close()
	srv := w.Host("srv")
	l := Must(srv.ListenTCP(":80", netstack.ListenOptions{Backlog: 2}))
	for range 2 {
		w.Must(w.Host("first").Dial("tcp", "srv:80"))
	}
	w.Settle()
	for _, name := range []string{"a", "b"} {
		cli := w.Host(name)
		cli.Go("dial", func() { Must(cli.Dial("tcp", "srv:80")) })
	}
	w.RunFor(35 * ms)
	w.WantCounter(t, srv, AcceptQueue, 3)
	w.WantCounter(t, srv, ListenOverflowACKDrops, 1)
	w.WantCounter(t, srv, ListenOverflowSYNDrops, 0)
	w.WantCounter(t, srv, SYNQueue, 1)

	// Another listener, which has room, does not count.
	Must(srv.Listen("tcp", ":81"))
	w.Must(w.Host("first").Dial("tcp", "srv:81"))
	w.Settle()
	w.WantCounter(t, srv, ListenOverflowACKDrops, 1)
	for _, i := range w.Sockets(srv) {
		if i.Listen != nil && i.Listen.ACKDrops != map[uint16]uint64{80: 1, 81: 0}[i.Local.Port()] {
			t.Errorf("%v", i)
		}
	}

	Must(l.Accept()) // the SYN-ACK is repeated, and its ACK finds room
	w.RunFor(time.Second)
	w.WantCounter(t, srv, AcceptQueue, 3+1)
	w.WantCounter(t, srv, SYNQueue, 0)
}

func TestWantedStateIsShown(t *testing.T) {
	w := Must(New(Config{Path: PathConfig{Delay: 10 * ms}}))
	defer w.Close()
	srv := w.Host("srv")
	Must(srv.Listen("tcp", ":80"))
	w.RunFor(time.Second)
	at := w.Mark()
	w.RunFor(time.Minute)
	for _, c := range []struct {
		ask  func(tb testing.TB)
		want string
	}{
		{func(tb testing.TB) { w.WantSockets(tb, srv, netstack.StateListen, 1) }, ""},
		{func(tb testing.TB) { w.WantSockets(tb, srv, netstack.StateListen, 2) },
			"1m1s: 1 sockets of srv in LISTEN, want 2:\ntcp LISTEN           0 [::]:80                 *                       waiting:0/4097 half-open:0/4096 syn-drops:0\n"},
		{func(tb testing.TB) { w.WantCounter(tb, srv, SocketsOpen, 1) }, ""},
		{func(tb testing.TB) { w.WantCounter(tb, srv, SocketsOpen, 0) },
			"1m1s: sockets-open of srv is 1, want 0 (sockets in the application's hands, of all kinds)"},
		{func(tb testing.TB) { w.WantCounter(tb, srv, 200, 0) }, "sim: there is no counter with the number 200: use one of the constants"},
		{func(tb testing.TB) { w.WantElapsed(tb, time.Minute) }, ""},
		{func(tb testing.TB) { w.WantElapsed(tb, time.Second) }, "1m1s: 1m0s have passed since 1s, want 1s"},
	} {
		r := &heard{TB: t}
		c.ask(r)
		if got := strings.Join(r.said, "; "); got != c.want {
			t.Errorf("said %q, want %q", got, c.want)
		}
	}
	if at != time.Second || w.Elapsed() != time.Minute {
		t.Errorf("marked at %v, %v ago", at, w.Elapsed())
	}
}

// TestPacketsNeedTheWholeTrace refuses to show a part as if it were all.
func TestPacketsNeedTheWholeTrace(t *testing.T) {
	for _, c := range []struct {
		trace engine.TraceConfig
		want  string
	}{
		{engine.TraceConfig{Ring: 10}, "sim: the packets cannot be listed, because the trace does not keep them: set Config.Trace.Full, or leave Config.Trace empty"},
		{engine.TraceConfig{Full: true, Most: 3}, "sim: the packets cannot be listed, because the trace has kept 3 of 4 records: raise Config.Trace.Most"},
	} {
		w := Must(New(Config{Trace: c.trace}))
		if _, err := w.Host("cli").Dial("tcp", w.Host("srv").Addr().String()+":80"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
		if _, err := w.AllPackets(); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v, want %s", c.trace, err, c.want)
		}
		if _, err := w.Host("cli").Counter(ZeroWindows); err == nil || err.Error() != "counter zero-windows: "+c.want {
			t.Errorf("%+v: a counter of packets: %v", c.trace, err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestPacketsOfAConnection lists what a run has sent while it goes on.
func TestPacketsOfAConnection(t *testing.T) {
	w := Must(New(Config{Path: PathConfig{Delay: 10 * ms}}))
	defer w.Close()
	srv, cli := w.Host("srv"), w.Host("cli")
	l := Must(srv.Listen("tcp", ":80"))
	c := w.Must(cli.Dial("tcp", "srv:80"))
	other := w.Must(cli.Dial("tcp", "srv:80"))
	w.Settle()
	if err := w.RunUntil(func() bool { return w.Packets(FlowOf(c), ACKOnly).Len() == 1 }); err != nil {
		t.Error(err)
	}
	far := Must(l.Accept())
	io.WriteString(far, "hello")
	io.WriteString(other, "bye")
	w.Settle()
	w.Packets(FlowOf(c), Data).WantLen(t, 1)
	w.Packets(From(cli), SYN).WantTimes(t, "0 20ms")
	if p := w.Packets(Data, To("cli")).At(0); string(p.Payload) != "hello" || p.From != "srv" || p.Seq != 1 || p.Ack != 1 {
		t.Errorf("the server's data is %v", p)
	}
	u := w.Must(cli.Dial("udp", "srv:53"))
	io.WriteString(u, "question")
	w.Settle()
	got := w.Packets(Either(UDP, ICMP)).Where(Not(Dropped)).String()
	port := strings.TrimPrefix(u.LocalAddr().String(), cli.Addr().String())
	want := "70ms         cli" + port + " > srv:53: udp 8 bytes\n80ms         srv > cli: icmp unreachable code 3, 36 bytes\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
