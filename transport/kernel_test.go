//go:build linux || darwin || freebsd

package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/seed-731cb71d/warren/test/wait"
)

var loopback4 = netip.MustParseAddrPort("127.0.0.1:0")

func kernelListen(t *testing.T, n Network, backlog int) (NetListener, netip.AddrPort) {
	t.Helper()
	l, err := n.Listen(context.Background(), ListenSpec{Local: loopback4, Backlog: backlog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	addr, err := l.Local()
	if err != nil {
		t.Fatal(err)
	}
	return l, addr
}

func kernelPair(t *testing.T, n Network) (dialled, accepted NetConn) {
	t.Helper()
	l, addr := kernelListen(t, n, 5)
	dialled, err := n.Dial(context.Background(), DialSpec{Remote: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialled.Close() })
	wait.Until(t, func() bool {
		accepted, err = l.TryAccept()
		return err != syscall.EAGAIN
	}, "accepted")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = accepted.Close() })
	return dialled, accepted
}

func TestKernelPollerEndsWithItsLastSocket(t *testing.T) {
	n := newKernelNetwork(KernelConfig{})
	a, b := kernelPair(t, n)
	a.Notify(func() {})
	b.Notify(func() {})
	b.Notify(nil)
	if len(n.poll.watched) != 1 {
		t.Fatalf("%d sockets watched after one of two was unregistered, want 1", len(n.poll.watched))
	}
	_ = a.Close()
	if len(n.poll.watched) != 0 {
		t.Fatalf("%d sockets watched after Close, want 0", len(n.poll.watched))
	}
	// A second life works like the first.
	var calls atomic.Int64
	b.Notify(func() { calls.Add(1) })
	wait.Until(t, func() bool { return calls.Load() > 0 }, "call after the poller started again")
}

func TestKernelNotifyReportsEachChangeAndConsumesNothing(t *testing.T) {
	a, b := kernelPair(t, Kernel())
	var calls atomic.Int64
	b.Notify(func() { calls.Add(1) })
	wait.Until(t, func() bool { return calls.Load() > 0 }, "call after Notify")
	for _, word := range []string{"one", "two", "three"} {
		before := calls.Load()
		if _, err := a.TryWrite([]byte(word)); err != nil {
			t.Fatal(err)
		}
		wait.Until(t, func() bool { return calls.Load() > before }, "call for "+word)
	}
	before := calls.Load()
	if err := a.Shutdown(ShutdownWrite); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, func() bool { return calls.Load() > before }, "call for FIN")
	got := make([]byte, 64)
	n, err := b.TryRead(got)
	if string(got[:n]) != "onetwothree" || err != nil {
		t.Fatalf("read %q, %v", got[:n], err)
	}
	if n, err := b.TryRead(got); n != 0 || err != io.EOF {
		t.Fatalf("read after FIN: %d, %v, want 0, EOF", n, err)
	}
}

func TestKernelNotifyReportsRoomToWrite(t *testing.T) {
	a, b := kernelPair(t, Kernel())
	chunk := bytes.Repeat([]byte{7}, 1<<20)
	sent := 0
	for {
		n, err := a.TryWrite(chunk)
		sent += n
		if err == syscall.EAGAIN {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var calls atomic.Int64
	a.Notify(func() { calls.Add(1) })
	wait.Until(t, func() bool { return calls.Load() > 0 }, "call after Notify")
	before := calls.Load()
	buf := make([]byte, 1<<20)
	for got := 0; got < sent; {
		n, err := b.TryRead(buf)
		if err != nil && err != syscall.EAGAIN {
			t.Fatal(err)
		}
		got += n
	}
	wait.Until(t, func() bool { return calls.Load() > before }, "call for room")
}

func TestKernelDial(t *testing.T) {
	n := Kernel()
	l, addr := kernelListen(t, n, 0)
	_ = l.Close()
	if _, err := n.Dial(context.Background(), DialSpec{Remote: addr}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("closed port: %v, want ECONNREFUSED", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.Dial(ctx, DialSpec{Remote: addr}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want context.Canceled", err)
	}
	if _, err := n.Dial(context.Background(), DialSpec{}); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("no address: %v, want EINVAL", err)
	}
}

func TestKernelCallsAfterCloseAnswerErrClosed(t *testing.T) {
	a, b := kernelPair(t, Kernel())
	_ = b.Close()
	_ = a.Close()
	if err := a.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	_, readErr := a.TryRead(make([]byte, 1))
	_, writeErr := a.TryWrite([]byte{1})
	_, localErr := a.Local()
	_, peerErr := a.Peer()
	_, optErr := a.Option(SockNoDelay)
	for _, err := range []error{readErr, writeErr, localErr, peerErr, optErr, a.Shutdown(ShutdownWrite), a.SetLinger(0)} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v, want net.ErrClosed", err)
		}
	}
}

func TestKernelUnreadDataMakesCloseAReset(t *testing.T) {
	a, b := kernelPair(t, Kernel())
	if _, err := a.TryWrite([]byte("never read")); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, func() bool {
		n, _, err := syscall.Recvfrom(b.(*kernelConn).fd, make([]byte, 1), syscall.MSG_PEEK)
		return n == 1 && err == nil
	}, "data at the peer")
	_ = b.Close()
	var err error
	wait.Until(t, func() bool {
		_, err = a.TryRead(make([]byte, 1))
		return err != syscall.EAGAIN
	}, "end of the connection")
	if err != syscall.ECONNRESET {
		t.Fatalf("read: %v, want ECONNRESET", err)
	}
	if _, err := a.Peer(); err != syscall.ENOTCONN {
		t.Fatalf("peer: %v, want ENOTCONN", err)
	}
}

