package test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// simWorld is what both kinds of scheduler drive: two hosts in virtual time.
// Host i has the address 192.0.2.(i+1).
type simWorld struct {
	clock *eventClock
	path  *simPath
	hosts [2]*netstack.Stack

	mu    sync.Mutex
	wakes []func() // handed over by Ready, not made yet
}

// simConfig is what differs between worlds.
type simConfig struct {
	delay time.Duration         // one way
	lost  func(packet int) bool // of one host's packets, counted from 0; nil: none
	tcp   netstack.TCPConfig
}

// requests are run by a goroutine that no bubble contains, because it was
// started with the package: there, stacks can be made.
var requests, requestDone = serveRequests()

func serveRequests() (chan func(), chan struct{}) {
	requests, done := make(chan func()), make(chan struct{})
	go func() {
		for f := range requests {
			f()
			done <- struct{}{}
		}
	}()
	return requests, done
}

// outside runs f outside of the caller's bubble.
func outside(f func()) {
	requests <- f
	<-requestDone
}

// newSimWorld may be called in a bubble and outside.
func newSimWorld(t *testing.T, cfg simConfig, sched netstack.Scheduler, w *simWorld) {
	t.Helper()
	w.clock = newEventClock()
	w.path = &simPath{cfg: cfg, clock: w.clock, trace: sha256.New()}
	var err error
	outside(func() {
		for i := range w.hosts {
			end := &simEnd{path: w.path, host: i}
			w.path.ends[i] = end
			addr := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), 24)
			w.hosts[i], err = netstack.New(netstack.Config{
				Name:       fmt.Sprint("host", i),
				Interfaces: []netstack.Interface{{Link: end, Addresses: []netip.Prefix{addr}}},
				Clock:      w.clock, Scheduler: sched, TCP: cfg.tcp,
				Entropy: rand.NewChaCha8([32]byte{byte(i)}),
			})
			if err != nil {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// simRuns is how often a program has to show the same trace.
func simRuns() int {
	if testing.Short() {
		return 3
	}
	return 10
}

// settle waits until both stacks have processed what they have been given.
func (w *simWorld) settle() {
	for _, s := range w.hosts {
		s.Settle()
	}
}

func (w *simWorld) pushWake(wake func()) {
	w.mu.Lock()
	w.wakes = append(w.wakes, wake)
	w.mu.Unlock()
}

// wakeOne makes the oldest wake-up; false if there is none.
func (w *simWorld) wakeOne() bool {
	w.mu.Lock()
	if len(w.wakes) == 0 {
		w.mu.Unlock()
		return false
	}
	wake := w.wakes[0]
	w.wakes = w.wakes[1:]
	w.mu.Unlock()
	wake()
	return true
}

// simPath collects what the hosts send. When the driver says so it decides
// on the packets, host by host, and sets the events of their arrival.
type simPath struct {
	cfg   simConfig
	clock *eventClock
	ends  [2]*simEnd

	trace hash.Hash // of every packet sent: host, time, bytes
	sent  int
}

// simEnd is the Link of one host.
type simEnd struct {
	path     *simPath
	host     int
	receiver netstack.Receiver

	mu    sync.Mutex
	out   []*netstack.Packet
	count int
}

var _ netstack.Link = (*simEnd)(nil)

func (e *simEnd) MTU() int                         { return 1500 }
func (e *simEnd) Offload() netstack.Offload        { return netstack.Offload{} }
func (e *simEnd) Attach(r netstack.Receiver) error { e.receiver = r; return nil }
func (e *simEnd) Close() error                     { return nil }

func (e *simEnd) Send(pkts []*netstack.Packet) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out = append(e.out, pkts...)
	return len(pkts), nil
}

// forward sends on what has been collected.
func (p *simPath) forward() {
	for _, e := range p.ends {
		e.mu.Lock()
		out := e.out
		e.out = nil
		e.mu.Unlock()
		for _, pkt := range out {
			p.forwardOne(e, pkt)
		}
	}
}

func (p *simPath) forwardOne(e *simEnd, pkt *netstack.Packet) {
	var head [16]byte
	binary.BigEndian.PutUint64(head[:], uint64(e.host))
	binary.BigEndian.PutUint64(head[8:], uint64(p.clock.Now().UnixNano()))
	p.trace.Write(head[:])
	for b := range pkt.Segments {
		p.trace.Write(b)
	}
	p.sent++
	n := e.count
	e.count++
	if p.cfg.lost != nil && p.cfg.lost(n) {
		pkt.Release()
		return
	}
	far := p.ends[1-e.host]
	p.clock.AfterFunc(p.cfg.delay, func() { far.receiver.Deliver([]*netstack.Packet{pkt}) })
}

// simTrace is what one run left behind.
type simTrace struct {
	sum     string
	packets int
	took    time.Duration // in virtual time
}

func (w *simWorld) result() simTrace {
	return simTrace{hex.EncodeToString(w.path.trace.Sum(nil)), w.path.sent, w.clock.Now().Sub(bubbleStart)}
}
