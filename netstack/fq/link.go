package fq

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
)

// chunkMax is the number of packets that Send sorts before it takes the lock.
const chunkMax = 64

// Link puts fair queues before another link's Send; all else passes through.
// Its methods may be called concurrently.
type Link struct {
	inner      netstack.Link
	classifier classifier
	batchBytes int
	now        func() time.Time
	birth      time.Time

	batch []*netstack.Packet // on its way to inner; the draining goroutine's

	mu       sync.Mutex
	wake     sync.Cond // signalled when the queues get their first packet, and at the end
	queues   *scheduler
	attached bool
	ended    error // why nothing is sent any more

	closing  sync.Once
	closeErr error // written inside closing
	pump     sync.WaitGroup
}

var (
	_ netstack.Link           = (*Link)(nil)
	_ netstack.OffloadCounter = (*Link)(nil)
)

// New returns a Link that queues what is sent to inner. It takes inner over:
// Close closes it. What cfg asks for in vain is an error that names the field.
func New(inner netstack.Link, cfg Config) (*Link, error) {
	if inner == nil {
		return nil, errors.New("fq: New: inner is nil: give it the link to queue for")
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	key, err := hashKey(cfg.Entropy)
	if err != nil {
		return nil, err
	}
	l := &Link{
		inner:      inner,
		classifier: classifier{key: key, queues: uint64(cfg.queues())},
		batchBytes: cfg.batchBytes(),
		now:        cfg.now(),
		queues:     newScheduler(cfg, inner.MTU()),
	}
	l.birth = l.now()
	l.wake.L = &l.mu
	return l, nil
}

// MTU is that of the inner link.
func (l *Link) MTU() int { return l.inner.MTU() }

// Offload is that of the inner link.
func (l *Link) Offload() netstack.Offload { return l.inner.Offload() }

// OffloadStats are those of the inner link.
func (l *Link) OffloadStats() netstack.OffloadStats {
	if c, ok := l.inner.(netstack.OffloadCounter); ok {
		return c.OffloadStats()
	}
	return netstack.OffloadStats{}
}

// Attach attaches r to the inner link and starts to empty the queues.
func (l *Link) Attach(r netstack.Receiver) error {
	if err := l.claim(); err != nil {
		return err
	}
	err := l.inner.Attach(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.attached = false
		return err
	case l.ended != nil:
		return fmt.Errorf("fq: attach: %w", l.ended)
	}
	l.pump.Add(1)
	go l.drain()
	return nil
}

// claim lets one Attach through.
func (l *Link) claim() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended != nil:
		return fmt.Errorf("fq: attach: %w", l.ended)
	case l.attached:
		return errors.New("fq: attach: the link already belongs to a stack; make another with New")
	}
	l.attached = true
	return nil
}

// Send queues pkts. It accepts all of them and does not block: where the
// queues are full, the fattest one loses packets, which Stats counts. After
// Close it returns net.ErrClosed, and once the inner link has failed that error.
func (l *Link) Send(pkts []*netstack.Packet) (n int, err error) {
	var queues [chunkMax]int32
	for n < len(pkts) {
		chunk := pkts[n:min(n+chunkMax, len(pkts))]
		for i, p := range chunk {
			queues[i] = l.classifier.queue(p)
		}
		if err := l.enqueue(chunk, queues[:]); err != nil {
			for _, p := range pkts[n:] {
				p.Release()
			}
			return n, err
		}
		n += len(chunk)
	}
	return n, nil
}

// enqueue takes over pkts, or none of them if the link has ended.
func (l *Link) enqueue(pkts []*netstack.Packet, queues []int32) error {
	l.mu.Lock()
	if l.ended != nil {
		defer l.mu.Unlock()
		return l.ended
	}
	sleeps := l.queues.stats.PacketsQueued == 0
	now := l.elapsed()
	for i, p := range pkts {
		l.queues.enqueue(p, queues[i], now)
	}
	l.mu.Unlock()
	if sleeps {
		l.wake.Signal()
	}
	return nil
}

// elapsed is the time since New.
func (l *Link) elapsed() time.Duration { return l.now().Sub(l.birth) }

// drain gives the packets to the inner link until either ends.
func (l *Link) drain() {
	defer l.pump.Done()
	for l.next() {
		n, err := l.inner.Send(l.batch)
		l.sent(n, err)
	}
}

// next waits for packets and takes a batch; false once the link has ended.
func (l *Link) next() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.ended == nil {
		if l.queues.stats.PacketsQueued == 0 {
			l.wake.Wait()
			continue
		}
		if l.takeLocked(); len(l.batch) > 0 {
			return true
		}
	}
	return false
}

// takeLocked fills the batch.
func (l *Link) takeLocked() {
	now := l.elapsed()
	for bytes := 0; bytes < l.batchBytes; {
		p, size := l.queues.dequeue(now)
		if p == nil {
			return
		}
		l.batch = append(l.batch, p)
		bytes += size
	}
}

// sent notes what became of the batch. An error means that the inner link is
// dead (see netstack.Link), and ends this one.
func (l *Link) sent(n int, err error) {
	total := len(l.batch)
	clear(l.batch)
	l.batch = l.batch[:0]
	n = min(max(n, 0), total)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queues.stats.Sent += uint64(n)
	l.queues.stats.DropsInner += uint64(total - n)
	if err != nil {
		l.endLocked(err)
	}
}

// endLocked drops what is queued and lets nothing more in. The first cause
// stays, but for Close.
func (l *Link) endLocked(cause error) {
	if l.ended == nil {
		l.queues.stats.DropsClosed += uint64(l.queues.release())
		l.ended = cause
	}
	if cause == net.ErrClosed {
		l.ended = cause
	}
	l.wake.Broadcast()
}

// Close drops what is queued, closes the inner link, and waits for the
// goroutine. Its error is that of the inner link's Close, every time.
func (l *Link) Close() error {
	l.closing.Do(func() {
		l.mu.Lock()
		l.endLocked(net.ErrClosed)
		l.mu.Unlock()
		l.closeErr = l.inner.Close()
		l.pump.Wait()
	})
	return l.closeErr
}
