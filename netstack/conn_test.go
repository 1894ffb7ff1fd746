package netstack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"
)

// connPair is a connection from a to b of a new pair of stacks.
func connPair(t testing.TB) (client, server *Conn) {
	t.Helper()
	a, b := newPair(t, 1500)
	return connBetween(t, a, b, netip.MustParseAddrPort("192.0.2.2:80"))
}

func connBetween(t testing.TB, a, b *Stack, at netip.AddrPort) (client, server *Conn) {
	t.Helper()
	l := mustListen(t, b, at, ListenOptions{})
	defer l.Close()
	client = mustDial(t, a, at)
	server, err := l.AcceptTCP(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

func mustListen(t testing.TB, s *Stack, at netip.AddrPort, opts ListenOptions) *Listener {
	t.Helper()
	l, err := s.ListenTCP(testContext(t), at, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustDial(t testing.TB, s *Stack, to netip.AddrPort) *Conn {
	t.Helper()
	c, err := s.DialTCP(testContext(t), to, DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// testContext ends long after any call of a test should have.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestConnCarriesBytesBothWays(t *testing.T) {
	for _, at := range []string{"192.0.2.2:80", "[2001:db8::2]:80"} {
		a, b := newPair(t, 1500)
		client, server := connBetween(t, a, b, netip.MustParseAddrPort(at))
		if got := client.RemoteAddr().String(); got != at {
			t.Errorf("client's RemoteAddr is %s, want %s", got, at)
		}
		if client.LocalAddrPort() != server.RemoteAddrPort() {
			t.Errorf("client is %s, but the server sees %s", client.LocalAddrPort(), server.RemoteAddrPort())
		}
		want := bytes.Repeat([]byte("warren"), 200_000)
		go func() {
			client.Write(want)
			client.CloseWrite()
		}()
		got, err := io.ReadAll(server)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: read %d bytes, %v; want %d", at, len(got), err, len(want))
		}
		if _, err := server.Write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		server.Close()
		if got, err := io.ReadAll(client); err != nil || string(got) != "answer" {
			t.Fatalf("%s: after half-close read %q, %v", at, got, err)
		}
	}
}

func TestDialRefused(t *testing.T) {
	a, _ := newPair(t, 1500)
	_, err := a.DialContext(testContext(t), "tcp", "192.0.2.2:81")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("got %v, want ECONNREFUSED", err)
	}
	if want := "dial tcp 192.0.2.2:81: connect: connection refused"; err.Error() != want {
		t.Fatalf("error prints %q, want %q", err, want)
	}
}

func TestDeadlineAndCloseWakeReaders(t *testing.T) {
	client, _ := connPair(t)
	client.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a deadline error", err)
	}
	client.SetReadDeadline(time.Time{})
	failed := make(chan error)
	for range 3 {
		go func() {
			_, err := client.Read(make([]byte, 1))
			failed <- err
		}()
	}
	eventually(t, func() bool { return client.h.in.waiting() == 3 }, "three readers wait")
	client.Close()
	for range 3 {
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Fatalf("got %v, want net.ErrClosed", err)
		}
	}
}

// waiting counts the calls in line.
func (g *gate) waiting() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for t := g.head; t != nil; t = t.next {
		n++
	}
	return n
}

func TestTryCallsNeverWait(t *testing.T) {
	client, server := connPair(t)
	if n, err := client.TryRead(make([]byte, 10)); n != 0 || err != syscall.EAGAIN {
		t.Fatalf("TryRead of nothing: %d, %v", n, err)
	}
	notified := make(chan struct{}, 100)
	server.Notify(func() {
		select {
		case notified <- struct{}{}:
		default:
		}
	})
	<-notified
	if _, err := client.TryWrite([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	n, err := server.TryRead(buf)
	for err == syscall.EAGAIN {
		<-notified
		n, err = server.TryRead(buf)
	}
	if err != nil || string(buf[:n]) != "hello" {
		t.Fatalf("TryRead: %q, %v", buf[:n], err)
	}
	client.Write([]byte("more"))
	eventually(t, func() bool { return server.TCPInfo().ReceiveQueueBytes == 4 }, "more data is there")
	if n, err := server.TryRead(nil); n != 0 || err != nil {
		t.Fatalf("TryRead into nothing: %d, %v", n, err)
	}
	full, written := make([]byte, 1<<20), 0
	for err = nil; err == nil; {
		n, err = client.TryWrite(full)
		written += n
	}
	if err != syscall.EAGAIN || written == 0 {
		t.Fatalf("TryWrite into a full buffer: %d, %v", written, err)
	}
}
