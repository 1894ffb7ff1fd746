package netstack

import (
	"bytes"
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// eventClock is virtual time: events ordered by (time, sequence number), fired
// one by one by a driver.
type eventClock struct {
	mu     sync.Mutex
	now    time.Time
	seq    int
	events eventHeap
}

type event struct {
	at   time.Time
	seq  int
	f    func() // nil once fired or stopped
	from *eventClock
}

func newEventClock() *eventClock {
	return &eventClock{now: time.Unix(1_700_000_000, 0)}
}

func (c *eventClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *eventClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	e := &event{at: c.now.Add(max(d, 0)), seq: c.seq, f: f, from: c}
	heap.Push(&c.events, e)
	return e.stop
}

func (e *event) stop() bool {
	e.from.mu.Lock()
	defer e.from.mu.Unlock()
	pending := e.f != nil
	e.f = nil
	return pending
}

// step fires the next event; false if there is none.
func (c *eventClock) step() bool {
	c.mu.Lock()
	for c.events.Len() > 0 {
		e := heap.Pop(&c.events).(*event)
		if e.f == nil {
			continue
		}
		f := e.f
		e.f = nil
		c.now = e.at
		c.mu.Unlock()
		f()
		return true
	}
	c.mu.Unlock()
	return false
}

// pending counts the timers that would still fire.
func (c *eventClock) pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, e := range c.events {
		if e.f != nil {
			n++
		}
	}
	return n
}

type eventHeap []*event

func (h eventHeap) Len() int      { return len(h) }
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(*event)) }
func (h eventHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}

func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	*h = (*h)[:last]
	return e
}

// tracedWire joins two stacks in virtual time, 5 ms apart. It drops every
// 23rd packet, and hashes all that it sees with its time.
type tracedWire struct {
	clock *eventClock
	mu    sync.Mutex
	sum   hash.Hash
	count int
	away  int // packets under way
}

type tracedEnd struct {
	wire     *tracedWire
	id       byte
	receiver Receiver
	far      *tracedEnd
}

func (e *tracedEnd) MTU() int                { return 1500 }
func (e *tracedEnd) Offload() Offload        { return Offload{} }
func (e *tracedEnd) Attach(r Receiver) error { e.receiver = r; return nil }
func (e *tracedEnd) Close() error            { return nil }

func (e *tracedEnd) Send(pkts []*Packet) (int, error) {
	w := e.wire
	for _, p := range pkts {
		w.mu.Lock()
		w.count++
		drop := w.count%23 == 0
		w.sum.Write([]byte{e.id})
		binary.Write(w.sum, binary.BigEndian, w.clock.Now().UnixNano())
		for s := range p.Segments {
			w.sum.Write(s)
		}
		if !drop {
			w.away++
		}
		w.mu.Unlock()
		if drop {
			p.Release()
			continue
		}
		w.clock.AfterFunc(5*time.Millisecond, func() {
			w.mu.Lock()
			w.away--
			w.mu.Unlock()
			e.far.receiver.Deliver([]*Packet{p})
		})
	}
	return len(pkts), nil
}

