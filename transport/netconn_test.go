//go:build linux || darwin || freebsd

package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-731cb71d/warren/test/wait"
)

// adapters returns both ends of a connection as package net knows them.
func adapters(t *testing.T, n *Node, opts ...Option) (accepted, dialled net.Conn) {
	t.Helper()
	server, a, d := pair(t, n, opts...)
	accepted, err := server.TCP().AsConn(a)
	if err != nil {
		t.Fatal(err)
	}
	dialled, err = d.Owner().TCP().AsConn(d)
	if err != nil {
		t.Fatal(err)
	}
	return accepted, dialled
}

func wantOpError(t *testing.T, what string, err, want error) {
	t.Helper()
	var op *net.OpError
	if !errors.As(err, &op) || !errors.Is(err, want) {
		t.Errorf("%s: %v, want a *net.OpError around %v", what, err, want)
	}
}

func TestAsConnEndsAsPackageNetDoes(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := adapters(t, n)
	if err := dialled.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_, err := dialled.Write([]byte("x"))
	wantOpError(t, "Write after CloseWrite", err, syscall.EPIPE)
	buf := make([]byte, 10)
	for range 2 {
		if _, err := accepted.Read(buf); err != io.EOF {
			t.Errorf("Read after the peer's end: %v, want io.EOF", err)
		}
	}
	if _, err := accepted.Write([]byte("answer")); err != nil {
		t.Errorf("Write after the peer's end: %v", err)
	}
	if m, err := io.ReadFull(dialled, buf[:6]); err != nil || string(buf[:m]) != "answer" {
		t.Errorf("read %q, %v", buf[:m], err)
	}
	if err := accepted.Close(); err != nil {
		t.Error(err)
	}
	wantOpError(t, "second Close", accepted.Close(), net.ErrClosed)
	_, err = accepted.Read(buf)
	wantOpError(t, "Read after Close", err, net.ErrClosed)
	wantOpError(t, "SetDeadline after Close", accepted.SetDeadline(time.Time{}), net.ErrClosed)
}

func TestAsConnReportsAReset(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := adapters(t, n)
	c := dialled.(*conn)
	if err := c.tcp.SetOpts(c.sock, Linger(true, 0)); err != nil {
		t.Fatal(err)
	}
	_ = dialled.Close()
	_, err := accepted.Read(make([]byte, 1))
	wantOpError(t, "Read after a reset", err, syscall.ECONNRESET)
}

func TestAsConnDeadlines(t *testing.T) {
	clock := newManualClock()
	n := newNode(t, Config{Clock: clock})
	accepted, dialled := adapters(t, n, SndBuf(8192))
	if _, err := dialled.Write([]byte("there")); err != nil {
		t.Fatal(err)
	}
	_ = accepted.SetReadDeadline(clock.Now())
	_, err := accepted.Read(make([]byte, 5))
	wantOpError(t, "Read with data and a deadline in the past", err, os.ErrDeadlineExceeded)

	_ = accepted.SetWriteDeadline(clock.Now().Add(time.Second))
	type written struct {
		n   int
		err error
	}
	done := make(chan written, 1)
	go func() {
		m, err := accepted.Write(make([]byte, stuckBytes))
		done <- written{m, err}
	}()
	s := accepted.(*conn).sock
	wait.Until(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(accepted.(*conn).writers) == 1
	}, "Write waits")
	clock.advance(time.Second)
	got := <-done
	wantOpError(t, "Write to a peer that does not read", got.err, os.ErrDeadlineExceeded)
	_ = accepted.Close()
	all, err := io.ReadAll(dialled)
	if len(all) > got.n || (len(all) < got.n && err == nil) {
		t.Errorf("Write counted %d bytes, the peer got %d, %v", got.n, len(all), err)
	}
	if clock.running() != 0 {
		t.Errorf("%d timers left", clock.running())
	}
}

func TestAsConnWritesDoNotMix(t *testing.T) {
	n := newNode(t, Config{})
	accepted, dialled := adapters(t, n, SndBuf(8192))
	const writers, each = 4, 100_000
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			if m, err := accepted.Write(bytes.Repeat([]byte{byte('a' + i)}, each)); m != each || err != nil {
				t.Errorf("wrote %d, %v", m, err)
			}
		})
	}
	got := make([]byte, writers*each)
	if _, err := io.ReadFull(dialled, got); err != nil {
		t.Fatal(err)
	}
	writing.Wait()
	for i := 0; i < len(got); i += each {
		if part := got[i : i+each]; bytes.Count(part, part[:1]) != each {
			t.Error("two writes are mixed")
		}
	}
}

func TestAdaptersRefuseTheWrongKind(t *testing.T) {
	n := newNode(t, Config{})
	server, accepted, _ := pair(t, n)
	tcp := server.TCP()
	l := listen(t, server)
	if _, err := tcp.AsConn(l); !errors.Is(err, syscall.ENOTCONN) {
		t.Errorf("AsConn of a listener: %v", err)
	}
	if _, err := tcp.AsListener(accepted); !errors.Is(err, syscall.ENOTCONN) {
		t.Errorf("AsListener of a connection: %v", err)
	}
	_ = tcp.Close(l)
	_, err := tcp.AsListener(l)
	wantReason(t, err, "closed")
	_, err = tcp.AsConn(nil)
	wantReason(t, err, "badarg")
}

func TestAsListenerServesHTTP(t *testing.T) {
	n := newNode(t, Config{})
	server := n.NewOwner("server")
	l, err := server.TCP().AsListener(listen(t, server))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	client := n.NewOwner("client").TCP()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		s, err := client.Connect(l.Addr().(*net.TCPAddr).AddrPort(), Infinity, Active(false))
		if err != nil {
			return nil, err
		}
		return client.AsConn(s)
	}}
	body := sequence(1 << 20)
	resp, err := (&http.Client{Transport: transport}).Post("http://"+l.Addr().String(), "", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	transport.CloseIdleConnections()
	_ = srv.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve: %v", err)
	}
	_, err = l.Accept()
	wantOpError(t, "Accept after Close", err, net.ErrClosed)
}

// TestDeadlinesEndWithTheOwner: a timer of a closed connection would hold its
// memory until it runs.
func TestDeadlinesEndWithTheOwner(t *testing.T) {
	clock := newManualClock()
	n := newNode(t, Config{Clock: clock})
	accepted, dialled := adapters(t, n)
	for _, c := range []net.Conn{accepted, dialled} {
		if err := c.SetDeadline(clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if clock.running() != 4 {
		t.Fatalf("%d timers run, want 4", clock.running())
	}
	accepted.(*conn).tcp.Owner().Exit()
	if err := dialled.Close(); err != nil {
		t.Error(err)
	}
	if clock.running() != 0 {
		t.Errorf("%d timers left", clock.running())
	}
}
