package test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/netstack"
	"github.com/seed-731cb71d/warren/test/wait"
)

// The tests of this file are named after bugs that userspace stacks keep
// having.

// cable is a Link that can be cut: what is sent then is lost.
type cable struct {
	netstack.Link
	cut atomic.Bool
}

func (c *cable) Send(pkts []*netstack.Packet) (int, error) {
	if !c.cut.Load() {
		return c.Link.Send(pkts)
	}
	for _, p := range pkts {
		p.Release()
	}
	return len(pkts), nil
}

// cabledConns is a connection whose far end can be silenced.
func cabledConns(t *testing.T) (near, far *netstack.Conn, c *cable) {
	t.Helper()
	x, y := netstack.Pipe(1500)
	c = &cable{Link: y}
	a := newStack(t, netstack.Config{Interfaces: []netstack.Interface{{Link: x, Addresses: pipeNear}}})
	b := newStack(t, netstack.Config{Interfaces: []netstack.Interface{{Link: c, Addresses: pipeFar}}})
	ctx := context.Background()
	at := netip.MustParseAddrPort("192.0.2.2:80")
	l, err := b.ListenTCP(ctx, at, netstack.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if near, err = a.DialTCP(ctx, at, netstack.DialOptions{}); err != nil {
		t.Fatal(err)
	}
	if far, err = l.AcceptTCP(ctx); err != nil {
		t.Fatal(err)
	}
	return near, far, c
}

// A client shuts writing down; what the server sends later still arrives.
func TestR7HalfCloseSurvivesProxying(t *testing.T) {
	client, inbound, stopIn, err := pipeConns(t, "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	defer stopIn()
	outbound, server, stopOut, err := pipeConns(t, "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	defer stopOut()
	relay := func(dst, src net.Conn) {
		io.Copy(dst, src)
		dst.(*netstack.Conn).CloseWrite()
	}
	go relay(outbound, inbound)
	go relay(inbound, outbound)
	answer := make([]byte, 1<<20)
	rand.Read(answer)
	go func() {
		if got, err := io.ReadAll(server); err != nil || string(got) != "question" {
			t.Errorf("the server read %q, %v", got, err)
		}
		server.Write(answer)
		server.Close()
	}()
	client.Write([]byte("question"))
	if err := client.(*netstack.Conn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, answer) {
		t.Errorf("the client read %d of %d bytes, %v", len(got), len(answer), err)
	}
}

// A peer that has fallen silent does not keep a connection for hours.
func TestR8DeadPeerIsNoticed(t *testing.T) {
	t.Run("by keepalive", func(t *testing.T) {
		near, _, cable := cabledConns(t)
		const period = 20 * time.Millisecond
		err := near.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: period, Interval: period, Count: 3})
		if err != nil {
			t.Fatal(err)
		}
		cable.cut.Store(true)
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("read from a dead peer: %v, want ETIMEDOUT", err)
		}
	})
	t.Run("by user timeout", func(t *testing.T) {
		near, _, cable := cabledConns(t)
		if err := near.SetUserTimeout(50 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		cable.cut.Store(true)
		near.Write([]byte("is anybody there?"))
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("read after a write to a dead peer: %v, want ETIMEDOUT", err)
		}
	})
	t.Run("but a living one is kept", func(t *testing.T) {
		near, far, _ := cabledConns(t)
		const period = 100 * time.Millisecond
		near.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: period, Interval: period, Count: 20})
		before := near.TCPInfo().SegmentsReceived
		wait.Until(t, func() bool { return near.TCPInfo().SegmentsReceived >= before+2 }, "two probes were answered")
		far.Write([]byte("x"))
		if _, err := near.Read(make([]byte, 1)); err != nil {
			t.Errorf("read from a peer that was silent but lives: %v", err)
		}
	})
}

// Memory does not grow with traffic: 60 s of transfer under -long, else 2 s.
func TestR14MemoryIsFlatUnderTraffic(t *testing.T) {
	client, server, stop, err := pipeConns(t, "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	duration := 2 * time.Second
	if testing.Short() {
		duration = 500 * time.Millisecond
	}
	if *long {
		duration = time.Minute
	}
	go func() {
		buf := make([]byte, 64<<10)
		for err := error(nil); err == nil; {
			_, err = client.Write(buf)
		}
	}()
	end := time.Now().Add(duration)
	warm := time.Now().Add(duration / 4)
	buf := make([]byte, 64<<10)
	var before uint64
	for total := 0; before == 0 || time.Now().Before(end); {
		n, err := server.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		total += n
		if before == 0 && time.Now().After(warm) {
			before = heapInUse()
		}
	}
	// Buffers that grow on their own may hold up to 4 MiB each way.
	if after := heapInUse(); after > before+before/10+8<<20 {
		t.Errorf("heap in use grew from %d to %d KiB", before>>10, after>>10)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