// scriptedRun transfers data between two stacks with given entropy, clock and
// script, and returns the hash of every byte that they sent and when.
func scriptedRun(t *testing.T, seed byte) (trace string, packets int) {
	t.Helper()
	clock := newEventClock()
	wire := &tracedWire{clock: clock, sum: sha256.New()}
	ends := [2]*tracedEnd{{wire: wire, id: 1}, {wire: wire, id: 2}}
	ends[0].far, ends[1].far = ends[1], ends[0]
	var stacks [2]*Stack
	for i := range stacks {
		s, err := New(Config{
			Interfaces: []Interface{{Link: ends[i], Addresses: pairAddresses(byte(i + 1))}},
			Clock:      clock,
			Entropy:    rand.NewChaCha8([32]byte{seed, byte(i)}),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		stacks[i] = s
	}
	settle := func() { stacks[0].Settle(); stacks[1].Settle() }
	script := newTransfer(t, stacks[0], stacks[1])
	for settle(); !script.advance(t); settle() {
		if !clock.step() {
			t.Fatal("nothing happens any more, but the transfer is not done")
		}
	}
	return hex.EncodeToString(wire.sum.Sum(nil)), wire.count
}

// transfer is a script without goroutines: three connections over both
// families, two of them sending data one way.
type transfer struct {
	listeners [3]endpoint
	clients   [3]endpoint
	servers   [3]tcpip.Endpoint
	sent, got [3]int
}

const transferBytes = 300_000

func newTransfer(t *testing.T, client, server *Stack) *transfer {
	tr := new(transfer)
	for i, to := range []string{"192.0.2.2:80", "[2001:db8::2]:80", "192.0.2.2:81"} {
		addr := netip.MustParseAddrPort(to)
		tr.listeners[i] = listenTCP(t, server, addr, 4)
		tr.clients[i] = dialTCP(t, client, addr)
	}
	return tr
}

// advance does what can be done at this moment and reports whether all is
// done.
func (tr *transfer) advance(t *testing.T) bool {
	done := true
	for i, c := range tr.clients {
		if tr.servers[i] == nil {
			if ep, _, err := tr.listeners[i].Accept(nil); err == nil {
				tr.servers[i] = ep
			}
		}
		if c.state() == tcp.StateEstablished && tr.sent[i] < transferBytes {
			n, err := c.Write(bytes.NewReader(make([]byte, transferBytes-tr.sent[i])), tcpip.WriteOptions{})
			if _, blocked := err.(*tcpip.ErrWouldBlock); err != nil && !blocked {
				t.Fatalf("write: %s", err)
			}
			if tr.sent[i] += int(n); tr.sent[i] == transferBytes {
				c.Shutdown(tcpip.ShutdownWrite)
			}
		}
		if tr.servers[i] != nil {
			var sink bytes.Buffer
			res, err := tr.servers[i].Read(&sink, tcpip.ReadOptions{})
			if err == nil {
				tr.got[i] += res.Count
			}
		}
		done = done && tr.got[i] == transferBytes
	}
	return done
}

func TestSameEntropyClockAndScriptGiveTheSamePackets(t *testing.T) {
	want, packets := scriptedRun(t, 1)
	if packets < 700 {
		t.Fatalf("only %d packets: the script transferred nothing", packets)
	}
	rounds := 3
	if raceEnabled {
		rounds = 1
	}
	for _, procs := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(procs)
		for range rounds {
			if got, n := scriptedRun(t, 1); got != want {
				t.Errorf("GOMAXPROCS %d: trace %s of %d packets, want %s of %d", procs, got, n, want, packets)
			}
		}
		runtime.GOMAXPROCS(before)
	}
	if other, _ := scriptedRun(t, 2); other == want {
		t.Error("another seed gave the same packets: the entropy is not used")
	}
}

func TestStackIsSilentAtStart(t *testing.T) {
	clock := newEventClock()
	sent := 0
	link := &sinkLink{mtu: 1500, look: func(*Packet) { sent++ }}
	s, err := New(Config{
		Clock:      clock,
		Interfaces: []Interface{{Link: link, Addresses: append(pairAddresses(1), netip.MustParsePrefix("fe80::1/64"))}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 1000 {
		s.Settle()
		if !clock.step() {
			break
		}
	}
	if sent != 0 {
		t.Errorf("a stack that nobody uses sent %d packets", sent)
	}
}

func TestNoTimerIsLeftAfterClose(t *testing.T) {
	clock := newEventClock()
	wire := &tracedWire{clock: clock, sum: sha256.New()}
	ends := [2]*tracedEnd{{wire: wire, id: 1}, {wire: wire, id: 2}}
	ends[0].far, ends[1].far = ends[1], ends[0]
	var stacks [2]*Stack
	for i := range stacks {
		s, err := New(Config{
			Interfaces: []Interface{{Link: ends[i], Addresses: pairAddresses(byte(i + 1))}},
			Clock:      clock,
			TCP:        TCPConfig{KeepAlive: net.KeepAliveConfig{Enable: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		stacks[i] = s
	}
	tr := newTransfer(t, stacks[0], stacks[1])
	dialTCP(t, stacks[0], netip.MustParseAddrPort("192.0.2.77:80")) // stays in SYN-SENT
	fragment := NewPacket(28)
	fill(fragment, firstFragment())
	ends[0].receiver.Deliver([]*Packet{fragment}) // stays half-reassembled
	for range 300 {                               // somewhere in the middle
		stacks[0].Settle()
		stacks[1].Settle()
		tr.advance(t)
		clock.step()
	}
	if clock.pending() == 0 {
		t.Fatal("no timer runs in the middle of a transfer: the test shows nothing")
	}
	stacks[0].Close()
	stacks[1].Close()
	if timers := clock.pending() - wire.away; timers != 0 {
		t.Errorf("%d timers are left", timers)
	}
}

// firstFragment is the first eight bytes of a UDP packet from 192.0.2.2 to
// 192.0.2.1 whose rest never comes.
func firstFragment() []byte {
	p := make([]byte, 28)
	copy(p, []byte{0x45, 0, 0, 28, 0, 1, 0x20, 0, 64, 17, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1})
	checksumInto(p[:20], 10)
	return p
}