func TestKernelAdoptsDescriptors(t *testing.T) {
	n := Kernel()
	if _, err := n.Listen(context.Background(), ListenSpec{FD: 1 << 20, HasFD: true}); !errors.Is(err, syscall.EBADF) {
		t.Errorf("listen on a bad descriptor: %v, want EBADF", err)
	}
	if _, err := n.Dial(context.Background(), DialSpec{FD: -1, HasFD: true}); !errors.Is(err, syscall.EBADF) {
		t.Errorf("dial with a bad descriptor: %v, want EBADF", err)
	}
	l, addr := kernelListen(t, n, 1)
	_, accepted := kernelPair(t, n)

	l2, err := n.Listen(context.Background(), ListenSpec{FD: dup(t, l.(*kernelListener).fd), HasFD: true, Backlog: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer l2.Close()
	if got, _ := l2.Local(); got != addr {
		t.Errorf("adopted listener is bound to %v, want %v", got, addr)
	}
	fd := dup(t, accepted.(*kernelConn).fd)
	c, err := n.Dial(context.Background(), DialSpec{FD: fd, HasFD: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.TryRead(make([]byte, 1)); err != syscall.EAGAIN {
		t.Errorf("read on an adopted connection: %v, want EAGAIN", err)
	}
	_ = c.Close()
}

func dup(t *testing.T, fd int) int {
	t.Helper()
	nfd, err := syscall.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	return nfd
}

func TestKernelOptions(t *testing.T) {
	a, _ := kernelPair(t, Kernel())
	for _, o := range []SockOptValue{
		{SockNoDelay, 1}, {SockNoDelay, 0}, {SockKeepAlive, 1}, {SockReuseAddr, 1}, {SockTTL, 7}, {SockTOS, 16},
	} {
		if err := a.SetOption(o.Opt, o.Value); err != nil {
			t.Errorf("set %v: %v", o, err)
		}
		if got, err := a.Option(o.Opt); got != o.Value || err != nil {
			t.Errorf("get %v: %d, %v", o, got, err)
		}
	}
	if err := a.SetOption(SockTrafficClass, 1); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("IPv6 option on IPv4: %v, want errors.ErrUnsupported", err)
	}
	if err := a.SetOption(SockTTL, 300); err != syscall.EINVAL {
		t.Errorf("ttl 300: %v, want EINVAL", err)
	}
}

func TestKernelBindToUnknownDeviceIsEinval(t *testing.T) {
	a, _ := kernelPair(t, Kernel())
	if err := a.(DeviceBinder).BindToDevice("no-such-dev0"); err != syscall.EINVAL {
		t.Errorf("%v, want EINVAL", err)
	}
}

func TestKernelLingerDoesNotBlockClose(t *testing.T) {
	a, b := kernelPair(t, Kernel())
	for {
		if _, err := a.TryWrite(make([]byte, 1<<20)); err != nil {
			break
		}
	}
	if err := a.SetLinger(600); err != nil {
		t.Fatal(err)
	}
	_ = a.Close() // would hang for ten minutes
	_ = b.Close()
}

func TestKernelConfigNamesTheField(t *testing.T) {
	_, err := NewKernel(KernelConfig{PortRange: [2]uint16{9, 3}})
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte("KernelConfig.PortRange 9 to 3")) {
		t.Fatalf("%v", err)
	}
}
