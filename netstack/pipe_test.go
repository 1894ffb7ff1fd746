package netstack

import (
	"errors"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// collector is a Receiver that keeps what it is given.
type collector struct {
	mu    sync.Mutex
	pkts  []*Packet
	down  error
	block chan struct{} // if not nil, Deliver waits for it
}

func (c *collector) Deliver(pkts []*Packet) {
	if c.block != nil {
		<-c.block
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pkts = append(c.pkts, pkts...)
}

func (c *collector) LinkDown(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = err
}

func (c *collector) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pkts)
}

func (c *collector) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	releaseAll(c.pkts)
	c.pkts = nil
}

// numbered are n packets, each with its number as its length.
func numbered(from, n int) []*Packet {
	pkts := make([]*Packet, n)
	for i := range pkts {
		pkts[i] = NewPacket(from + i + 1)
	}
	return pkts
}

func TestPipeKeepsOrderBothWays(t *testing.T) {
	a, b := Pipe(1500)
	defer a.Close()
	defer b.Close()
	var atA, atB collector
	if err := errors.Join(a.Attach(&atA), b.Attach(&atB)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []struct {
		from Link
		to   *collector
	}{{a, &atB}, {b, &atA}} {
		for i := range 50 {
			if n, err := dir.from.Send(numbered(10*i, 10)); n != 10 || err != nil {
				t.Fatalf("Send: %d, %v", n, err)
			}
		}
		eventually(t, func() bool { return dir.to.count() == 500 }, "500 packets have arrived")
		for i, p := range dir.to.pkts {
			if p.Len() != i+1 {
				t.Fatalf("packet %d has come as number %d", p.Len(), i+1)
			}
		}
		dir.to.release()
	}
}

func TestPipeDropsWhenFull(t *testing.T) {
	before := packetsLive.Load()
	a, b := Pipe(1500)
	sent := 0
	for range pipeQueueMax/100 + 1 { // nobody is attached to b
		n, err := a.Send(numbered(0, 100))
		if err != nil {
			t.Fatal(err)
		}
		sent += n
	}
	if sent != pipeQueueMax {
		t.Errorf("a full pipe took %d packets, want %d", sent, pipeQueueMax)
	}
	if n, err := a.Send(numbered(0, 1)); n != 0 || err != nil {
		t.Errorf("Send to a full pipe: %d, %v; want 0 and no error", n, err)
	}
	if live := packetsLive.Load() - before; live != pipeQueueMax {
		t.Errorf("%d packets live, want the queue's %d", live, pipeQueueMax)
	}
	var late collector
	if err := b.Attach(&late); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return late.count() == pipeQueueMax }, "what waited is delivered after Attach")
	late.release()
	a.Close()
	b.Close()
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live after Close", live)
	}
}

func TestPipeCloseIsPullingThePlug(t *testing.T) {
	before := packetsLive.Load()
	goroutines := runtime.NumGoroutine()
	a, b := Pipe(1500)
	var atA, atB collector
	if err := errors.Join(a.Attach(&atA), b.Attach(&atB)); err != nil {
		t.Fatal(err)
	}
	a.Send(numbered(0, 5))
	for range 2 { // idempotent
		if err := a.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if n, err := a.Send(numbered(0, 5)); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send into the closed side: %d, %v; want 0, net.ErrClosed", n, err)
	}
	if n, err := b.Send(numbered(0, 5)); n != 0 || err != nil {
		t.Errorf("Send to the closed side: %d, %v; want 0 and no error", n, err)
	}
	eventually(t, func() bool { return atB.count() == 5 }, "what was sent before Close arrives")
	if atA.down != nil || atB.down != nil {
		t.Errorf("LinkDown was called: %v, %v", atA.down, atB.down)
	}
	if err := a.Attach(&atA); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Attach to a closed side: %v", err)
	}
	b.Close()
	atB.release()
	eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines }, "the pumps have ended")
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live after Close", live)
	}
}

func TestPipeCloseWaitsForDeliver(t *testing.T) {
	a, b := Pipe(1500)
	defer a.Close()
	slow := &collector{block: make(chan struct{})}
	if err := b.Attach(slow); err != nil {
		t.Fatal(err)
	}
	a.Send(numbered(0, 1))
	end := b.(*pipeEnd)
	eventually(t, func() bool {
		end.mu.Lock()
		defer end.mu.Unlock()
		return end.queue.empty()
	}, "the pump has taken the packet")
	closed := make(chan struct{})
	go func() {
		b.Close()
		close(closed)
	}()
	eventually(t, func() bool {
		end.mu.Lock()
		defer end.mu.Unlock()
		return end.closed
	}, "Close has begun")
	select {
	case <-closed:
		t.Error("Close returned while Deliver was running")
	default:
	}
	close(slow.block)
	<-closed
	slow.release()
}

func TestPipeEndBelongsToOneStack(t *testing.T) {
	a, b := Pipe(1500)
	defer b.Close()
	first, err := New(Config{Interfaces: []Interface{{Link: a}}})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := New(Config{Interfaces: []Interface{{Link: a}}}); err == nil || !strings.Contains(err.Error(), "new Pipe") {
		t.Errorf("second New over one end: %v, want an error with a remedy", err)
	}
}
