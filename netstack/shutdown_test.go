package netstack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
)

func TestShutdownDrains(t *testing.T) {
	a, b := newPair(t, 1500)
	ln, err := b.Listen(t.Context(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	client, err := a.DialContext(t.Context(), "tcp", "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.Shutdown(context.Background()) }()
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept during Shutdown: %v", err)
	}
	if _, err := b.Listen(t.Context(), "tcp", ":81"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Listen during Shutdown: %v", err)
	}
	want := bytes.Repeat([]byte("x"), 3<<20) // more than the peer takes at once
	go func() {
		server.Write(want)
		server.Close()
	}()
	got, err := io.ReadAll(client)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the peer of a stack that drains got %d bytes, %v; want %d", len(got), err, len(want))
	}
	client.Close()
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	<-b.Done()
	if b.Err() != nil {
		t.Errorf("Err after Shutdown: %v", b.Err())
	}
}

// TestDialUDPDuringShutdown: a resolver that dials through the stack, say, is
// needed until the last connection has ended.
func TestDialUDPDuringShutdown(t *testing.T) {
	s := mustNew(t, Config{})
	before, err := s.DialUDP(t.Context(), netip.MustParseAddrPort("127.0.0.1:53"), PacketOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(ctx) }()
	eventually(t, func() bool {
		_, err := s.ListenUDP(t.Context(), netip.AddrPort{}, PacketOptions{})
		return errors.Is(err, net.ErrClosed)
	}, "the stack drains")
	during, err := s.DialUDP(t.Context(), netip.MustParseAddrPort("127.0.0.1:53"), PacketOptions{})
	if err != nil {
		t.Fatalf("DialUDP during Shutdown: %v", err)
	}
	for _, p := range []*PacketConn{before, during} {
		if _, err := p.Write([]byte("?")); err != nil {
			t.Errorf("Write during Shutdown: %v", err)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	a, b := newPair(t, 1500)
	ln, err := b.Listen(t.Context(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	client, err := a.DialContext(t.Context(), "tcp", "192.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ln.Accept(); err != nil { // and never close it
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Shutdown(ctx) }()
	eventually(t, func() bool { return b.Stats().Sockets.TCP["LISTEN"] == 0 }, "Shutdown has begun")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v, want context.Canceled", err)
	}
	<-b.Done()
	if _, err := client.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("the peer reads %v, want a reset", err)
	}
}

func TestShutdownOfAnEndedStack(t *testing.T) {
	dev := newFakeDevice()
	s := deviceStack(t, dev, DeviceConfig{})
	ln, err := s.ListenPacket(t.Context(), "udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	cause := errors.New("unplugged")
	dev.fail <- cause
	if err := <-done; !errors.Is(err, cause) && err != nil {
		t.Errorf("Shutdown while the link dies: %v", err)
	}
	if err := s.Shutdown(context.Background()); !errors.Is(err, cause) && s.Err() != nil {
		t.Errorf("Shutdown of an ended stack: %v", err)
	}
	idle, _ := newPair(t, 1500)
	if err := idle.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown of an idle stack: %v", err)
	}
}
