package netstack

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// virtioEnd is one end of a device with virtio headers. What one end writes,
// the other reads. It takes super-packets until refuse says otherwise.
type virtioEnd struct {
	out, in chan []byte
	closed  chan struct{}
	once    sync.Once

	written  atomic.Int64
	refuseAt int64 // the number of the write from which on headers are refused; 0: never
	refused  atomic.Int64
}

var _ VirtioDevice = (*virtioEnd)(nil)

func virtioPair() (a, b *virtioEnd) {
	x, y := make(chan []byte, 1024), make(chan []byte, 1024)
	return &virtioEnd{out: x, in: y, closed: make(chan struct{})}, &virtioEnd{out: y, in: x, closed: make(chan struct{})}
}

func (d *virtioEnd) MTU() int            { return 1500 }
func (d *virtioEnd) EnableVirtio() error { return nil }

func (d *virtioEnd) Read([]byte) (int, error)  { return 0, syscall.EINVAL }
func (d *virtioEnd) Write([]byte) (int, error) { return 0, syscall.EINVAL }

func (d *virtioEnd) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

func (d *virtioEnd) ReadVirtio(header []byte, bufs [][]byte) (int, error) {
	select {
	case b := <-d.in:
		n := copy(header, b)
		b, total := b[n:], 0
		for _, buf := range bufs {
			k := copy(buf, b)
			b, total = b[k:], total+k
		}
		return total, nil
	case <-d.closed:
		return 0, net.ErrClosed
	}
}

func (d *virtioEnd) WriteVirtio(header []byte, bufs [][]byte) error {
	n := d.written.Add(1)
	plain := bytes.Count(header, []byte{0}) == len(header)
	if refuse := d.refuseAt > 0 && n >= d.refuseAt; refuse && !plain {
		d.refused.Add(1)
		return syscall.EINVAL
	}
	if d.refuseAt > 0 && plain && len(bytes.Join(bufs, nil)) > 1500 {
		return syscall.EMSGSIZE
	}
	select {
	case d.out <- bytes.Join(append([][]byte{header}, bufs...), nil):
	default: // lost, as where there is no room
	}
	return nil
}

// TestDeviceGoesOnWithoutOffload has a device answer EINVAL to every header from
// the middle of a transfer on: nothing may be lost, and the link must not try
// again and again (gVisor's peers have met such kernels).
func TestDeviceGoesOnWithoutOffload(t *testing.T) {
	near, far := virtioPair()
	near.refuseAt = 100
	a, b := deviceStack(t, near, DeviceConfig{QueueMax: -1}), otherDeviceStack(t, far)
	client, server := streamBetween(t, a, b)

	data := make([]byte, 8<<20)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	go func() {
		defer client.CloseWrite()
		for left := data; len(left) > 0; {
			n, err := client.Write(left[:min(len(left), 1+random.IntN(100_000))])
			if err != nil {
				t.Error(err)
				return
			}
			left = left[n:]
		}
	}()
	h := sha256.New()
	if n, err := io.Copy(h, server); err != nil || n != int64(len(data)) {
		t.Fatalf("received %d of %d bytes, %v", n, len(data), err)
	}
	if want := sha256.Sum256(data); !bytes.Equal(h.Sum(nil), want[:]) {
		t.Fatal("what arrived is not what was sent")
	}
	o := a.Stats().Interfaces[1].Offload
	if o.SuperPacketsOut == 0 || o.Refusals == 0 || o.Cut == 0 {
		t.Errorf("offload counters are %+v: want super-packets, then a refusal, then packets cut here", o)
	}
	// Two goroutines send, so two packets may be under way when the first is refused.
	if n := near.refused.Load(); n > 4 {
		t.Errorf("the device was asked %d times for what it refuses", n)
	}
	if in := b.Stats().Interfaces[1].Offload.SuperPacketsIn; in == 0 {
		t.Error("no super-packet was received")
	}
}

func otherDeviceStack(t testing.TB, dev io.ReadWriteCloser) *Stack {
	t.Helper()
	l, err := NewDeviceLink(dev, DeviceConfig{QueueMax: -1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Interfaces: []Interface{{Link: l, Addresses: pairAddresses(2)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// streamBetween is a connection from a to b, whose address is 192.0.2.2.
func streamBetween(t testing.TB, a, b *Stack) (client, server *Conn) {
	t.Helper()
	l, err := b.Listen(t.Context(), "tcp", "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.DialContext(t.Context(), "tcp", "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*Conn), s.(*Conn)
}

// TestVirtioPacketsAllocateNothing sends and receives super-packets.
func TestVirtioPacketsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget on purpose")
	}
	var counts offloadCounters
	w := &virtioWriter{dev: new(sink), counts: &counts}
	p := superPacket(t, 60000)
	defer p.Release()
	pkts := []*Packet{p}
	if n := testing.AllocsPerRun(100, func() { w.write(pkts) }); n >= 1 {
		t.Errorf("a write allocates %v times", n)
	}
	r := &virtioReader{dev: new(sink), counts: &counts}
	r.prepare()
	defer r.release()
	image := packetBytes(p)
	if n := testing.AllocsPerRun(100, func() {
		virtioOf(p).put(r.header[:])
		rest := image
		for _, b := range r.bufs {
			rest = rest[copy(b, rest):]
		}
		r.take(len(image)).Release()
	}); n >= 1 {
		t.Errorf("a read allocates %v times", n)
	}
}

// sink is a device that takes everything.
type sink struct{ virtioEnd }

func (*sink) WriteVirtio([]byte, [][]byte) error { return nil }
