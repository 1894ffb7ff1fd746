package fq

import (
	"encoding/binary"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// packet makes a packet with the given bytes.
func packet(data []byte) *netstack.Packet {
	p := netstack.NewPacket(len(data))
	for s := range p.Segments {
		data = data[copy(s, data):]
	}
	return p
}

// udp is a UDP packet of flow and size over IPv4, with a number in its payload
// to know it by.
func udp(flow, size, number int) []byte {
	b := make([]byte, max(size, 32))
	b[0], b[8], b[9] = 0x45, 64, protoUDP
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	copy(b[12:], []byte{10, 0, 0, 1, 10, 0, byte(flow >> 16), 2})
	binary.BigEndian.PutUint16(b[20:], uint16(flow))
	binary.BigEndian.PutUint16(b[22:], 53)
	binary.BigEndian.PutUint32(b[28:], uint32(number))
	return b
}

// identity is the flow and the number of a packet made by udp.
func identity(p *netstack.Packet) (flow, number int) {
	var b [32]byte
	p.CopyTo(b[:])
	return int(b[18])<<16 | int(binary.BigEndian.Uint16(b[20:])), int(binary.BigEndian.Uint32(b[28:]))
}

// setting is a Config with a fixed hash key.
func setting(cfg Config) Config {
	cfg.Entropy = fixed{}
	return cfg
}

// fixed is a source of entropy without any.
type fixed struct{}

func (fixed) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i)
	}
	return len(p), nil
}

// stepped is a scheduler with its classifier and a clock that the test moves.
type stepped struct {
	*scheduler
	sort classifier
	now  time.Duration
}

func newStepped(t testing.TB, cfg Config) *stepped {
	t.Helper()
	if err := cfg.check(); err != nil {
		t.Fatal(err)
	}
	s := &stepped{scheduler: newScheduler(cfg, 1500)}
	s.sort = classifier{key: [2]uint64{1, 2}, queues: uint64(cfg.queues())}
	t.Cleanup(func() { s.release() })
	return s
}

// put queues a packet of flow.
func (s *stepped) put(flow, size, number int) {
	p := packet(udp(flow, size, number))
	s.enqueue(p, s.sort.queue(p), s.now)
}

// take sends the next packet; ok is false if there is none.
func (s *stepped) take() (flow, number, size int, ok bool) {
	p, size := s.dequeue(s.now)
	if p == nil {
		return 0, 0, 0, false
	}
	defer p.Release()
	flow, number = identity(p)
	return flow, number, size, true
}

// slowLink is an inner link whose Send waits for the test's leave: as many
// packets as were allowed pass, one Send for each.
type slowLink struct {
	mu      sync.Mutex
	wake    sync.Cond
	allowed int // packets that may still pass; negative: all
	waiting bool
	closed  bool
	failure error // what Send returns
	refuse  int   // packets that Send drops of each batch
	seen    func(*netstack.Packet)

	receiver netstack.Receiver
	offload  netstack.OffloadStats
}

func newSlowLink() *slowLink {
	l := &slowLink{}
	l.wake.L = &l.mu
	return l
}

func (l *slowLink) MTU() int                            { return 1400 }
func (l *slowLink) Offload() netstack.Offload           { return netstack.Offload{SegmentBytesMax: 60000} }
func (l *slowLink) OffloadStats() netstack.OffloadStats { return l.offload }

func (l *slowLink) Attach(r netstack.Receiver) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.receiver = r
	return l.failure
}

func (l *slowLink) Send(pkts []*netstack.Packet) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		for _, p := range pkts {
			p.Release()
		}
	}()
	for i, p := range pkts {
		for l.allowed == 0 && !l.closed {
			l.waiting = true
			l.wake.Wait()
		}
		l.waiting = false
		if l.closed {
			return i, net.ErrClosed
		}
		if l.seen != nil {
			l.seen(p)
		}
		l.allowed--
	}
	return len(pkts) - l.refuse, l.failure
}

// allow lets n more packets pass; negative is all from now on.
func (l *slowLink) allow(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.allowed += n
	l.wake.Broadcast()
}

// stuck reports whether a Send waits.
func (l *slowLink) stuck() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting
}

func (l *slowLink) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.wake.Broadcast()
	return nil
}

// nobody is a receiver that wants nothing.
type nobody struct{}

func (nobody) LinkDown(error) {}
func (nobody) Deliver(pkts []*netstack.Packet) {
	for _, p := range pkts {
		p.Release()
	}
}
