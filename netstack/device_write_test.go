package netstack

import (
	"io"
	"sync"
	"syscall"
	"testing"
)

func TestDeviceQueueDropsWhenFull(t *testing.T) {
	before := packetsLive.Load()
	dev := newFakeDevice()
	dev.stuck = true
	l, err := NewDeviceLink(dev, DeviceConfig{QueueMax: 10})
	if err != nil {
		t.Fatal(err)
	}
	var c collector
	if err := l.Attach(&c); err != nil {
		t.Fatal(err)
	}
	l.Send(numbered(0, 1))
	w := &l.(*deviceLink).writer
	eventually(t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.queue) == 0
	}, "the writer has taken the first packet and is stuck")
	if n, err := l.Send(numbered(0, 25)); n != 10 || err != nil {
		t.Errorf("Send to a queue of 10: %d, %v", n, err)
	}
	l.Close()
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live after Close", live)
	}
	if _, err := l.Send(numbered(0, 1)); err == nil {
		t.Error("Send after Close succeeded")
	}
}

func TestCloseFlushesTheDeviceQueue(t *testing.T) {
	dev := newFakeDevice()
	l, err := NewDeviceLink(dev, DeviceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var c collector
	if err := l.Attach(&c); err != nil {
		t.Fatal(err)
	}
	l.Send(numbered(100, 20))
	l.Close()
	if len(dev.out) != 20 {
		t.Errorf("%d of 20 packets were written before the device was closed", len(dev.out))
	}
}

// pickyDevice refuses packets that are longer than 1000 bytes.
type pickyDevice struct{ vectorDevice }

func (d *pickyDevice) Write(p []byte) (int, error) {
	if len(p) > 1000 {
		return 0, syscall.EMSGSIZE
	}
	return d.fakeDevice.Write(p)
}

func (d *pickyDevice) WritePackets(pkts [][]byte) (int, error) {
	for i, p := range pkts {
		if _, err := d.Write(p); err != nil {
			return i, err
		}
	}
	return len(pkts), nil
}

// single hides all but the ordinary device.
type single struct{ io.ReadWriteCloser }

func TestRefusedPacketIsLostAlone(t *testing.T) {
	for _, vector := range []bool{false, true} {
		dev := &pickyDevice{vectorDevice{fakeDevice: newFakeDevice()}}
		l, err := NewDeviceLink(single{dev}, DeviceConfig{QueueMax: -1})
		if vector {
			l, err = NewDeviceLink(dev, DeviceConfig{QueueMax: -1})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Attach(new(collector)); err != nil {
			t.Fatal(err)
		}
		pkts := []*Packet{NewPacket(10), NewPacket(1001), NewPacket(1002), NewPacket(20), NewPacket(1003), NewPacket(30)}
		if n, err := l.Send(pkts); n != 6 || err != nil {
			t.Errorf("vector device %v: Send: %d, %v", vector, n, err)
		}
		l.Close()
		if len(dev.out) != 3 {
			t.Errorf("vector device %v: %d written, want the 3 that fit", vector, len(dev.out))
		}
	}
}

func TestPacketsRefusedFromTheQueueAreCounted(t *testing.T) {
	dev := &pickyDevice{vectorDevice{fakeDevice: newFakeDevice()}}
	l, err := NewDeviceLink(dev, DeviceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Attach(new(collector)); err != nil {
		t.Fatal(err)
	}
	if n, _ := l.Send([]*Packet{NewPacket(1001), NewPacket(1001), NewPacket(1001)}); n != 3 {
		t.Fatalf("Send to an empty queue: %d", n)
	}
	lost := 0
	eventually(t, func() bool {
		n, _ := l.Send([]*Packet{NewPacket(10), NewPacket(10)})
		lost += 2 - n
		return lost > 2
	}, "the packets refused are counted")
	if n, _ := l.Send([]*Packet{NewPacket(10)}); n != 1 || lost != 3 {
		t.Errorf("%d packets counted as lost and then %d taken of one, want 3 and 1", lost, n)
	}
}

// TestSendersHelpToWrite fills the queue of a device that never makes its writer
// wait, while the writer does nothing: senders write what is one too many, and
// everything before it, in order.
func TestSendersHelpToWrite(t *testing.T) {
	dev := newFakeDevice()
	l, err := NewDeviceLink(dev, DeviceConfig{QueueMax: -1})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < senderHelpsFrom; i += 2 { // no writer before Attach
		if n, err := l.Send(numbered(i, 2)); n != 2 || err != nil || len(dev.out) != 0 {
			t.Fatalf("Send of packet %d: %d, %v, and %d written", i, n, err, len(dev.out))
		}
	}
	l.Send(numbered(senderHelpsFrom, 1))
	if len(dev.out) != senderHelpsFrom+1 {
		t.Fatalf("%d packets written, want all %d", len(dev.out), senderHelpsFrom+1)
	}
	l.Send(numbered(senderHelpsFrom+1, 1))
	if len(dev.out) != senderHelpsFrom+2 {
		t.Error("a single packet waits with nothing before it")
	}
	l.Close()
	for i := range senderHelpsFrom + 2 {
		if b := <-dev.out; len(b) != i+1 {
			t.Fatalf("packet %d has %d bytes, want %d", i, len(b), i+1)
		}
	}
}

// TestHelpedQueueKeepsOrder has several senders, each of whose packets must come
// out in their order, and none be lost.
func TestHelpedQueueKeepsOrder(t *testing.T) {
	const senders, each = 4, 500
	before := packetsLive.Load()
	dev := newFakeDevice()
	l, err := NewDeviceLink(dev, DeviceConfig{QueueMax: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Attach(new(collector)); err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			for n := range each {
				if done, err := l.Send(numbered(n*senders+i, 1)); done != 1 || err != nil {
					t.Errorf("sender %d, packet %d: %d, %v", i, n, done, err)
				}
			}
		})
	}
	sending.Wait()
	l.Close()
	next := [senders]int{}
	for range senders * each {
		number := len(<-dev.out) - 1
		i := number % senders
		if number/senders != next[i] {
			t.Fatalf("sender %d: packet %d came, want %d", i, number/senders, next[i])
		}
		next[i]++
	}
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live after Close", live)
	}
}

// slowDevice is a device whose Write waits until it may go on.
type slowDevice struct {
	*fakeDevice
	begun chan struct{} // a Write has begun
	goOn  chan struct{} // closed: Writes go on
}

func (d *slowDevice) Write(p []byte) (int, error) {
	select {
	case d.begun <- struct{}{}:
	default:
	}
	select {
	case <-d.goOn:
		return d.fakeDevice.Write(p)
	case <-d.closed:
		return 0, io.ErrClosedPipe
	}
}

// TestCloseWaitsForHelpingSenders closes a link while a sender writes the queue:
// what it has taken is written as what is queued is, and given back before Close
// returns, also where the device stands still.
func TestCloseWaitsForHelpingSenders(t *testing.T) {
	const many = senderHelpsFrom + 4
	for name, c := range map[string]struct {
		stuck bool
		want  int
	}{"goes on": {false, many}, "stands still": {true, 0}} {
		t.Run(name, func(t *testing.T) {
			before := packetsLive.Load()
			dev := &slowDevice{newFakeDevice(), make(chan struct{}, 1), make(chan struct{})}
			l, err := NewDeviceLink(dev, DeviceConfig{QueueMax: -1})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Attach(new(collector)); err != nil {
				t.Fatal(err)
			}
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				l.Send(numbered(0, many))
			}()
			<-dev.begun
			if !c.stuck {
				go func() {
					eventuallyTrue(l.(*deviceLink).isClosed)
					close(dev.goOn)
				}()
			}
			l.Close()
			if live := packetsLive.Load() - before; live != 0 || len(dev.out) != c.want {
				t.Errorf("Close returned with %d packets live and %d written, want 0 and %d", live, len(dev.out), c.want)
			}
			<-sent
		})
	}
}
