package netstack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// fakeDevice is a packet device in memory: what is put into in is read, what
// is written comes out of out.
type fakeDevice struct {
	in     chan []byte
	out    chan []byte
	fail   chan error // a read fails with what comes from here
	closed chan struct{}
	once   sync.Once
	stuck  bool // Write blocks until Close
}

func newFakeDevice() *fakeDevice {
	return &fakeDevice{
		in:     make(chan []byte, 64),
		out:    make(chan []byte, 4096),
		fail:   make(chan error, 1),
		closed: make(chan struct{}),
	}
}

func (d *fakeDevice) Read(p []byte) (int, error) {
	select {
	case b := <-d.in:
		return copy(p, b), nil
	case err := <-d.fail:
		return 0, err
	case <-d.closed:
		return 0, io.ErrClosedPipe
	}
}

func (d *fakeDevice) Write(p []byte) (int, error) {
	if d.stuck {
		<-d.closed
		return 0, io.ErrClosedPipe
	}
	select {
	case d.out <- bytes.Clone(p):
		return len(p), nil
	default:
		return 0, syscall.ENOBUFS
	}
}

func (d *fakeDevice) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

func (d *fakeDevice) isClosed() bool {
	select {
	case <-d.closed:
		return true
	default:
		return false
	}
}

func deviceStack(t testing.TB, dev io.ReadWriteCloser, cfg DeviceConfig) *Stack {
	t.Helper()
	l, err := NewDeviceLink(dev, cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Interfaces: []Interface{{Name: "tun7", Link: l, Addresses: pairAddresses(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// echoRequest is an ICMPv4 echo request from 192.0.2.2 to 192.0.2.1.
func echoRequest(payload int) []byte {
	total := 28 + payload
	p := make([]byte, total)
	copy(p, []byte{0x45, 0, byte(total >> 8), byte(total), 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1, 8})
	checksumInto(p[:20], 10)
	checksumInto(p[20:], 2)
	return p
}

// checksumInto stores the internet checksum (RFC 1071) of b at b[at].
func checksumInto(b []byte, at int) {
	sum := slowSum(b)
	b[at], b[at+1] = byte(^sum>>8), byte(^sum)
}

func TestDeviceLinkEchoes(t *testing.T) {
	for name, cfg := range map[string]DeviceConfig{"queue": {}, "helped": {QueueMax: -1}} {
		t.Run(name, func(t *testing.T) {
			before := packetsLive.Load()
			dev := newFakeDevice()
			s := deviceStack(t, dev, cfg)
			for _, size := range []int{0, 100, 228, 229, 1000, 1472} { // around the limit for copying
				dev.in <- echoRequest(size)
				reply := <-dev.out
				if len(reply) != 28+size || reply[20] != 0 || reply[19] != 2 {
					t.Fatalf("answer to %d bytes: %x", size, reply)
				}
			}
			if err := s.Close(); err != nil || s.Err() != nil || !dev.isClosed() {
				t.Errorf("Close: %v, Err %v, device closed %v", err, s.Err(), dev.isClosed())
			}
			if live := packetsLive.Load() - before; live != 0 {
				t.Errorf("%d packets live after Close", live)
			}
		})
	}
}

func TestR15DeadDeviceEndsTheStack(t *testing.T) {
	dev := newFakeDevice()
	s := deviceStack(t, dev, DeviceConfig{})
	ln, err := s.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		accepted <- err
	}()
	cause := errors.New("the device was deleted")
	dev.fail <- cause
	<-s.Done()
	var link *LinkError
	if err := s.Err(); !errors.Is(err, cause) || !errors.As(err, &link) || link.Interface != "tun7" {
		t.Errorf("Err: %v, want a LinkError of tun7 around the device's error", err)
	}
	if err := <-accepted; !errors.Is(err, cause) {
		t.Errorf("blocked Accept: %v, want the cause", err)
	}
	if _, err := s.Listen(context.Background(), "tcp", ":81"); !errors.Is(err, cause) {
		t.Errorf("Listen after the end: %v, want the cause", err)
	}
	if !dev.isClosed() {
		t.Error("the device was left open")
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close after the end: %v", err)
	}
}

func TestDeviceThatOnlyGivesNothingIsDead(t *testing.T) {
	dev := newFakeDevice()
	s := deviceStack(t, &emptyDevice{fakeDevice: dev}, DeviceConfig{})
	<-s.Done()
	if !errors.Is(s.Err(), io.ErrNoProgress) {
		t.Errorf("Err: %v, want io.ErrNoProgress", s.Err())
	}
}

type emptyDevice struct{ *fakeDevice }

func (*emptyDevice) Read([]byte) (int, error) { return 0, nil }

func TestCloseWakesABlockedWrite(t *testing.T) {
	for name, cfg := range map[string]DeviceConfig{"queue": {QueueMax: 8}, "helped": {QueueMax: -1}} {
		t.Run(name, func(t *testing.T) {
			dev := newFakeDevice()
			dev.stuck = true
			s := deviceStack(t, dev, cfg)
			dialled := make(chan error, 1)
			go func() { // its SYN blocks in Write
				_, err := s.DialContext(context.Background(), "tcp", "192.0.2.2:80")
				dialled <- err
			}()
			eventually(t, func() bool { return s.Stats().PacketsOut > 0 || s.limit.open.Load() > 0 }, "the dial has begun")
			s.Close()
			if err := <-dialled; err == nil {
				t.Error("the dial succeeded")
			}
		})
	}
}

// vectorDevice moves up to four packets per call.
type vectorDevice struct {
	*fakeDevice
	mu      sync.Mutex
	largest int
}

func (d *vectorDevice) BatchSize() int { return 4 }

func (d *vectorDevice) ReadPackets(bufs [][]byte, sizes []int) (int, error) {
	n, err := d.Read(bufs[0])
	sizes[0] = n
	for count := 1; ; count++ {
		if count == len(bufs) || len(d.in) == 0 {
			return count, err
		}
		sizes[count], err = d.Read(bufs[count])
	}
}

func (d *vectorDevice) WritePackets(pkts [][]byte) (int, error) {
	d.mu.Lock()
	d.largest = max(d.largest, len(pkts))
	d.mu.Unlock()
	for i, p := range pkts {
		if _, err := d.Write(p); err != nil {
			return i, err
		}
	}
	return len(pkts), nil
}

func TestVectorDeviceMovesBatches(t *testing.T) {
	before := packetsLive.Load()
	dev := &vectorDevice{fakeDevice: newFakeDevice()}
	for range 10 {
		dev.in <- echoRequest(1000)
	}
	s := deviceStack(t, dev, DeviceConfig{})
	for range 10 {
		if reply := <-dev.out; len(reply) != 1028 {
			t.Fatalf("answer of %d bytes", len(reply))
		}
	}
	s.Close()
	if live := packetsLive.Load() - before; live != 0 {
		t.Errorf("%d packets live after Close", live)
	}

	l, err := NewDeviceLink(dev, DeviceConfig{QueueMax: -1})
	if err != nil {
		t.Fatal(err)
	}
	const many = senderHelpsFrom + 1 // are written at once
	if n, _ := l.Send(numbered(0, many)); n != many || dev.largest != 4 {
		t.Errorf("%d packets: %d taken, %d at most per call; want all, and 4", many, n, dev.largest)
	}
	l.Close()
}

func TestDeviceMistakes(t *testing.T) {
	for _, test := range []struct {
		dev  io.ReadWriteCloser
		cfg  DeviceConfig
		want string
	}{
		{nil, DeviceConfig{}, "open a device first"},
		{newFakeDevice(), DeviceConfig{MTU: 100}, "DeviceConfig.MTU: 100"},
		{newFakeDevice(), DeviceConfig{MTU: 70000}, "DeviceConfig.MTU: 70000"},
		{&badVector{newFakeDevice()}, DeviceConfig{}, "BatchSize() is 0"},
	} {
		if _, err := NewDeviceLink(test.dev, test.cfg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want an error with %q", test.cfg, err, test.want)
		}
	}
	dev := newFakeDevice()
	l, err := NewDeviceLink(&sizedDevice{dev}, DeviceConfig{})
	if err != nil || l.MTU() != 1400 {
		t.Fatalf("MTU of a device that says 1400: %v", err)
	}
	l.Close()
}

type badVector struct{ *fakeDevice }

func (*badVector) BatchSize() int                              { return 0 }
func (*badVector) ReadPackets([][]byte, []int) (int, error)    { return 0, io.EOF }
func (*badVector) WritePackets(pkts [][]byte) (n int, e error) { return 0, io.EOF }

type sizedDevice struct{ *fakeDevice }

func (*sizedDevice) MTU() int { return 1400 }
