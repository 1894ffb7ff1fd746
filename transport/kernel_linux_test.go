package transport

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// portRange finds count neighbouring ports that nobody uses, inside the
// system's ephemeral range.
func portRange(t *testing.T, count int) [2]uint16 {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Skipf("the system's ephemeral range cannot be read: %v", err)
	}
	var first, last int
	if _, err := fmt.Sscan(string(text), &first, &last); err != nil {
		t.Fatal(err)
	}
	for low := first + os.Getpid()%(last-first-count); low+count <= last; low++ {
		if portsFree(low, count) {
			return [2]uint16{uint16(low), uint16(low + count - 1)}
		}
	}
	t.Skipf("no %d neighbouring free ports from %d to %d", count, first, last)
	return [2]uint16{}
}

func portsFree(low, count int) bool {
	for port := low; port < low+count; port++ {
		spec := ListenSpec{Local: netip.AddrPortFrom(loopback4.Addr(), uint16(port))}
		l, err := Kernel().Listen(context.Background(), spec)
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

func rangedKernel(t *testing.T, count int) (Network, [2]uint16) {
	t.Helper()
	ports := portRange(t, count)
	n, err := NewKernel(KernelConfig{PortRange: ports})
	if errors.Is(err, syscall.ENOPROTOOPT) {
		t.Skip("needs IP_LOCAL_PORT_RANGE, Linux 6.3")
	}
	if err != nil {
		t.Fatal(err)
	}
	return n, ports
}

func TestKernelPortRangeBoundsDial(t *testing.T) {
	n, _ := rangedKernel(t, 4)
	_, one := kernelListen(t, Kernel(), 10)
	_, other := kernelListen(t, Kernel(), 10)
	dial := func(remote netip.AddrPort) error {
		c, err := n.Dial(context.Background(), DialSpec{Remote: remote})
		if err == nil {
			t.Cleanup(func() { _ = c.SetLinger(0); _ = c.Close() })
		}
		return err
	}
	for i := range 4 {
		if err := dial(one); err != nil {
			t.Fatalf("dial %d of 4: %v", i+1, err)
		}
	}
	if err := dial(one); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("fifth dial: %v, want EADDRNOTAVAIL", err)
	}
	if err := dial(other); err != nil {
		t.Errorf("another destination: %v, want success", err)
	}
}

func TestKernelPortRangeBoundsListen(t *testing.T) {
	n, _ := rangedKernel(t, 4)
	for i := range 4 {
		l, err := n.Listen(context.Background(), ListenSpec{Local: loopback4})
		if err != nil {
			t.Fatalf("listen %d of 4: %v", i+1, err)
		}
		defer l.Close()
	}
	if _, err := n.Listen(context.Background(), ListenSpec{Local: loopback4}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("fifth listen: %v, want EADDRINUSE", err)
	}
}

func TestKernelDialRefusesToMeetItself(t *testing.T) {
	n, ports := rangedKernel(t, 1)
	remote := netip.AddrPortFrom(loopback4.Addr(), ports[0])
	if c, err := n.Dial(context.Background(), DialSpec{Remote: remote}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, %v, want ECONNREFUSED", c, err)
	}
}

// TestKernelWithoutDescriptorsAnswersEmfile: where the poller cannot be made,
// a call that would have to wait answers why, and works again afterwards.
func TestKernelWithoutDescriptorsAnswersEmfile(t *testing.T) {
	a, b := kernelPair(t, Kernel())
	restore := exhaustDescriptors(t)
	var calls atomic.Int64
	b.Notify(func() { calls.Add(1) })
	_, err := b.TryRead(make([]byte, 1))
	restore()
	if err != syscall.EMFILE {
		t.Fatalf("read without a descriptor for the poller: %v, want EMFILE", err)
	}
	if _, err := b.TryRead(make([]byte, 1)); err != syscall.EAGAIN {
		t.Fatalf("read with descriptors again: %v, want EAGAIN", err)
	}
	for range 4 { // two calls may be for the registration itself
		before := calls.Load()
		if _, err := a.TryWrite([]byte("x")); err != nil {
			t.Fatal(err)
		}
		wait.Until(t, func() bool { return calls.Load() > before }, "call for data")
	}
}

func TestKernelAcceptWithoutDescriptorsKeepsTheConnection(t *testing.T) {
	n := Kernel()
	l, addr := kernelListen(t, n, 5)
	c, err := n.Dial(context.Background(), DialSpec{Remote: addr})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	restore := exhaustDescriptors(t)
	_, err = l.TryAccept()
	_, listenErr := n.Listen(context.Background(), ListenSpec{Local: loopback4})
	restore()
	if err != syscall.EMFILE || listenErr != syscall.EMFILE {
		t.Fatalf("accept %v, listen %v, want EMFILE", err, listenErr)
	}
	accepted, err := l.TryAccept()
	if err != nil {
		t.Fatalf("accept with descriptors again: %v", err)
	}
	_ = accepted.Close()
}

// exhaustDescriptors lowers the limit until no descriptor is left.
func exhaustDescriptors(t *testing.T) (restore func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	next := dup(t, 0) // the lowest that is free
	_ = syscall.Close(next)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(next), Max: old.Max}); err != nil {
		t.Skipf("the limit of descriptors cannot be lowered: %v", err)
	}
	restore = func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) }
	t.Cleanup(restore)
	return restore
}

// TestKernelLeavesNothing closes sockets that are watched and in use, from
// several goroutines.
func TestKernelLeavesNothing(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	n := newKernelNetwork(KernelConfig{})
	for range 20 {
		l, addr := kernelListen(t, n, 10)
		l.Notify(func() {})
		var conns sync.WaitGroup
		for range 8 {
			conns.Go(func() { useAndClose(t, n, addr) })
		}
		conns.Go(func() {
			for range 4 {
				if c, err := l.TryAccept(); err == nil {
					c.Notify(func() {})
					_ = c.Close()
				}
			}
			_ = l.Close()
		})
		conns.Wait()
	}
	wait.Until(t, func() bool { return runtime.NumGoroutine() <= goroutines }, "goroutines as before")
	wait.Until(t, func() bool { return openDescriptors(t) <= descriptors }, "descriptors as before")
	if len(n.poll.watched) != 0 {
		t.Errorf("%d descriptors still watched", len(n.poll.watched))
	}
}

func useAndClose(t *testing.T, n Network, addr netip.AddrPort) {
	c, err := n.Dial(context.Background(), DialSpec{Remote: addr})
	if err != nil {
		return // the listener has been closed
	}
	c.Notify(func() {})
	_, _ = c.TryWrite([]byte("x"))
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestKernelBacklogAdmitsOneMore(t *testing.T) {
	n := Kernel()
	for _, backlog := range []int{0, 1, 3} {
		l, addr := kernelListen(t, n, backlog)
		for i := range backlog + 1 {
			c, err := n.Dial(context.Background(), DialSpec{Remote: addr})
			if err != nil {
				t.Fatalf("backlog %d, dial %d: %v", backlog, i+1, err)
			}
			defer c.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		_, err := n.Dial(ctx, DialSpec{Remote: addr})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("backlog %d, dial %d: %v, want silence", backlog, backlog+2, err)
		}
		_ = l.Close()
	}
}
